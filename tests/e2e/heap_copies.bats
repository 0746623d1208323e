#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Blocks that are freed with handles in them: what a copy is, and what it costs to look for one.

load common
load expect

# shellcheck disable=SC2034
VICTIM=heap_copies

@test "handles 0 and 1 are no copy where a null pointer and a count are" {
	verdict none_and_one 2 0 "possible never_stopped 2"
}

@test "a row of indexes is no copy of the first handles of a process" {
	verdict indexes 8 0 "possible never_stopped 8"
}

@test "a copy does not lie behind the end of a block" {
	verdict behind_its_end 3 0 "definite orphaned 3"
	verdict behind_its_end_of_two 3 0 "possible never_stopped 3"
}

@test "the look for a copy does not sleep where there are other threads" {
	verdict of_two 100 0 "possible never_stopped 100"
}

@test "the look for a copy of many handles far from each other takes no time" {
	verdict in_used_heap 10000 0 "possible never_stopped 10000"
}
