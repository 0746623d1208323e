#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154
# What timers keep alive, and what deleted ones left behind.

load common
load expect

VICTIM=heap_retained
FIVE_MIB=5242880

# about FILTER BYTES: no less, and at most 2 % more
about() {
	json_is "$1 / $2 | . >= 1 and . <= 1.02" true
}

@test "five lists of 16 blocks, reached by the payload alone" {
	verdict by_payload 5 0 "possible never_stopped 5"
	about .summary.retained_bytes $FIVE_MIB
	json_is '[.sites[].retained_bytes] == [.summary.retained_bytes]' true
	bare "$VICTIMS/heap_retained" by_payload
	said 'SUMMARY: timerleak: 5 timers leaked at 1 site \(5\.0 MiB retained\)'
}

@test "the same, reached by the block of the handle alone" {
	verdict by_place 5 0 "definite unreachable 5"
	about .summary.retained_bytes $FIVE_MIB
}

@test "what somebody else has too is not counted" {
	verdict shared_with_static 5 0 "possible never_stopped 5"
	json_is .summary.retained_bytes "$stdout"
}

@test "what two timers share, and a ring, count once" {
	verdict two_timers_one_owner 2 0 "possible never_stopped 2"
	json_is .summary.retained_bytes "$stdout"
	verdict circular 1 0 "possible never_stopped 1"
	json_is .summary.retained_bytes "$stdout"
}

@test "SIGEV_THREAD: libc's own record counts as the timer's" {
	verdict thread_payload 1 0 "possible never_stopped 1"
	json_is ".summary.retained_bytes - $stdout | . > 0 and . <= 1024" true
}

@test "what a held timer has is not in the sum of the leaked" {
	verdict held 1 0 "held static_handle 1"
	json_is .summary.retained_bytes 0
}

@test "who allocated it, when every block is recorded" {
	for c in by_payload by_place; do
		runjson --heap=full "$VICTIMS/heap_retained" $c
		status_is 0
		about .summary.retained_bytes $FIVE_MIB
		json_is '.sites[0].retained_at[0].stack[0] | [.function, .line]' \
			"[\"get_block\",$(line_of heap_retained.c ALLOC)]"
	done
}

@test "payloads of deleted timers that nobody leads to: left behind" {
	for c in deleted_lost deleted_lost_thread; do
		verdict $c 7 7
		json_is '[.gate.leaked, (.left_heap | length), .left_heap[0].blocks]' '[0,1,7]'
		about '.left_heap[0].bytes' 71680
	done
}

@test "payloads of deleted timers that are kept or freed" {
	for c in deleted_kept deleted_freed; do
		verdict $c 7 7
		json_is '.left_heap // [] | length' 0
	done
}

@test "the same stack in many threads is one place, when every block is recorded" {
	local place='(.stack[0].line == '$(line_of heap_retained.c ALLOC)')'
	runjson --heap=full "$VICTIMS/heap_retained" by_threads
	status_is 0
	json_is "[.sites[0].retained_at[] | select($place) | .bytes >= 16 * 65536]" '[true]'
	json_is "[.sites[0].retained_at[] | select($place) | .objects]" '[16]'
}
