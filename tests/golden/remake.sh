#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Remakes the stored traces and what is expected of them, with the analyzer as it is now: read the
# difference before you keep it.
#   tests/golden/remake.sh          expectations, from the traces that are here
#   tests/golden/remake.sh traces   the traces too
set -eu
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
timerleak=${BUILD:-$root/build}/timerleak

if [ "${1-}" = traces ]; then
	made=$(mktemp -d)
	trap 'rm -rf "$made"' EXIT
	"${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -I"$root" -I"$root/tests/unit" \
		-o "$made/make" make_traces.c "$root/tests/unit/trace_maker.c"
	"$made/make" .
fi
while read -r name traces; do
	# shellcheck disable=SC2086 # several traces
	"$timerleak" report -o text:"$name.txt" -o json:"$name.json" -o "$name.folded" -o "$name.html" \
		-o out.pb.gz -o heap:out.heap.pb.gz $traces 2>/dev/null
	python3 ../e2e/pprof_reader.py text out.pb.gz >"$name.pprof"
done <cases
python3 ../e2e/pprof_reader.py text out.heap.pb.gz >heap_profile.pprof
rm out.pb.gz out.heap.pb.gz
# For CI services, of the traces that have something to show there.
for name in empty every_class heap hostile; do
	"$timerleak" report -o sarif:"$name.sarif" -o junit:"$name.xml" -o github:"$name.github" \
		-o gitlab:"$name.gitlab" "$name.tlk" 2>/dev/null
done
"$timerleak" report --heap-profile -o text:heap_profile.txt heap.tlk
"$timerleak" diff -o text:diff.txt -o json:diff.json leaky.json heap.tlk 2>/dev/null
