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

# The trace is 8 MiB then; a leaf of the map would be 16, one of heap=full 64, and what walks remember
# for threads to come 6.
@test "locked memory: the map and others give back what they do not use" {
	local without
	split "$VICTIMS/heap_locked"
	[ "$status" -ne 77 ] || skip "$stderr"
	without=$stdout
	for options in heap=off heap=sampled heap=full; do
		TIMERLEAK_OPTIONS=$options bare "$VICTIMS/heap_locked"
		status_is 0
		[ "$stdout" -le $((without + 13)) ]
	done
}

@test "locked memory: nothing is kept of looking at the libraries" {
	local off
	LD_LIBRARY_PATH=$VICTIMS split "$VICTIMS/heap_locked" libplugin.so
	[ "$status" -ne 77 ] || skip "$stderr"
	off=$stdout
	LD_LIBRARY_PATH=$VICTIMS TIMERLEAK_OPTIONS=heap=off bare "$VICTIMS/heap_locked" libplugin.so
	status_is 0
	[ "$stdout" -le $((off + 1000)) ]
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

# masked CASE: how often ties_waiting's free had signals blocked
masked() {
	strace -o /dev/null true 2>/dev/null || skip "strace may not trace here"
	bare strace -o calls -e trace=rt_sigprocmask,write "$VICTIMS/ties_waiting" "$1"
	[ "$status" -ne 77 ] || skip "$stderr"
	status_is 0
	awk '/write\(-1, "free"/ {n++} n == 1 && /SIG_SETMASK, ~\[\]/ {masked++} END {print masked}' calls
}

# A sixteenth of them, 128 at a time, and its own, which come last; then who freed it, and the marks.
@test "of thousands of ties that wait a free makes its own block's, and few others" {
	waiting newest
	verdicts "definite orphaned 1" "held static_handle 2999"
	is masked "$(masked newest)" 4
}

# 1,024 at a time.
@test "of thousands of ties that a free has to make few are made while signals are blocked" {
	waiting pieces
	verdicts "definite orphaned 3000"
	[ "$(masked pieces)" -ge 4 ]
}

# 24,000 were made, 16,384 may wait: a sixteenth of those is eight times 128; of all it were twelve.
@test "no more ties wait than a free can look through" {
	masked most >count
	[ "$(cat count)" -le 10 ]
}

@test "of thousands of ties that wait a free makes those that its block has as a payload" {
	waiting payload
	verdicts "definite orphaned 1" "held static_handle 2999"
	hazard freed_payload
}

@test "ten thousand handles in one block" {
	runjson "$VICTIMS/heap_many"
	status_is 0
	json_sane
	verdicts "held static_handle 10000"
	json_is '.sites[0].retained_bytes' 80008
}
