#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A handler that forks, or reuses a slot, in the midst of calls on timers: whatever it interrupts, the
# counts are exact. One processor is busy with it at a time, so that others need not wait.

load common
load expect

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
