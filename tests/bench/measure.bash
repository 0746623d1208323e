# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2034
# Sections, rows and measurements: what comes out are lines for table.awk, a letter and fields with
# tabs between: N note, S title, H column heads, R row.

tools=()     # of the section, its columns
through=()   # words before the tool's: a program that starts the command
measured_all= # what compare printed last

count() { echo $(($1 / shrink > 0 ? $1 / shrink : 1)); }

emit()
{
	local IFS=$'\t'
	printf '%s\n' "$*"
}
note() { printf 'N\t%s\n' "$*"; }

# section TITLE TOOL...: shown when the first row of it is.
section()
{
	local tool heads=()
	title=$1
	tools=("${@:2}")
	for tool in "${tools[@]}"; do
		heads+=("$(title_of "$tool")")
	done
	columns plain "${heads[@]}" goal
}
columns() { head=$(emit H '' "$@"); }

# wanted ROW: does the user's expression want it? Tells first of which section it is.
wanted()
{
	row=$1
	[[ "$title: $row" =~ $pattern ]]
}

any_wanted()
{
	local name
	for name in "$@"; do
		! wanted "$name" || return 0
	done
	return 1
}

show_head()
{
	[ -n "$head" ] || return 0
	printf 'S\t%s\n%s\n' "$title" "$head"
	head=
}

plan()
{
	local tool dressed=()
	for tool in plain "${tools[@]}"; do
		dress "$tool" "$@" || continue
		emit "$tool" "${through[@]}" "${dressed[@]}"
	done
}

# measure ROUNDS COMMAND...: under each of $tools, into the file $measured_all.
measure()
{
	local n=$1
	shift
	measured_all=$work/measured
	plan "$@" >"$work/plan"
	"$(program compare)" "$n" "$limit" <"$work/plan" >"$measured_all" 2>"$work/why" && return
	show_head
	emit R "$row" "failed: $(tail -n 1 "$work/why")"
	return 1
}

# show MEASURE:KIND... [GOAL]: the row of what was measured. The kinds are those of row.awk.
show()
{
	show_head
	awk -v name="$row" -v asked="$1" -v goal="${2-}" -v tools="${tools[*]}" -f "$bench/row.awk" \
		"$measured_all"
}

# said MEASURE: what the plain command said of itself, as a whole number
said() { awk -v m="$1" '$1 == m && $2 == "plain" {printf "%d\n", $3}' "$measured_all"; }

# The memory of the same runs is a section of its own, and comes later.
memory_rows=()
remember_memory()
{
	cp "$measured_all" "$work/memory.${#memory_rows[@]}"
	memory_rows+=("$row")
}

# absent PROGRAM...: a row of a program that is not here says so
absent()
{
	local program
	for program in "$@"; do
		command -v "$program" >/dev/null && continue
		show_head
		emit R "$row" "no $program here"
		return 0
	done
	return 1
}
