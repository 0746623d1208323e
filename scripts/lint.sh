#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Static analysis of preload/ and analyzer/, each finding a failure: lint.sh [--deep] [TOOL...]
# with TOOL of analyzer (gcc's), tidy (clang's) and cppcheck; all of them without one. --deep lets
# clang's analyzer go as far as it likes, which takes minutes.
# A finding that is wrong is silenced where it stands, with the reason, or in a list here.
cd "$(dirname "$0")/.." || exit 1
flags=(-std=gnu11 -D_GNU_SOURCE -I. -I"${BUILD:-build}/gen" '-DTL_LIBDIR="lib"' '-DTL_BINDIR="bin"')
nodes=8000
[ "${1-}" = --deep ] && nodes=225000 && shift
[ $# -gt 0 ] || set -- cppcheck analyzer tidy
files=(preload/*.c analyzer/*.c)

absent()
{
	command -v "$1" >/dev/null && return 1
	echo "lint: no $1 here"
}

lint_cppcheck()
{
	absent cppcheck && return 77
	cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
		--suppress=missingIncludeSystem --suppress=missingInclude --error-exitcode=1 \
		--suppress=allocaCalled:preload/hooks_proc.c "${flags[@]:1}" -D__x86_64__ \
		preload analyzer
}

# Without -O: what the optimizer drops as undefined, it would not see. Of blocks that are kept in an
# array it says that they leak; ASan sees to those.
lint_analyzer()
{
	local out
	out=$(for c in "${files[@]}"; do
		gcc "${flags[@]}" -O0 -fanalyzer -Wno-analyzer-malloc-leak -S -o /dev/null "$c" 2>&1
	done)
	[ -z "$out" ] || { printf '%s\n' "$out" && return 1; }
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
