#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154
# The heap profile against a program that counts for itself: a million operations in four threads.

load common
load expect

# profiled OPTION ARGUMENT...: runs the model; what it counted is in truth.json, what the profile
# says of its functions in got.json
profiled() {
	local option=$1
	shift
	runjson "$option" --trace="$TEST_DIR/t.tlk" -- "$VICTIMS/heap_model" "$@"
	status_is 0
	json_sane
	cp "$TEST_DIR/out" truth.json
	"$TIMERLEAK" report --heap-profile -o json:hp.json t.tlk
	jq_is hp.json .schema timerleak-heap/1
	jq '[.stacks[] | .f = ([.stack[].function // empty | select(test("^f[0-7]$"))][0]) | select(.f)]
		| group_by(.f) | map({key: .[0].f, value: {
			alloc_objects: map(.alloc_objects) | add, alloc_bytes: map(.alloc_bytes) | add,
			live_objects: map(.live_objects) | add, live_bytes: map(.live_bytes) | add}})
		| from_entries' hp.json >got.json
}

@test "exact: every object and byte of each function, allocated and live" {
	for seed in 1 2; do
		profiled --heap=full $seed
		diff <(jq -S 'map_values(del(.alloc_sigma, .live_sigma))' truth.json) <(jq -S . got.json)
	done
}

@test "sampled: bytes within six standard deviations" {
	export TIMERLEAK_OPTIONS=sample=65536
	for seed in 1 2; do
		profiled --heap=sampled $seed 65536
		jq -nc --slurpfile truth truth.json --slurpfile got got.json '$truth[0] | to_entries[]
			| {f: .key, want: .value, got: ($got[0][.key] // {alloc_bytes: 0, live_bytes: 0})}
			| select((.want.alloc_bytes - .got.alloc_bytes | fabs) > 6 * .want.alloc_sigma
				or (.want.live_bytes - .got.live_bytes | fabs) > 6 * .want.live_sigma)' >off
		is "far off" "$(cat off)" ""
	done
}
