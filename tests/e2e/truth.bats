#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Timers that look held and are not, and programs that are right and do not look so.

load common
load expect

# lost CASE...: nobody holds its timers
lost() {
	for c; do
		runjson "$VICTIMS/truth_held" "$c"
		status_is 0
		json_sane
		json_is '[.summary.held, .summary.possible == .summary.created]' '[0,true]'
	done
}

# clean CASE...: by both routes
clean() {
	for c; do
		runjson "$VICTIMS/truth_right" "$c"
		status_is 0
		json_sane
		json_is '[.gate.leaked, .summary.untracked]' '[0,0]'
		bare "$VICTIMS/truth_right" "$c"
		status_is 0
		summary_is 0
	done
}

VICTIM=truth_held

@test "what lies above a thread's stack in its mapping is no frame" {
	lost above_a_stack
}

@test "the stack and the storage of an ended thread hold nothing when they are used again" {
	lost reused_stack reused_tls
}

@test "a stack in static storage is a stack" {
	lost stack_in_bss stack_in_bss_twice
}

@test "copies and shared memory prove nothing" {
	lost copies_of_handle shared_memory
}

@test "a freed block with the handle in it proves that it is lost" {
	verdict heap_place 1 0 "definite orphaned 1"
}

@test "nobody waits for what epoll reported and nobody read" {
	lost epoll_edge_forgotten epoll_oneshot_forgotten
	verdict epoll_edge_waiting 1 0 "held in_service 1"
}

@test "nobody waits for the signal of a spent timer" {
	lost sigwait_spent
	for c in sigwait_armed sigwait_periodic; do
		verdict $c 1 0 "held in_service 1"
	done
}

@test "in_child: not by exec, not by a zombie, not if closed; but in a grandchild" {
	lost child_execed child_zombie child_closed
	verdict grandchild 1 0 "held in_child 1"
}

@test "in_service ends in time, and with the next of the same thread" {
	lost served_long_ago
	verdict served_before_another 3 0 "held in_service 1" "possible never_stopped 2"
}

@test "stopped late: by an exit handler, a key's destructor, another thread" {
	clean by_atexit by_tls_destructor by_other_thread_at_exit
}

@test "held: tables and structs, a loop's thread, a pool" {
	clean in_table loop_thread pool_alive
}

@test "ends: in a handler, in a thread, after pthread_exit of main" {
	clean exit_in_handler _exit_in_thread main_gone
}

@test "children that use the parent's ids, shells, vfork" {
	clean child_uses_parents shell_meanwhile vfork_child
}

# Eight objects at most are between create and stop when the process ends.
@test "an end in the midst of work: exact counts, nothing untracked" {
	for c in exit_while_busy _exit_while_busy quick_exit_while_busy; do
		for _ in 1 2 3 4 5 6; do
			barejson "$VICTIMS/truth_right" $c
			status_is 0
			json_sane
			json_is '[.summary.untracked, .summary.live <= 8]' '[0,true]'
		done
	done
}

@test "timers do not fire while the report is made" {
	for c in alarm_default alarm_handler alarm_thread alarm_interval; do
		same_as_plain "$VICTIMS/truth_late" $c
		summary_is 1
		runjson "$VICTIMS/truth_late" $c
		status_is 0
		is stdout "$stdout" ""
		json_is .gate.leaked 1
	done
}

@test "an interval timer goes on after the report" {
	mkfifo "$TEST_DIR/full"
	exec 9<>"$TEST_DIR/full"
	head -c 65536 /dev/zero >&9
	status=0
	timeout -k 1 20 env LD_PRELOAD="$SHIM" "$VICTIMS/truth_late" interval_guards_flush >&9 \
		2>"$TEST_DIR/err" || status=$?
	exec 9>&-
	status_is 142
	summary_is 1
}

@test "standard error is a full pipe that nobody reads" {
	mkfifo "$TEST_DIR/full"
	exec 9<>"$TEST_DIR/full"
	head -c 65536 /dev/zero >&9
	for o in report_timeout=1 symbolize=0 report_timeout=1:verbosity=0; do
		status=0
		timeout -k 1 20 env LD_PRELOAD="$SHIM" TIMERLEAK_OPTIONS=$o \
			"$VICTIMS/host_files" leave 2>&9 >"$TEST_DIR/out" || status=$?
		status_is 0
	done
	exec 9>&-
}

@test "every descriptor is a leaked timer" {
	for user in root nobody; do
		bare "$VICTIMS/truth_late" "full_as_$user"
		[ "$status" -ne 77 ] || skip "needs root"
		status_is 0
		said 'SUMMARY: timerleak: (5[0-9]|6[01]) timers leaked at 1 site'
	done
	runjson "$VICTIMS/truth_late" full_as_root
	status_is 0
	json_is '[.gate.leaked >= 50, .complete]' '[true,true]'
}
