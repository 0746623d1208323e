#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Static analysis of preload/ and analyzer/, each finding a failure: lint.sh [--deep] [TOOL...]
# with TOOL of analyzer (gcc's, slow: of preload/ alone unless --deep), tidy (clang's) and cppcheck; all
# of them without one. --deep also lets clang's analyzer go as far as it likes, which takes minutes.
# A finding that is wrong is silenced where it stands, with the reason, or in a list here.
cd "$(dirname "$0")/.." || exit 1
self=$PWD/scripts/lint.sh
flags=(-std=gnu11 -D_GNU_SOURCE -I. -I"${BUILD:-build}/gen" '-DTL_LIBDIR="lib"' '-DTL_BINDIR="bin"')
nodes=8000 analyzed=(preload/*.c)
[ "${1-}" = --deep ] && nodes=225000 analyzed=(preload/*.c analyzer/*.c) && shift
[ $# -gt 0 ] || set -- cppcheck analyzer tidy
files=(preload/*.c analyzer/*.c)

absent()
{
	command -v "$1" >/dev/null && return 1
	echo "lint: no $1 here"
}

# Without the generated headers, which want those of a library that it does not look for.
lint_cppcheck()
{
	absent cppcheck && return 77
	cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
		--suppress=missingIncludeSystem --suppress=missingInclude --error-exitcode=1 \
		--suppress=allocaCalled:preload/hooks_proc.c "-I." "${flags[@]:4}" -D_GNU_SOURCE -D__x86_64__ \
		preload analyzer
}

# One file; what was found clean is remembered by a checksum of it and of all that is common. Without
# -O: what the optimizer drops as undefined, it would not see. It takes blocks that are kept in an
# array for lost, and memory that mmap gave for unwritten; ASan, clang and Valgrind see to those.
analyze()
{
	local sum kept less=()
	# uthash's macros have more paths than it comes to an end with.
	! grep -q '^#include <uthash.h>' "$1" || less=(--param=analyzer-bb-explosion-factor=1)
	sum=$( (echo "$LINT_COMMON" && cat "$1") | sha256sum)
	kept=${BUILD:-build}/lint/${sum%% *}
	[ ! -e "$kept" ] || return 0
	gcc "${flags[@]}" "${less[@]}" -O0 -Werror -fanalyzer -Wno-analyzer-malloc-leak \
		-Wno-analyzer-use-of-uninitialized-value -S -o /dev/null "$1" && : >"$kept"
}

lint_analyzer()
{
	mkdir -p "${BUILD:-build}/lint"
	LINT_COMMON=$( (gcc --version && cat scripts/lint.sh preload/*.h preload/*.def analyzer/*.h) |
		sha256sum)
	export LINT_COMMON
	printf '%s\n' "${analyzed[@]}" | xargs -P 2 -n 8 "$self" --analyze
}

# Left out: rules of taste, and those that our formatter and uthash's macros set off wrongly. Arrays
# of pointers, strcpy of constants and blocks of size 0, which are the host's, are what we mean.
lint_tidy()
{
	local checks='-*,bugprone-*,clang-analyzer-*' rule deep=()
	absent clang-tidy && return 77
	for rule in bugprone-easily-swappable-parameters bugprone-reserved-identifier \
		bugprone-assignment-in-if-condition bugprone-macro-parentheses \
		bugprone-implicit-widening-of-multiplication-result bugprone-narrowing-conversions \
		bugprone-sizeof-expression bugprone-misplaced-widening-cast \
		clang-analyzer-optin.portability.UnixAPI clang-analyzer-security.insecureAPI.strcpy \
		clang-analyzer-valist.Uninitialized \
		clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling; do
		checks="$checks,-$rule"
	done
	for rule in -Xclang -analyzer-config -Xclang max-nodes=$nodes; do
		deep+=("--extra-arg=$rule")
	done
	clang-tidy --quiet --checks="$checks" --warnings-as-errors='*' "${deep[@]}" "${files[@]}" \
		-- "${flags[@]}" -Wall -Wextra
}

if [ "${1-}" = --analyze ]; then
	shift
	status=0
	for file in "$@"; do
		analyze "$file" || status=1
	done
	exit $status
fi
status=0
for tool in "$@"; do
	case $tool in
	cppcheck) lint_cppcheck ;;
	analyzer) lint_analyzer ;;
	tidy) lint_tidy ;;
	*) echo "lint: no tool $tool" && false ;;
	esac || status=$?
done
exit $status
