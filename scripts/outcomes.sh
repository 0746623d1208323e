#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tables of what the tests saw of each death and each host, from $BUILD/check/outcomes.tsv.
#   scripts/outcomes.sh            prints them as markdown
#   scripts/outcomes.sh --write    puts them between the markers of tests/README.md
#   scripts/outcomes.sh --check N  fails where tests/README.md says what the run did not see; N tests
#                                  were skipped: only then may a row of it be missing from the run
# In: lines of TABLE, ROW, COLUMN and TEXT, with tabs between; of two for one cell the last counts.
cd "$(dirname "$0")/.." || exit 1
readme=tests/README.md
seen=${BUILD:-build}/check/outcomes.tsv

# The cells that the README has, as lines like those of the run.
told()
{
	awk -v OFS='\t' '
		/^<!-- outcomes: / {table = $3; columns = 0; next}
		/^<!-- end / {table = ""}
		table == "" || !/^\|/ {next}
		{n = split($0, cell, / *\| */)}
		!columns {for (i = 3; i < n; i++) name[i] = cell[i]; columns = n; next}
		cell[2] ~ /^-+$/ {next}
		{for (i = 3; i < n; i++) if (cell[i] != "") print table, cell[2], name[i], cell[i]}
	' "$readme"
}

both()
{
	told | sed 's/^/told\t/'
	tr '|' / <"$seen" | sed 's/^/seen\t/'
}

# One table; rows that the README knows already stay in its order, also those that this run had no
# means to see. One that no test has any more is to be taken out by hand.
table()
{
	both | awk -F '\t' -v want="$1" '
		$2 != want {next}
		!($3 in rank) {rank[$3] = ++rows; row[rows] = $3}
		!($4 in known) {known[$4] = 1; column[++columns] = $4}
		{cell[$3, $4] = $5}
		END {
			if (!columns)
				exit
			cells = length(cell) # asking for one that is not there makes it
			line = "| " want " |"; rule = "| --- |"
			for (c = 1; c <= columns; c++) {
				line = line " " column[c] " |"; rule = rule " --- |"
			}
			print line; print rule
			for (r = 1; r <= rows; r++) {
				line = "| " row[r] " |"
				for (c = 1; c <= columns; c++)
					line = line " " cell[row[r], column[c]] " |"
				print line
			}
			printf "\n%d cases, %d outcomes.\n", rows, cells
		}'
}

# Each table in its place.
write()
{
	local line name
	while IFS= read -r line; do
		case $line in
		'<!-- outcomes: '*)
			name=${line#<!-- outcomes: }
			name=${name%% *}
			printf '%s\n' "$line"
			table "$name"
			while IFS= read -r line && [[ $line != '<!-- end '* ]]; do :; done
			;;
		esac
		printf '%s\n' "$line"
	done <"$readme" >"$readme.new" && mv "$readme.new" "$readme"
}

check()
{
	both | awk -F '\t' -v skipped="$1" '
		{key = $2 "\t" $3 "\t" $4}
		$1 == "told" {told[key] = $5; next}
		{seen[key] = $5}
		function complain(key, what) {
			gsub("\t", ", ", key)
			print "outcomes: " key ": " what
			bad = 1
		}
		END {
			for (k in told)
				if (k in seen ? told[k] != seen[k] : !skipped)
					complain(k, "tests/README.md says \"" told[k] "\", the tests saw " \
						(k in seen ? "\"" seen[k] "\"" : "nothing"))
			for (k in seen)
				if (!(k in told))
					complain(k, "\"" seen[k] "\" is not in tests/README.md: " \
						"scripts/outcomes.sh --write")
			exit bad
		}'
}

case ${1-} in '' | --write | --check) ;; *) sed -n '3,8s/^# \{0,1\}//p' "$0" && exit 2 ;; esac
[ -s "$seen" ] || { echo "outcomes: $seen is not there: scripts/check.sh first" >&2 && exit 1; }
case ${1-} in
'') cut -f 1 "$seen" | awk '!known[$0]++' | while read -r name; do table "$name" && echo; done ;;
--write) write ;;
--check) check "${2:-0}" ;;
esac
