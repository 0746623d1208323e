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

texts=()
for f in "${files[@]}"; do
	[ -f "$f" ] && grep -Iq . "$f" && texts+=("$f")
done
# The brackets keep these patterns from finding themselves.
grep -nE '(^|[^[:alnum:]_./-])/(wor[k]|roo[t]|far[m])/' "${texts[@]}" | found 'path of one machine'
grep -nwE 'TOD[O]|FIXM[E]|XX[X]|HAC[K]' "${texts[@]}" | found 'left for later'

for f in "${texts[@]}"; do
	case $f in
	*.c | *.h | *.cc | *.def | *.map | *.sh | *.bash | *.bats | *.py | *.supp | Makefile | .ci/run)
		head -n 2 "$f" | grep -q 'SPDX-License-Identifier: MIT' || echo "$f"
		;;
	esac
done | found 'no SPDX line at the top'

for f in "${texts[@]}"; do
	case $f in
	preload/* | analyzer/*)
		lines=$(wc -l <"$f")
		# What both sides agree on stays in one place.
		[ "$lines" -le 400 ] || [ "$f" = preload/tl_format.h ] || echo "$f has $lines"
		;;
	esac
done | found 'more than 400 lines'

printf '%s\n' "${files[@]}" | cut -d/ -f1 | sort -u |
	grep -vxE 'preload|analyzer|tests|scripts|Makefile|README\.md|LICENSE|\..*' |
	found 'not of the top level'
exit $bad
