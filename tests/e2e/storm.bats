#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# serial
# Exact counts under load; tests/long has more of it.

load common
load expect

@test "8 threads, 160,000 timers of both kinds, 1 in 100 leaked" {
	within 120 "$VICTIMS/storm_threads"
	status_is 0
	json_sane
	json_is '[.summary.created, .summary.stopped]' '[160000,158400]'
	json_is '[.gate.leaked, .summary.untracked]' '[1600,0]'
	json_is '[.sites[] | [.timer, .count]] | sort' '[["posix",800],["timerfd",800]]'
	json_is '[.sites[].threads_total]' '[8,8]'
	json_is '[.sites[].timeline | .live[-1] == 800 and (.high | max) >= 800]' '[true,true]'
}

@test "the same under bare preload" {
	bare "$VICTIMS/storm_threads"
	status_is 0
	said "SUMMARY: timerleak: 1600 timers leaked at 2 sites"
}

@test "a handler at 20 kHz sets, asks and reads while main allocates, makes and deletes" {
	for _ in 1 2; do
		within 30 "$VICTIMS/storm_signal" 1000
		status_is 0
		json_sane
		json_is .summary.created "${stdout#created }"
		json_is '[.summary.live, .gate.leaked]' '[3,3]'
	done
}

@test "8 threads and a handler: timers in blocks that are freed and moved" {
	within 60 "$VICTIMS/storm_ties" blocks 2000
	status_is 0
	json_sane
	json_is '[.summary.created, .gate.leaked]' "$stdout"
	json_is '[.summary.live, .summary.untracked]' '[160,0]'
	json_is '[.sites[] | [.kind, .class, .count]]' '[["definite","orphaned",160]]'
}

# What was stopped waits for its tie to go: not for long.
@test "100,000 timers whose handles lie in one block: their slots are used again" {
	TIMERLEAK_OPTIONS=symbolize=0 barejson "$VICTIMS/storm_ties" array 100000
	status_is 0
	json_sane
	json_is '[.summary.created, .summary.stopped]' '[100000,100000]'
	[ "$(stat -c %b "$TEST_DIR/bare.tlk")" -lt 512 ] # blocks of 512 bytes
}

@test "SIGEV_THREAD every 20 us with allocations" {
	TIMERLEAK_OPTIONS=heap=full split timeout 60 env LD_PRELOAD="$SHIM" \
		"$VICTIMS/storm_sigev_thread" 2000
	status_is 0
	[[ $stdout =~ ^callbacks\ [1-9] ]]
	summary_is 0
}

# What a thread closes while the kernel copies the process may be open in the child, and unknown.
@test "200 forks while threads make and delete" {
	within 120 "$VICTIMS/storm_fork" 200
	status_is 0
	is stdout "$stdout" "200 of 200 children well"
	json_sane
	json_is '[.gate.leaked, .summary.live, .summary.untracked]' '[0,0,0]'
	json_is '.processes | length' 201
}

# The child finishes the call that its parent was in: not in its parent's trace.
@test "100 forks by a handler that interrupts calls on timers" {
	within 120 "$VICTIMS/storm_fork_handler" 100
	status_is 0
	is stdout "$stdout" "100 forks, 0 children ended badly"
	json_sane
	json_is '[.gate.leaked, .summary.live]' '[0,0]'
}

@test "1,000 forks by a handler that interrupts moves of a block with a handle" {
	within 120 --heap=full "$VICTIMS/storm_fork_handler" 1000 realloc
	status_is 0
	is stdout "$stdout" "1000 forks, 0 children ended badly"
	json_sane
	json_is '[.gate.leaked, .summary.live]' '[0,0]'
}

# What the parent's trace lay in is not taken from under the call that goes on in the child.
@test "a fork by a handler between any two instructions of calls on a timer" {
	within 60 "$VICTIMS/fork_anywhere" calls
	[ "$status" -ne 77 ] || skip "no processor to step through them"
	status_is 0
	is stdout "$stdout" "more than 100 children, 0 ended badly"
}

@test "a fork by a handler in the midst of a create and of a delete" {
	within 60 "$VICTIMS/fork_anywhere"
	[ "$status" -ne 77 ] || skip "no processor to step through them"
	status_is 0
	is stdout "$stdout" "more than 100 children, 0 ended badly"
	# What a child made in the midst of its parent's delete was not deleted.
	json_is '[.sites[] | select(.class == "static_handle") | [.site_created, .site_stopped]] |
		[length > 20, unique]' '[true,[[1,0]]]'
}

# Where the timerfd had its count of descriptors the timer has its link to what waits for its ties.
@test "a handler gives the slot of a timerfd away between any two instructions of a dup of it" {
	within 60 "$VICTIMS/reuse_anywhere"
	[ "$status" -ne 77 ] || skip "no processor to step through them"
	status_is 0
	is stdout "$stdout" "more than 20 instructions"
	json_sane
	json_is '[.summary.live, .gate.leaked, .summary.untracked]' '[0,0,0]'
	json_is '.summary.created == .summary.stopped' true
}

# No handler runs in the parent then, and locks may be held by threads that the child has not.
@test "40 calls of _Fork while threads make and delete" {
	within 120 "$VICTIMS/storm_fork" 40 3 _Fork
	status_is 0
	is stdout "$stdout" "40 of 40 children well"
	json_sane
	json_is '[.gate.leaked, .summary.live]' '[0,0]'
	json_is '.processes | length' 41
}
