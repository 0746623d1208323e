#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What a reader should not find: paths of one machine, things left for later, files without a
# licence line, rooms of more than 400 lines, odd names at the top level.
cd "$(dirname "$0")/.." || exit 1

if git rev-parse >/dev/null 2>&1; then
	mapfile -t files < <(git ls-files -co --exclude-standard)
else
	mapfile -t files < <(find . -type f -not -path './build/*' -not -path './.git/*' -printf '%P\n')
fi

shopt -s lastpipe # the last part of a pipe sets our variables
bad=0
complain()
{
	sed "s/^/check-words: $1: /"
	bad=1
}
found()
{
	local out
	out=$(cat)
	[ -n "$out" ] && complain "$1" <<<"$out"
}

mapfile -t texts < <(printf '%s\0' "${files[@]}" | xargs -0 grep -Il . 2>/dev/null)
# The brackets keep these patterns from finding themselves.
grep -nE '(^|[^[:alnum:]_./-])/(wor[k]|roo[t]|far[m])/' "${texts[@]}" | found 'path of one machine'
grep -nwE 'TOD[O]|FIXM[E]|XX[X]|HAC[K]' "${texts[@]}" | found 'left for later'

sources=()
rooms=()
for f in "${texts[@]}"; do
	case $f in
	*.c | *.h | *.cc | *.def | *.map | *.sh | *.bash | *.bats | *.py | *.supp | Makefile | .ci/run)
		sources+=("$f")
		;;
	esac
	# What both sides agree on stays in one place.
	case $f in
	preload/tl_format.h) ;;
	preload/* | analyzer/*) rooms+=("$f") ;;
	esac
done
printf '%s\n' "${sources[@]}" |
	grep -vxFf <(awk 'FNR <= 2 && /SPDX-License-Identifier: MIT/ {print FILENAME}' "${sources[@]}") |
	found 'no SPDX line at the top'
awk 'FNR == 401 {print FILENAME; nextfile}' "${rooms[@]}" | found 'more than 400 lines'

printf '%s\n' "${files[@]}" | cut -d/ -f1 | sort -u |
	grep -vxE 'preload|analyzer|tests|scripts|Makefile|README\.md|LICENSE|\..*' |
	found 'not of the top level'
exit $bad
