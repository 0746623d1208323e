#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# One report over the traces of many processes of one service: time, and memory, which follows what
# they share, their sites, and a header for each.
cd "$(dirname "$0")/../.." || exit 1
build=${BUILD:-$PWD/build}
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT

LD_PRELOAD=$build/libtimerleak.so TIMERLEAK_OPTIONS=trace=$work/one.tlk:heap=full \
	"$build/victims/01_select_timeout_leaking" >/dev/null 2>&1
python3 tests/bench/shards.py "$work/one.tlk" "$work" 1000 &&
	${CC:-cc} -O2 -D_GNU_SOURCE -o "$work/peak" tests/bench/peak.c || exit 1

printf '%-34s %10s %10s %10s\n' 'merging traces' seconds CPU 'peak KiB'
for count in 1 100 1000; do
	mapfile -t traces < <(seq -f "$work/%g.tlk" 0 $((count - 1)))
	read -r wall cpu peak < <("$work/peak" "$build/timerleak" report -o "json:$work/out.json" \
		-o "$work/out.pb.gz" -o "heap:$work/heap.pb.gz" "${traces[@]}" 2>/dev/null)
	printf '%-34s %10s %10s %10s\n' "report over $count" "$wall" "$cpu" "$peak"
done
