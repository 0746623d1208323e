#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What recording the heap must not do to its host.

load common
load expect

@test "allocating below the host's own walk over the loader's list" {
	for mode in sampled:sample=200 full; do
		TIMERLEAK_OPTIONS=heap=$mode split timeout 60 env LD_PRELOAD="$SHIM" \
			"$VICTIMS/heap_iterate"
		status_is 0
		is stdout "$stdout" done
	done
}

@test "a timer made below that walk, while another thread's unwinder waits for it" {
	split timeout -k 1 20 env LD_PRELOAD="$SHIM" "$VICTIMS/heap_iterate_wait" # all signals are blocked
	status_is 0
	is stdout "$stdout" done
	said 'SUMMARY: timerleak: 0 timers leaked'
}

@test "locked memory: the map gives back what it does not use" {
	split "$VICTIMS/heap_locked"
	[ "$status" -ne 77 ] || skip "$stderr"
	TIMERLEAK_OPTIONS=heap=off bare "$VICTIMS/heap_locked"
	off=$stdout
	bare "$VICTIMS/heap_locked"
	status_is 0
	# A leaf of the map is 16 MiB; without the heap there is no map.
	[ "$stdout" -le $((off + 12)) ]
	# A leaf of heap=full is 64 MiB, and there is a trace, of 8 MiB.
	TIMERLEAK_OPTIONS=heap=full bare "$VICTIMS/heap_locked"
	status_is 0
	[ "$stdout" -le $((off + 24)) ]
}

# waiting CASE: of ties_waiting
waiting() {
	TIMERLEAK_OPTIONS=symbolize=0 barejson "$VICTIMS/ties_waiting" "$1"
	[ "$status" -ne 77 ] || skip "$stderr"
	status_is 0
	json_sane
}

@test "blocks that were given handles outside a sandbox, and are freed inside" {
	waiting sandbox
	verdicts "definite orphaned 3000"
}

@test "a trace that is full but for timers which were stopped" {
	waiting locked
	json_is '[.summary.created, .summary.stopped, .summary.lost_records]' '[32000,32000,0]'
}

@test "ten thousand handles in one block" {
	runjson "$VICTIMS/heap_many"
	status_is 0
	json_sane
	verdicts "held static_handle 10000"
	json_is '.sites[0].retained_bytes' 80008
}
