#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2153,SC2154
# Handlers in the middle of every call, small stacks, cancelled threads, destructors of threads' own
# data, many threads: the program runs as without the shim, and nothing is counted wrong.

load common
load expect

VICTIM=signal_threads

# unharmed CASE CREATED STOPPED LEAKED: by both routes, with every block of the heap recorded
unharmed() {
	split timeout 60 env LD_PRELOAD="$SHIM" TIMERLEAK_OPTIONS=heap=full "$VICTIMS/$VICTIM" "$1"
	[ "$status" -ne 77 ] || skip "$(cat "$TEST_DIR/err")"
	status_is 0
	summary_is "$4"
	within 60 "$VICTIMS/$VICTIM" "$1"
	status_is 0
	json_is "$SANE + [.summary.created, .summary.stopped, .gate.leaked, .summary.untracked]" \
		"[true,0,0,0,0,0,$2,$3,$4,0]"
}

@test "a handler at 20 kHz while main calls every function that is hooked" {
	within 60 "$VICTIMS/signal_storm" 400
	status_is 0
	rounds=${stdout%% *}
	children=$(((rounds + 7) / 8))
	json_sane
	json_is '[.summary.created, .summary.stopped, .summary.untracked]' \
		"[$((8 * rounds + 3 + children)),$((8 * rounds + 3 + children)),0]"
	json_is '.processes | length' $((1 + children))
}

@test "a signal stack that the handler's own calls just fit on" {
	unharmed small_signal_stack 8 4 4
}

@test "above a guard page, on coroutines, on signal stacks inside a frame or disarmed" {
	VICTIM=stack_room
	unharmed made_above_a_guard 6 6 0
	unharmed allocated_above_a_guard 0 0 0
	unharmed freed_above_a_guard 3 3 0
	unharmed coroutines 12 12 0
	unharmed stack_in_a_frame 11 11 0
	unharmed disarmed_stack 2 2 0
}

@test "threads on stacks of PTHREAD_STACK_MIN" {
	unharmed least_stacks 1608 1600 8
}

@test "threads cancelled in read, readv, poll, select, epoll_wait and waitpid, and while computing" {
	unharmed cancelled 24 24 0
}

@test "destructors of pthread keys and of thread_local objects stop timers" {
	unharmed thread_keys 12 12 0
	runjson "$VICTIMS/cxx_thread_local"
	status_is 0
	json_is '[.complete, .summary.created, .summary.stopped]' '[true,5,5]'
}

@test "1,000 threads at once" {
	unharmed many_threads 3000 3000 0
}
