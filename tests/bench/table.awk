# SPDX-License-Identifier: MIT
# Lays out what measure.bash emits, as text or as Markdown (-v format=markdown). Each line is out
# before the next row is measured. Goals are for those who work on it, not for a README.

BEGIN { FS = "\t" }

# In bytes the sign in a spread is two.
function wide(text) { gsub(/±/, "+", text); return length(text) }

function pad(text, width) {
	while (wide(text) < width)
		text = text " "
	return text
}

function text_line(   i, line) {
	line = pad($2, 34)
	for (i = 3; i <= NF; i++)
		line = line " " pad($i, i == 3 ? 16 : 13)
	sub(/ +$/, "", line)
	print line
}

function markdown_line(   i, line) {
	line = "|"
	for (i = 2; i <= heads - goals; i++)
		line = line " " $i " |"
	print line
}

function markdown_rule(   i, line) {
	line = "|"
	for (i = 2; i <= heads - goals; i++)
		line = line " --- |"
	print line
}

$1 == "N" && $2 != "" { print format == "markdown" ? $2 "\n" : $2 }
$1 == "S" { print format == "markdown" ? "\n**" $2 "**\n" : "\n" $2 }
$1 == "H" || $1 == "R" {
	if ($1 == "H") {
		heads = NF
		goals = $NF == "goal"
	}
	if (format != "markdown")
		text_line()
	else {
		markdown_line()
		if ($1 == "H")
			markdown_rule()
	}
}
{ fflush() }
