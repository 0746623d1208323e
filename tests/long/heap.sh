#!/bin/sh
# SPDX-License-Identifier: MIT
# The heap's storms, longer: forks and handlers against threads that allocate, 200,000 threads, and
# ten seeds of the model against the counts of heap=full. BUILD is where the programs are.
set -eu

build=${BUILD:?}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

for mode in sampled full; do
	timeout 120 "$build/timerleak" run --heap=$mode -o "json:$dir/j" -- \
		"$build/victims/heap_storm" forks 30 >"$dir/out" 2>/dev/null
	[ "$(cat "$dir/out")" = "all children well, ticks seen" ] || { cat "$dir/out"; exit 1; }
	[ "$(jq -c '[.complete, .summary.created, .summary.stopped]' "$dir/j")" = "[true,2,2]" ]
	echo "ok: forks for 30 s, heap=$mode"
done

# threads MODE N
threads()
{
	grown=$(TIMERLEAK_OPTIONS=heap=$1 LD_PRELOAD=$build/libtimerleak.so timeout 900 \
		"$build/victims/heap_storm" threads "$2" 2>/dev/null | sed 's/[^0-9-]//g')
	[ "$grown" -lt 4096 ] || { echo "$2 threads: grown by $grown KiB"; exit 1; }
	echo "ok: $2 threads, heap=$1: grown by $grown KiB"
}
threads sampled 200000
threads full 50000

for seed in 11 12 13 14 15 16 17 18 19 20; do
	timeout 120 "$build/timerleak" run --heap=full --trace="$dir/t" -- \
		"$build/victims/heap_model" $seed >"$dir/truth" 2>/dev/null
	"$build/timerleak" report --heap-profile -o "json:$dir/p" "$dir/t" 2>/dev/null
	jq -c '[.stacks[] | . as $s | [.stack[].function] | map(select(test("^f[0-7]$")))[0] as $f
		| select($f) | {f: $f, s: $s}] | group_by(.f) | map({key: .[0].f, value: {
		alloc_objects: (map(.s.alloc_objects) | add), alloc_bytes: (map(.s.alloc_bytes) | add),
		live_objects: (map(.s.live_objects) | add), live_bytes: (map(.s.live_bytes) | add)}})
		| from_entries' "$dir/p" >"$dir/got"
	jq -c 'with_entries(.value |= {alloc_objects, alloc_bytes, live_objects, live_bytes})' \
		"$dir/truth" | cmp - "$dir/got"
	rm -f "$dir"/t*
	echo "ok: model, seed $seed"
done

HEAP_MIB=4096 BUILD=$build timeout 300 bats -f 'a GiB of blocks' tests/e2e/heap_alloc.bats
echo "ok: 4 GiB of blocks"
