#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034 # read by expect.bash
# What no hook sees: the audit of what the kernel shows must set it right, or say it.

load common
load expect

LEFT="possible never_stopped 1"

# counts UNTRACKED UNDRAINED UNKNOWN
counts() {
	json_is '[.summary.untracked, .summary.undrained, .summary.undrained_unknown]' "[$1,$2,$3]"
}

# warned REGEX
warned() {
	json_is "[.warnings[] | select(test(\"$1\"))] | length" 1
}

@test "POSIX timers deleted, set and disarmed by an instruction" {
	VICTIM=kernel_calls
	verdict posix_deleted 1 1
	verdict posix_exchanged 1 1
	counts 1 0 0
	verdict posix_set 1 0 "$LEFT"
	states armed
	verdict posix_disarmed 1 0 "$LEFT"
	states expired
	verdict posix_none 2 0 "possible never_stopped 2"
	json_is '[.sites[].states | to_entries[] | select(.value > 0) | .key] | sort' \
		'["armed","disarmed"]'
	verdict posix_cpu 1 0 "$LEFT"
	states expired
}

@test "no arm_failed, no orphan where the kernel knows better" {
	VICTIM=kernel_calls
	verdict posix_arm_failed 1 0 "$LEFT"
	verdict fd_arm_failed 1 0 "$LEFT"
	verdict posix_payload 1 0 "held static_handle 1"
}

@test "timerfds closed, copied and replaced by an instruction" {
	VICTIM=kernel_calls
	verdict fd_closed 2 2
	verdict fd_copied 1 0 "$LEFT"
	counts 0 0 0
	verdict fd_copied_and_closed 1 1
	counts 1 0 0
	verdict fd_replaced 2 1 "$LEFT"
	counts 0 0 0
	verdict fd_opened_again 1 0 "$LEFT"
}

@test "a number that an instruction gave to another timerfd: who has others lives on" {
	VICTIM=kernel_calls
	verdict fd_number_taken 3 0 "possible never_stopped 3"
	counts 0 0 0
	verdict fd_number_lost 1 0 "$LEFT"
	counts 1 0 0
	verdict fd_replaced_by_clock 2 1 "$LEFT"
	json_is '[.sites[].clock]' '["CLOCK_MONOTONIC"]'
	counts 0 0 0
}

@test "timerfds that no hook saw took every descriptor: the bare preload counts them" {
	bare "$VICTIMS/kernel_calls" fd_table_full
	[ "$status" -ne 77 ] || skip "$(cat "$TEST_DIR/err")"
	status_is 0
	said 'untracked: (5[0-9]|6[01]) timerfds'
}

@test "a filter that kills for what only an audit asks is not asked" {
	VICTIM=kernel_filter
	verdict periodic 1 0 "$LEFT"
	verdict silent 2 1 "$LEFT"
}

@test "nor is one that kills for what a search for copies might ask" {
	VICTIM=kernel_filter
	verdict copied 2 0 "possible never_stopped 2"
}

@test "descriptors whose links may not be read are not taken for closed" {
	VICTIM=kernel_filter
	verdict no_links 1 0 "$LEFT"
	warned "timerfds were not compared with the kernel's"
}

@test "timerfds set by an instruction: armed; undrained if that can be known, else said" {
	VICTIM=kernel_calls
	verdict fd_set_to_minute 1 0 "$LEFT"
	states armed
	counts 0 0 0
	verdict fd_set_expired 1 0 "$LEFT"
	states expired
	counts 0 0 1
	warned "undrained is unknown for 1 timer"
	verdict fd_set_periodic 1 0 "$LEFT"
	counts 0 1 0
}

@test "aio reads where no hook sees it; interval timers and alarms are out of scope" {
	VICTIM=kernel_calls
	verdict fd_aio 1 0 "$LEFT"
	counts 0 0 0
	verdict interval_timers 0 0
	counts 0 0 0
}

@test "a child with the same descriptor table" {
	VICTIM=kernel_calls
	verdict clone_closed 1 1
	verdict clone_made 1 0 "$LEFT"
	counts 1 0 0
}

@test "reads that no hook sees are no neglect" {
	VICTIM=kernel_calls
	verdict fd_read 1 0 "$LEFT"
	counts 0 0 0
	VICTIM=kernel_ring
	for c in drained periodic; do
		verdict $c 1 0 "$LEFT"
		counts 0 0 0
	done
	for c in unread periodic_forgotten; do
		verdict $c 1 0 "$LEFT"
		counts 0 1 0
	done
}

@test "io_uring: a request that waits holds its timer, and no other" {
	VICTIM=kernel_ring
	for c in waits_to_read waits_in_poll asked_in_a_loop; do
		verdict $c 1 0 "held in_service 1"
		evidence "request of an io_uring"
	done
	for c in cancelled another_waits older_waits number_reused; do
		verdict $c 1 0 "$LEFT"
	done
	verdict newer_complete 1 0 "held in_service 1"
	warned "asked for more than it waits for"
}

@test "io_uring: requests cancelled by their file" {
	VICTIM=kernel_ring
	verdict cancelled_by_file 1 0 "$LEFT"
	verdict another_cancelled 1 0 "held in_service 1"
}

@test "io_uring: closed there; registered there and closed here" {
	VICTIM=kernel_ring
	verdict closed 1 1
	verdict opened_again 1 0 "$LEFT"
	verdict registered_open 1 0 "$LEFT"
	counts 0 0 0
	verdict registered_often 1 0 "$LEFT"
	counts 0 0 0
	verdict registered_closed 1 1
	counts 1 0 0
	warned "registered files"
}

@test "SCM_RIGHTS: who may read it is not known; what comes back is known or untracked" {
	VICTIM=kernel_pass
	for c in kept_sendmsg kept_sendmmsg kept_by_number; do
		verdict $c 1 0 "$LEFT"
		counts 0 0 1
	done
	verdict sent_and_closed 1 1
	counts 0 0 0
	verdict came_back 1 1
	counts 1 0 0
	verdict copy_came_back 1 0 "$LEFT"
	counts 0 0 0
	verdict all_closed 1 1
	counts 0 0 0
}

@test "SCM_RIGHTS between processes: untracked where it arrived" {
	VICTIM=kernel_pass
	for c in from_child to_child; do
		verdict $c 1 1
		counts 1 0 0
		warned "untracked: 1 timerfd"
	done
}

@test "pidfd_getfd: a copy of one's own, into and out of the process" {
	VICTIM=kernel_pass
	verdict own_copy 1 0 "$LEFT"
	counts 0 0 0
	verdict taken_from_child 1 0 "undecided live 1"
	counts 1 0 0 # its parent tells when it was killed: long before the minute was over
	verdict taken_by_child 1 0 "$LEFT"
	counts 1 0 0
}
