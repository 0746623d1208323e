#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Processes that begin others.

load common
load expect

VICTIM=process_children

@test "fork: a child has none of its parent's POSIX timers" {
	verdict fork_posix 1 0 "held static_handle 1"
	json_is '.processes | length' 2
}

@test "fork: timerfds are inherited, not made" {
	verdict fork_timerfd 1 1
	json_is '[.processes[].inherited]' '[0,1]'
	json_is .summary.inherited 1
}

@test "fork: a child that closes its copy stops nothing" {
	verdict fork_child_closes 1 0 "possible never_stopped 1"
}

@test "fork: leaks of children at one site are one entry" {
	verdict fork_children_leak 3 0 "possible never_stopped 3"
	json_is '.sites[0].pids_total' 3
	json_is '.processes | length' 4
}

@test "exec: timerfds live on, and that is a hazard" {
	verdict exec_inherits 2 0 "undecided live 2"
	json_is '[.processes[] | [.ended, .inherited]]' '[["exec",0],["exit",1]]'
	json_is '[.processes[].pid] | unique | length' 1
	hazard cloexec_missing
}

@test "exec: close-on-exec is no hazard" {
	runjson "$VICTIMS/process_children" exec_cloexec
	status_is 0
	json_is '[.gate.leaked, .summary.inherited, .summary.hazards]' '[0,0,0]'
}

@test "exec that fails changes nothing" {
	verdict exec_fails 2 0 "possible never_stopped 2"
	json_is '[.processes[].ended]' '["exit"]'
	json_is .summary.hazards 0
}

@test "vfork and exec, posix_spawn, system, popen" {
	for c in by_vfork by_spawn by_system by_popen; do
		verdict $c 1 0 "possible never_stopped 1"
		json_is '.sites[0].pids[0] != .processes[0].pid' true
	done
}

@test "under the bare preload children tell of themselves, and no trace of them is left" {
	bare "$VICTIMS/process_children" all_ways
	status_is 0
	is reports "$(grep -c "SUMMARY: timerleak: 1 timer leaked" "$TEST_DIR/err")" 5
	is "left behind" "$(find "$XDG_RUNTIME_DIR" "$TMPDIR" -type f)" ""
}

@test "_Fork and a raw fork, which run no handler" {
	for c in by__Fork by_raw_fork; do
		verdict $c 1 0 "possible never_stopped 1"
		json_is '.sites[0].pids[0] != .processes[0].pid' true
		json_is '.processes | length' 2
	done
}

@test "a vfork child that exits at once leaves its parent's record alone" {
	verdict by_vfork_exit 1 0 "possible never_stopped 1"
	json_is '[.processes[].ended]' '["exit"]'
}

@test "what vfork children close is not closed in their parent" {
	verdict children_that_share_close 3 0 "possible never_stopped 3"
}

@test "all ways at once" {
	verdict all_ways 5 0 "possible never_stopped 5"
	json_is '[.sites[].pids[]] | unique | length' 5
}

@test "a child that outlives the program is waited for" {
	verdict daemon_child 1 0 "possible never_stopped 1"
	json_is '.processes | length' 2
}

@test "children that a signal kills, reaped by wait, waitpid, wait3, wait4 and waitid" {
	verdict killed_children 5 0 "undecided live 5"
	json_is '[.processes[] | [.ended, .signal]]' \
		'[["exit",null],["signal",1],["signal",3],["signal",14],["signal",10],["signal",12]]'
}

@test "100 short children: one report, nothing left behind; tests/long has 1,000" {
	export CHILDREN=100
	verdict many_children 100 0 "possible never_stopped 100"
	json_is '[(.processes | length), (.sites | length), .sites[0].pids_total]' '[101,1,100]'
	is "left behind" "$(find "$XDG_RUNTIME_DIR" "$TMPDIR" -mindepth 1)" ""
}

# The parent's timerfd goes on in the child; its POSIX timer does not.
@test "daemon(3), whose parent ends inside libc: judged as any other" {
	for follow in "" --follow; do
		runjson $follow "$VICTIMS/process_children" by_daemon
		status_is 0
		json_is '[.processes[] | [.ended, .status, .inherited]]' '[["_exit",0,0],["exit",0,1]]'
		verdicts "held in_child 1" "possible never_stopped 2"
		json_is '[.complete, .summary.created]' '[true,3]'
	done
	bare "$VICTIMS/process_children" by_daemon
	status_is 0
	summary_is 1
	TIMERLEAK_OPTIONS=max_leaks=0 bare "$VICTIMS/process_children" by_daemon
	status_is 23
}

@test "a daemon that forks before daemon(3) is back has not ended" {
	runjson --follow "$VICTIMS/process_children" daemon_forks
	status_is 0
	json_is '[.processes[].ended] | sort' '["_exit","_exit","exit"]'
	verdicts "possible never_stopped 1"
}

@test "daemon(3) that cannot fork has ended nothing" {
	verdict daemon_fails 1 0 "possible never_stopped 1"
	json_is '[.processes[].ended]' '["exit"]'
	bare "$VICTIMS/process_children" daemon_fails
	status_is 0
	is reports "$(grep -c SUMMARY "$TEST_DIR/err")" 1
}

@test "a daemon that forks twice, with and without --follow" {
	for follow in "" --follow; do
		runjson $follow "$VICTIMS/process_children" by_double_fork
		status_is 0
		json_is '[.processes[].ended]' '["_exit","_exit","exit"]'
		verdicts "held in_child 1" "possible never_stopped 1"
	done
}

@test "syscall by number: made, set, read, copied and ended" {
	VICTIM=raw_calls
	verdict left 2 0 "possible never_stopped 2"
	verdict ended 2 2
	verdict copied 1 0 "possible never_stopped 1"
	verdict others 0 0
}

@test "an id that is given out again: whoever had it is gone" {
	VICTIM=raw_calls
	verdict id_again 4 2 "possible never_stopped 2"
}

@test "what no hook saw being made is untracked, and said" {
	VICTIM=raw_calls
	verdict unseen 0 0
	json_is .summary.untracked 2
	bare "$VICTIMS/raw_calls" unseen
	summary_is 0
	said 'untracked.*1 POSIX timer'
	said 'untracked.*1 timerfd'
}
