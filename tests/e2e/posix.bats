#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# POSIX timers, call by call.

load common
load expect

VICTIM=posix_calls

# kind CASE NOTIFY
kind() {
	verdict "$1" 1 0 "possible never_stopped 1"
	json_is '.sites[0].timer' '"posix"'
	json_is '.sites[0].notify' "\"$2\""
	states never_armed
}

@test "SIGEV_NONE" {
	kind kind_none none
	json_is '.sites[0].clock' '"CLOCK_MONOTONIC"'
	json_is '.sites[0].stack[0].line' "$(line_of posix_calls.c MAKE)"
}

@test "SIGEV_SIGNAL" {
	kind kind_signal signal
}

@test "SIGEV_THREAD" {
	kind kind_thread thread
}

@test "SIGEV_THREAD_ID" {
	kind kind_thread_id thread_id
}

@test "no sigevent is SIGALRM" {
	kind kind_null signal
	json_is '.sites[0].clock' '"CLOCK_REALTIME"'
}

@test "each kind is deleted" {
	verdict kinds_deleted 4 4
}

@test "armed, re-armed, periodic, absolute: armed" {
	for c in armed rearmed periodic absolute; do
		verdict $c 1 0 "possible never_stopped 1"
		states armed
	done
}

@test "a one-shot that fired, relative or absolute: expired" {
	for c in expired absolute_past; do
		verdict $c 1 0 "possible never_stopped 1"
		states expired
	done
}

@test "a zero value disarms" {
	verdict disarmed 1 0 "possible never_stopped 1"
	states disarmed
}

@test "a create that fails makes no record" {
	verdict create_fails 0 0
}

@test "a delete that fails ends no record" {
	verdict delete_fails 1 0 "possible never_stopped 1"
}

@test "a second delete takes nothing away" {
	verdict delete_twice 2 1 "possible never_stopped 1"
}

@test "arm_failed: the only arming failed" {
	verdict arm_fails 1 0 "definite arm_failed 1"
	states never_armed
}

@test "arm_failed is cleared by a successful set" {
	verdict arm_fails_then_armed 1 0 "possible never_stopped 1"
}

@test "arm_failed is cleared by a successful question" {
	verdict arm_fails_then_asked 1 0 "possible never_stopped 1"
}

@test "a failure after a success is not arm_failed" {
	verdict armed_then_fails 1 0 "possible never_stopped 1"
	states armed
}

@test "answers, overruns and errno pass through" {
	same_as_plain "$VICTIMS/posix_calls" answers
	summary_is 0
}

@test "calls in a signal handler" {
	same_as_plain "$VICTIMS/posix_handler"
	summary_is 0
	runjson "$VICTIMS/posix_handler"
	json_sane
	json_is '[.summary.created, .summary.stopped]' '[201,201]'
}

@test "deleted while its signal is pending, after another timer with that signal" {
	verdict deleted_while_pending 2 2
	hazard stale_signal
}
