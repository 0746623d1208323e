#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154
# A program that makes random calls and keeps its own books, against the table and the kernel.

load common
load expect

# modelled STEPS SEED...: compares itself at each 100th step; the report must agree at the end
modelled() {
	local steps=$1 seed
	shift
	for seed; do
		echo "seed $seed"
		runjson --heap="${HEAP:-sampled}" "$VICTIMS/random_model" "$seed" "$steps"
		[ "$status" -ne 77 ] || skip "$(cat "$TEST_DIR/err")"
		[ "$status" -eq 0 ] || head -n 30 "$TEST_DIR/err"
		status_is 0
		json_sane
		json_is '{created: .summary.created, live: .summary.live,
			untracked: .summary.untracked}' "$stdout"
	done
}

@test "10,000 random steps, compared at each 100th: 2 seeds" {
	modelled 10000 1 2
}

@test "1,000 random steps and the report: 5 seeds" {
	modelled 1000 11 12 13 14 15
}

@test "the same without the heap, and with all of it" {
	HEAP=off modelled 2000 21
	HEAP=full modelled 2000 22
}

# Old handles are found in new blocks, and new ones written over old ones, only after some time.
@test "3,000 random steps of timers in heap blocks, compared at each: 12 seeds" {
	local seed options
	for seed in {1..12}; do
		options=symbolize=0:heap=$([ $((seed % 4)) -eq 0 ] && echo full || echo sampled)
		TIMERLEAK_OPTIONS=$options barejson "$VICTIMS/ties_model" "$seed" 3000
		[ "$status" -ne 77 ] || skip "$stderr"
		[ "$status" -eq 0 ] || head -n 30 "$TEST_DIR/err"
		status_is 0
		json_is '{created: .summary.created, live: .summary.live}' "$stdout"
	done
}
