#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/traps.md has a row for each of the known traps, and each test that a row names is there.
cd "$(dirname "$0")/.." || exit 1
table=tests/traps.md
rows=39
bad=0
complain()
{
	echo "check-traps: $*"
	bad=1
}

# FILE, or FILE: NAME OF A TEST
check_test()
{
	local row=$1 file name
	file=${2#\`}
	file=${file%%\`*}
	name=${2#\`"$file"\`}
	name=${name#": "}
	if [ ! -e "$file" ]; then
		complain "row $row: there is no $file"
	elif [ -n "$name" ] && ! grep -qF "@test \"$name\" {" "$file"; then
		complain "row $row: $file has no test \"$name\""
	fi
}

seen=
while IFS='|' read -r _ trap remedy tests _; do
	number=$(awk '{print $1}' <<<"$trap")
	[[ $number =~ ^[0-9]+$ ]] || continue
	seen+="$number "
	[[ $remedy =~ [a-z] ]] || complain "row $number names no remedy"
	while read -r test; do
		case $test in
		\`*) check_test "$number" "$test" ;;
		*) complain "row $number: \"$test\" is no test" ;;
		esac
	done < <(sed 's/<br>/\n/g; s/^ *//; s/ *$//' <<<"$tests")
done <"$table"

[ "$seen" = "$(seq -s ' ' $rows) " ] || complain "rows $seen: expected 1 to $rows, each once"
exit $bad
