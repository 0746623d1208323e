# SPDX-License-Identifier: MIT
# One row of the table from what compare.c printed: asked is "MEASURE:KIND ...", tools the columns.
# KIND: cpu, ns (ratios), call, us, mib (differences), s (no tools). Goals of memory are reckoned here.

{
	if ($1 == "failed") { broken[$2] = 1; next }
	value[$1, $2] = $3; off[$1, $2] = $4
	ratio[$1, $2] = $5; ratio_off[$1, $2] = $6
	more[$1, $2] = $7; more_off[$1, $2] = $8
}

BEGIN {
	scale["cpu"] = 1000; unit["cpu"] = "ms"
	scale["ns"] = 1; unit["ns"] = "ns"
	scale["call"] = 1; unit["call"] = "ns"
	scale["us"] = 1; unit["us"] = "us"
	scale["mib"] = 1024; unit["mib"] = "MiB"
	scale["s"] = 1000000; unit["s"] = "s"
}

function number(x) {
	return sprintf(x >= 100 || x <= -100 ? "%.0f" : x >= 10 || x <= -10 ? "%.1f" : "%.2f", x)
}

function signed(x) { return (x < 0 ? "" : "+") number(x) }

function cell(m, kind, tool) {
	if (tool in broken)
		return "failed"
	if (!((m, tool) in value))
		return "-"
	if (tool == "plain")
		return number(value[m, tool] / scale[kind]) " " unit[kind] sprintf(" ±%.0f%%", off[m, tool])
	if (kind == "cpu" || kind == "ns")
		return sprintf("%.2f ±%.0f%%", ratio[m, tool], ratio_off[m, tool])
	return signed(more[m, tool] / scale[kind]) " ±" number(more_off[m, tool] / scale[kind])
}

END {
	line = "R\t" name
	n = split(asked, wants, " ")
	count = split(tools, tool, " ")
	for (i = 1; i <= n; i++) {
		split(wants[i], want, ":")
		line = line "\t" cell(want[1], want[2], "plain")
		for (t = 1; t <= count; t++)
			line = line "\t" cell(want[1], want[2], tool[t])
	}
	if (goal == "memory")
		goal = sprintf("sampled +%.1f", value["peak", "plain"] / 1024 * 0.1 + 2)
	print line "\t" goal
}
