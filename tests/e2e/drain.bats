#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What takes an expiry and what does not: in_service, undrained, short reads.

load common
load expect

VICTIM=fd_drain

@test "in_service: served again and again by read, readv, preadv2, __read_chk" {
	for c in serve_read serve_readv serve_preadv2 serve_read_chk; do
		verdict $c 1 0 "held in_service 1"
		json_is .summary.undrained 0
	done
}

@test "in_service: re-armed again and again" {
	verdict serve_settime 1 0 "held in_service 1"
}

@test "asking is no service, nor are two reads" {
	verdict serve_gettime 1 0 "possible never_stopped 1"
	verdict served_twice 1 0 "possible never_stopped 1"
}

@test "a service long ago is none" {
	verdict served_long_ago 1 0 "possible never_stopped 1"
}

@test "EAGAIN is no drain" {
	verdict eagain 1 0 "possible never_stopped 1"
}

@test "ECANCELED is no drain" {
	verdict ecanceled 1 0 "possible never_stopped 1"
}

@test "a short read is a hazard and no drain" {
	verdict short_read 1 1
	hazard short_read
}

@test "undrained: unread, one-shot and periodic" {
	for c in unread unread_periodic; do
		verdict $c 1 0 "possible never_stopped 1"
		json_is '[.summary.undrained, .sites[0].undrained]' '[1,1]'
	done
}

@test "not undrained: just expired, set again, closed" {
	for c in unread_young unread_then_set; do
		verdict $c 1 0 "possible never_stopped 1"
		json_is .summary.undrained 0
	done
	verdict unread_closed 1 1
	json_is .summary.undrained 0
}

@test "undrained: a blocked signal; those that share it count as one" {
	verdict pending_signal 1 0 "possible never_stopped 1"
	json_is .summary.undrained 1
	verdict pending_shared 3 0 "possible never_stopped 3"
	json_is .summary.undrained 1
}

@test "the gate --max-undrained" {
	run "$TIMERLEAK" run --max-undrained=0 -- "$VICTIMS/fd_drain" unread
	[ "$status" -eq 23 ]
	[[ $output == *"1 undrained"* ]]
	run "$TIMERLEAK" run --max-undrained=1 -- "$VICTIMS/fd_drain" unread
	[ "$status" -eq 0 ]
}
