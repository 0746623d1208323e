#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154
# The heap of C++ programs.

load common
load expect

VICTIM=heap_cxx

# freed_in NAME: all calls that made orphans were made in this function, at the line FREE
freed_in() {
	json_is "[.sites[] | select(.class == \"orphaned\") | [.freed_by[]
		| select((.function // \"\" | test(\"$1\")) and .line == $(line_of heap_cxx.cc FREE))]
		| length > 0] | unique" '[true]'
}

@test "a vector that grows moves its handles: of small numbers nothing is proved" {
	verdict vector_grows 7 1 "held static_handle 2" "possible never_stopped 4"
	verdict vector_unused 21 1 "held static_handle 4" "possible never_stopped 16"
	verdict vector_of_threads 20 0 "held static_handle 20"
	verdict vector_reserved 6 0 "held static_handle 6"
}

@test "a vector that grew is destroyed, with handles in it" {
	verdict vector_destroyed 7 1 "definite orphaned 2" "possible never_stopped 4"
	json_is '[.sites[].freed_by[]?.function | select(test("drop_vector$"))] | length' 1
}

@test "unique_ptr to what forgets its timer: orphaned" {
	verdict unique_forgets 6 0 "definite orphaned 6"
	freed_in drop_all
	verdict unique_deletes 6 6
}

@test "a map is held, also when its destructor runs inside exit" {
	verdict map_static 5 0 "held static_handle 5"
	verdict map_never_destroyed 5 0 "held static_handle 5"
	verdict map_erased 5 0 "definite orphaned 1" "held static_handle 4"
}

@test "a map is lost" {
	verdict map_lost 5 0 "definite unreachable 5"
}

@test "shared_ptr: cycles lost and held, the last one dropped" {
	verdict cycle_lost 4 0 "definite unreachable 4"
	verdict cycle_held 2 0 "held static_handle 2"
	verdict shared_dropped 1 0 "definite orphaned 1"
}

@test "captured by a function object" {
	verdict captured 1 0 "held static_handle 1"
}

@test "each operator new" {
	verdict array_new 4 0 "definite orphaned 4"
	verdict array_new_lost 4 0 "definite unreachable 4"
	verdict aligned_new 1 0 "definite orphaned 1"
	verdict aligned_array_new 2 0 "definite orphaned 2"
	verdict nothrow_new 1 0 "definite orphaned 1"
}

@test "placement: it is the buffer that counts" {
	verdict placement_in_static 1 0 "held static_handle 1"
	verdict placement_in_block 1 0 "definite orphaned 1"
}

@test "a constructor throws: the compiler frees" {
	verdict constructor_throws 1 0 "definite orphaned 1"
}

@test "a pointer to the second base leads to the block" {
	verdict by_second_base 1 0 "held static_handle 1"
	verdict by_second_base_deleted 1 0 "definite orphaned 1"
}
