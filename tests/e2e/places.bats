#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Where the handle of a POSIX timer is at the end, and what was written over it.

load common
load expect

VICTIM=posix_places

@test "static_handle: data, bss, a struct, thread-local storage" {
	for c in bss data struct_in_bss tls; do
		verdict $c 1 0 "held static_handle 1"
	done
}

@test "static_handle: thread-local storage and frames of a thread that lives" {
	verdict tls_of_living_thread 1 0 "held static_handle 1"
	verdict frame_of_living_thread 1 0 "held static_handle 1"
}

@test "what an ended thread had is dead" {
	verdict tls_of_ended_thread 1 0 "possible never_stopped 1"
	verdict frame_of_ended_thread 1 0 "possible never_stopped 1"
}

@test "the frame of exit's caller holds nothing" {
	verdict frame_of_exit 1 0 "possible never_stopped 1"
}

@test "a place that was cleared, and a copy elsewhere, hold nothing" {
	verdict forgotten 1 0 "possible never_stopped 1"
	verdict copy_is_no_place 1 0 "possible never_stopped 1"
}

@test "overwritten: another handle in the same static place" {
	verdict overwritten 2 0 "definite overwritten 1" "held static_handle 1"
	json_is .gate.leaked 1
}

@test "overwritten: another handle in the same variable of a thread" {
	verdict overwritten_in_tls 2 0 "definite overwritten 1" "held static_handle 1"
}

@test "overwritten, but deleted by a copy, or deleted before" {
	verdict overwritten_deleted 2 1 "held static_handle 1"
	verdict deleted_then_made 2 1 "held static_handle 1"
}

@test "overwritten is cleared by a call on it" {
	verdict overwritten_then_used 2 0 "held static_handle 1" "possible never_stopped 1"
}

@test "overwritten is cleared by a call on another that was staged there" {
	for c in staging staging_known; do
		verdict $c 3 0 "held static_handle 1" "possible never_stopped 2"
	done
}

@test "a place on a stack is never overwritten" {
	verdict stack_twice 2 0 "possible never_stopped 2"
}

@test "a place on a stack is no static variable, though the stack is an array" {
	verdict frames_in_an_array 10 0 "possible never_stopped 10"
}
