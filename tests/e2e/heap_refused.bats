#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154
# What an allocator refuses is not counted, and no reason to count less or more of what it gives.
load common
load expect

# refused HOW OPTIONS: the summary of the profile is $out
refused() {
	local trace=$TEST_DIR/refused.tlk
	gone "$trace"
	split timeout 60 env LD_PRELOAD="$SHIM" \
		TIMERLEAK_OPTIONS="trace=$trace:symbolize=0:verbosity=0:$2" "$VICTIMS/heap_refused" "$1"
	status_is 0
	out=$("$TIMERLEAK" report --heap-profile "$trace" | grep '^live ')
	echo "$out"
}

@test "heap=full: what comes after is exact" {
	local sum
	refused huge heap=full
	sum=$(sed -n 's/^live \([0-9.]*\) MiB in 1[01][0-9] objects.*/\1/p' <<<"$out")
	[[ $sum == 9.[56] ]]
}

@test "heap=sampled: what comes after is sampled" {
	refused huge heap=sampled:sample=4096
	[[ $out =~ ^'live about '(9|10).*' MiB' ]]
}

# 286 MiB, by some 18 samples: what was refused is no part of it, and brings no sample nearer.
@test "refused again and again: the estimate is the same" {
	local sum
	refused often heap=sampled:sample=16777216
	sum=$(sed -n 's/.*allocated about \([0-9]*\)[.0-9]* MiB.*/\1/p' <<<"$out")
	[ "$sum" -gt 80 ]
	[ "$sum" -lt 640 ]
}
