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
