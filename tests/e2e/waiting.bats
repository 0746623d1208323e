#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Timers that somebody waits for at the end.

load common
load expect

VICTIM=fd_wait

@test "in_epoll: registered in a set that is open" {
	verdict in_epoll 1 0 "held in_epoll 1"
	json_is .gate.leaked 0
}

@test "in_epoll ends with EPOLL_CTL_DEL and with the set" {
	verdict epoll_del 1 0 "possible never_stopped 1"
	verdict epoll_closed 1 0 "possible never_stopped 1"
}

@test "in_epoll is cleared when it was reported and waited past" {
	verdict epoll_unserved 1 0 "possible never_stopped 1"
}

@test "in_epoll stays when it was reported once, served, or modified" {
	for c in epoll_reported_once epoll_served epoll_modified; do
		verdict $c 1 0 "held in_epoll 1"
	done
}

@test "in_epoll again when it is served late" {
	for c in epoll_served_late epoll_read_late epoll_modified_late; do
		verdict $c 1 0 "held in_epoll 1"
	done
}

@test "in_epoll stays when it is read by a handler between any two instructions of the report" {
	within 20 "$VICTIMS/answer_anywhere"
	[ "$status" -ne 77 ] || skip "no processor to step through it"
	status_is 0
	json_sane
	[ "${stdout% timerfds}" -gt 20 ]
	json_is "$VERDICTS" "[\"held in_epoll ${stdout% timerfds}\"]"
}

@test "closed_in_epoll: a copy keeps what was closed in the set" {
	verdict closed_in_epoll 1 0 "held in_epoll 1"
	hazard closed_in_epoll
	json_is '.hazards[0].stack[0].line' "$(line_of fd_wait.c MAKE)"
}

@test "in_service: a thread is blocked in read, poll, select or epoll_wait" {
	for c in blocked_read blocked_poll blocked_select blocked_epoll; do
		verdict $c 1 0 "held in_service 1"
	done
}

@test "in_service: a thread waits for its signal" {
	verdict blocked_sigwait 1 0 "held in_service 1"
}

@test "in_child: a child still has it" {
	verdict in_child 1 0 "held in_child 1"
	json_is '.processes | length' 2
}
