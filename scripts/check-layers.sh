#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Includes go down the layers, or stay in one without a circle. preload/tl_format.h is the only
# file that crosses from one side to the other.
cd "$(dirname "$0")/.." || exit 1

# Top layer first. A room is a file name without suffix, or its longest prefix before a "_" here.
preload_layers='
hooks life
registry creators timeline places ties watch audit holders report reach
fdmap timer_ids stack modules heap tasks
sink section real options start unwind loader_gate under build_id out
alone arena sys base foreign tl_format timerleak'
analyzer_layers='
main cmd
emit ci sarif html text formats pprof gate output cli help image_set launch preflight report
classify lifetimes group site stack heap call_tree timer_state timeline explain suppress default_suppressions baseline diff symbolize demangle
trace model timer
strbuf utf8 safe util tally names frame fingerprint version'

# Prints a complaint a line, or "edge FROM TO" for the search for circles.
layers()
{
	awk -v preload="$preload_layers" -v analyzer="$analyzer_layers" '
		function complain(what) { print FILENAME what }
		function read_layers(side, text,    lines, n, i, words, m, j) {
			n = split(text, lines, "\n")
			for (i = 1; i <= n; i++) {
				m = split(lines[i], words, " ")
				for (j = 1; j <= m; j++)
					layer[side, words[j]] = i
			}
		}
		function layer_of(name) {
			sub(/\.[^.]*$/, "", name)
			while (!((side, name) in layer))
				if (!sub(/_[^_]*$/, "", name))
					return 0
			return layer[side, name]
		}
		BEGIN {
			read_layers("preload", preload)
			read_layers("analyzer", analyzer)
			for (i = 1; i < ARGC; i++)
				there[ARGV[i]] = 1
		}
		FNR == 1 {
			side = base = FILENAME
			sub(/\/.*/, "", side)
			sub(/.*\//, "", base)
			from = layer_of(base)
			if (!from)
				complain(" belongs to no layer: add it here and say where")
		}
		!from || !/^#[ \t]*include/ { next }
		{
			name = $0
			sub(/^[^"<]*["<]/, "", name)
			sub(/[">].*/, "", name)
			at = ":" FNR ": "
		}
		base == "tl_format.h" && name != "stdint.h" { complain(" includes more than <stdint.h>") }
		name ~ /(tl_format\.h|\.def)$/ { next }
		name ~ /^(\.\.\/)?preload\// && side != "preload" {
			complain(at name ": only tl_format.h crosses")
		}
		name ~ /^(\.\.\/)?analyzer\// && side != "analyzer" {
			complain(at name ": the shim needs no analyzer")
		}
		name == "uthash.h" {
			if (side != "analyzer" && base != "arena.h")
				complain(at "uthash comes by arena.h, which gives it our memory")
			next
		}
		name == "dlfcn.h" {
			if (base == "registry.c")
				complain(at "policy does not resolve symbols")
			next
		}
		{
			sub(/.*\//, "", name)
			to = (side "/" name) in there ? layer_of(name) : 0
			if (!to)
				next
			if (from > to)
				complain(at name " lies above (layer " to " over " from ")")
			if (base != name)
				print "edge", base, name
		}' preload/*.[ch] analyzer/*.[ch]
}

bad=0
out=$(layers) || bad=1
if grep -v '^edge ' <<<"$out" | grep . | sed 's/^/check-layers: /' | grep .; then
	bad=1
fi
edges=$(sed -n 's/^edge //p' <<<"$out" | sort -u)
if ! circle=$(tsort <<<"$edges" 2>&1 >/dev/null) || [ -n "$circle" ]; then
	echo "check-layers: a circle:" \
		"$(sed -n 's/^tsort: //p' <<<"$circle" | grep -v 'contains a loop' | tr '\n' ' ')"
	bad=1
fi
exit $bad
