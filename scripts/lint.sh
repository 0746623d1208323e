#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Static analysis by whatever of clang-tidy, cppcheck, gcc -fanalyzer and shellcheck is there.
# Only shellcheck's findings and cppcheck's errors fail; the rest is for reading.
cd "$(dirname "$0")/.." || exit 1
bad=0
flags=(-std=gnu11 -D_GNU_SOURCE -I. -Ibuild/gen '-DTL_LIBDIR="lib"' '-DTL_BINDIR="bin"')

have() { command -v "$1" >/dev/null && echo "== $1"; }

if have shellcheck; then
	shellcheck -x scripts/*.sh tests/*/*.sh tests/e2e/*.bash .ci/run || bad=1
fi
if have cppcheck; then
	cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
		--suppress=missingIncludeSystem --suppress=missingInclude --error-exitcode=1 \
		--suppress=allocaCalled:preload/hooks_proc.c \
		-D_GNU_SOURCE -D__x86_64__ '-DTL_LIBDIR="lib"' '-DTL_BINDIR="bin"' -I. preload analyzer || bad=1
fi
if have clang-tidy; then
	# Left out: rules of taste, and those that our formatter and uthash's macros set off wrongly.
	checks='-*,bugprone-*,clang-analyzer-*,-bugprone-easily-swappable-parameters'
	for rule in bugprone-reserved-identifier bugprone-assignment-in-if-condition \
		bugprone-macro-parentheses bugprone-implicit-widening-of-multiplication-result \
		bugprone-narrowing-conversions clang-analyzer-valist.Uninitialized \
		clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling; do
		checks="$checks,-$rule"
	done
	clang-tidy --quiet --checks="$checks" \
		preload/*.c analyzer/*.c -- "${flags[@]}" 2>/dev/null
fi
echo "== gcc -fanalyzer"
for c in preload/*.c analyzer/*.c; do
	gcc "${flags[@]}" -O2 -fanalyzer -c -o /dev/null "$c"
done
exit $bad
