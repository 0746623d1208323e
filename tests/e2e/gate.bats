#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The gate of the bare preload in programs that stand in its way.

load common
load expect

# gated CASE: fails the gate, which must not hang either
gated() {
	export TIMERLEAK_OPTIONS=max_leaks=0
	bare "$VICTIMS/host_threads" "$1"
	status_is 23
	summary_is 1
}

@test "a thread is blocked in fgets(stdin) when the gate fails" {
	mkfifo "$TEST_DIR/never"
	exec 7<>"$TEST_DIR/never"
	status=0
	timeout --foreground 30 env TIMERLEAK_OPTIONS=max_leaks=0 LD_PRELOAD="$SHIM" \
		"$VICTIMS/host_threads" fgets_blocked <"$TEST_DIR/never" \
		>"$TEST_DIR/out" 2>"$TEST_DIR/err" || status=$?
	exec 7>&-
	status_is 23
	is stdout "$(cat "$TEST_DIR/out")" buffered
	summary_is 1
}

@test "SIGCHLD ignored" {
	gated child_ignored
}

@test "a handler for SIGCHLD does not hear of the report" {
	gated child_handler
	is stdout "$stdout" ""
}

@test "waitpid(-1) in another thread does not see the report's processes" {
	gated waits_for_any
	is stdout "$stdout" ""
}

@test "exit in a thread with every signal blocked" {
	gated exit_with_all_blocked
}

@test "a thread was cancelled in read" {
	gated cancelled_in_read
}

@test "a thread that makes timers while the report is made" {
	export TIMERLEAK_OPTIONS=max_leaks=0
	bare "$VICTIMS/host_threads" busy_at_exit
	status_is 23
	said "SUMMARY: timerleak: [12] timers? leaked"
}

@test "max_leaks and exitcode; a status of the program's own stays" {
	export TIMERLEAK_OPTIONS=max_leaks=0:exitcode=42
	bare "$VICTIMS/process_ends" by_return
	status_is 42
	bare "$VICTIMS/process_ends" by__exit
	status_is 42
	bare "$VICTIMS/process_ends" by_quick_exit
	status_is 42
	bare "$VICTIMS/process_ends" by_exit_5
	status_is 5
	export TIMERLEAK_OPTIONS=max_leaks=1
	bare "$VICTIMS/process_ends" by_return
	status_is 0
}

@test "max_undrained" {
	export TIMERLEAK_OPTIONS=max_undrained=0
	bare "$VICTIMS/fd_drain" unread
	status_is 23
	bare "$VICTIMS/fd_drain" unread_then_set
	status_is 0
}

@test "leak_kinds" {
	export TIMERLEAK_OPTIONS=max_leaks=0:leak_kinds=definite
	bare "$VICTIMS/process_ends" by_return
	status_is 0
	export TIMERLEAK_OPTIONS=max_leaks=0:leak_kinds=definite,possible,held
	bare "$VICTIMS/10_global_ticker_valid"
	status_is 23
}

@test "output that is buffered for a pipe is kept when the gate fails" {
	export TIMERLEAK_OPTIONS=max_leaks=0
	bare "$VICTIMS/01_select_timeout_leaking"
	status_is 23
	is stdout "$stdout" "5 answers"
}
