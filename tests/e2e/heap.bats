#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# timeout: 600
# shellcheck disable=SC2154
# What the heap proves: a block that was freed, moved, lost or kept, and what of it matters to a
# timer; and that nothing about allocation is different for the program.

load common
load expect

VICTIM=heap_verdicts

# each "KIND CLASS COUNT" CASE...: one timer is made in each, and this is said of it
each() {
	local want=$1 name
	shift
	for name; do
		verdict "$name" 1 0 "$want"
	done
}

# ---- the block of the handle -----------------------------------------------------------------

@test "freed with the handle in it: orphaned, whatever the timer's state" {
	for c in handle_freed handle_freed_armed handle_freed_armed_signal handle_freed_disarmed; do
		each "definite orphaned 1" $c
		freed_by drop heap_verdicts.c FREE
		no_hazard
	done
	evidence freed
}

@test "freed, and another block is there now, with what was in it" {
	each "definite orphaned 1" handle_freed_reused
}

@test "five of one site" {
	verdict handle_freed_five 5 0 "definite orphaned 5"
	json_is '[.gate.leaked, .summary.sites]' '[5,1]'
	freed_by drop heap_verdicts.c FREE
}

@test "bare preload says it too, with the call that freed" {
	bare "$VICTIMS/heap_verdicts" handle_freed
	status_is 0
	summary_is 1
	said 'definite, orphaned'
	said "drop .*heap_verdicts\.c:$(line_of heap_verdicts.c FREE)"
}

@test "cleared before it was freed" {
	verdict handle_cleared 2 1 "possible never_stopped 1"
}

@test "freed, but somebody still has the handle and uses it" {
	each "possible never_stopped 1" handle_freed_settime handle_freed_gettime \
		handle_freed_getoverrun
	verdict handle_freed_deleted 1 1
}

@test "freed, but copied before: what becomes of the copy decides" {
	for c in copy_held copy_held_of_two; do
		verdict $c 2 1 "held static_handle 1"
	done
	verdict copy_freed 2 1 "definite orphaned 1"
	freed_by drop heap_verdicts.c FREE
	verdict copy_lost 2 1 "definite unreachable 1"
	for c in copy_elsewhere copy_elsewhere_of_two copy_of_zero copy_beyond copy_nowhere \
		copy_nowhere_of_two; do
		verdict $c 1 0 "definite orphaned 1"
	done
	verdict copy_at_exit 2 1 "held static_handle 1"
}

@test "freed, and what looks like a copy may be a small number: nothing is proved" {
	verdict copy_held_small 2 1 "possible never_stopped 1"
}

@test "a handle in the middle of a large block: freed, held, lost" {
	each "definite orphaned 1" interior_freed
	each "held static_handle 1" interior_held
	each "definite unreachable 1" interior_lost
}

@test "realloc takes the place along" {
	each "held static_handle 1" moved_held moved_again_held
	each "definite unreachable 1" moved_lost
	each "definite orphaned 1" moved_freed
	freed_by drop heap_verdicts.c FREE
}

@test "realloc to nothing frees" {
	each "definite orphaned 1" realloc_to_nothing
	freed_by realloc_to_nothing heap_verdicts.c END
}

@test "without the heap, or with a malloc of the program's own, a block proves nothing" {
	for c in handle_freed interior_lost interior_held; do
		runjson --heap=off "$VICTIMS/heap_verdicts" $c
		status_is 0
		verdicts "possible never_stopped 1"
	done
	VICTIM=own_malloc
	verdict - 2 0 "possible never_stopped 2"
	bare "$VICTIMS/own_malloc"
	status_is 0
	said '[Hh]eap[ :,]'
}

@test "every block recorded: the verdicts are the same" {
	while read -r c want; do
		runjson --heap=full "$VICTIMS/heap_verdicts" "$c"
		status_is 0
		json_sane
		verdicts "$want"
	done <<-'EOF'
		handle_freed definite orphaned 1
		interior_held held static_handle 1
		interior_lost definite unreachable 1
		moved_freed definite orphaned 1
		moved_held held static_handle 1
		payload_moved definite orphaned 1
		handle_freed_gettime possible never_stopped 1
	EOF
}

# ---- the payload -----------------------------------------------------------------------------

@test "payload freed while armed: orphaned though the handle is held, and a hazard" {
	for c in payload_freed payload_freed_thread payload_interior payload_freed_reused \
		own_payload_freed; do
		each "definite orphaned 1" $c
		freed_by drop heap_verdicts.c FREE
		hazard freed_payload
		json_is '.hazards[0].count' 1
	done
}

@test "payload freed, then armed" {
	each "definite orphaned 1" payload_freed_then_armed
	freed_by drop heap_verdicts.c FREE
}

@test "payload freed, then disarmed or deleted" {
	each "held static_handle 1" payload_freed_disarmed
	verdict payload_freed_deleted 1 1
}

@test "payload freed, never armed, and nobody has the handle" {
	each "definite orphaned 1" payload_freed_unarmed
	freed_by drop heap_verdicts.c FREE
	no_hazard
}

@test "SIGEV_NONE carries nothing" {
	each "possible never_stopped 1" payload_freed_none
	no_hazard
}

@test "payload moved by realloc" {
	each "definite orphaned 1" payload_moved
	evidence moved
	hazard freed_payload
	freed_by move heap_verdicts.c MOVE
	each "held static_handle 1" payload_same_size
	no_hazard
}

# ---- written twice ---------------------------------------------------------------------------

@test "overwritten in a block that lives, or that has moved" {
	verdict over 2 0 "definite overwritten 1" "held static_handle 1"
	verdict over_after_move 2 0 "definite overwritten 1" "held static_handle 1"
	verdict over_lost 2 0 "definite overwritten 1" "definite unreachable 1"
}

@test "written three times, cleared once: one was overwritten" {
	verdict over_cleared_and_over 4 1 "definite overwritten 1" "held static_handle 1" \
		"possible never_stopped 1"
	verdict over_another 2 0 "held static_handle 2"
}

@test "the same address, but another block: orphaned, not overwritten" {
	verdict over_new_life 2 0 "definite orphaned 1" "held static_handle 1"
}

@test "cleared, used or deleted: not overwritten" {
	verdict over_cleared 3 1 "held static_handle 1" "possible never_stopped 1"
	verdict over_used 2 0 "held static_handle 1" "possible never_stopped 1"
	verdict over_deleted 2 1 "held static_handle 1"
}

@test "a staging variable in a block" {
	for c in staging staging_known; do
		verdict $c 3 0 "held static_handle 1" "possible never_stopped 2"
	done
	verdict staging_new_life 4 2 "definite overwritten 1" "held static_handle 1"
}

@test "one payload of two timers counts once" {
	verdict shared_payload 2 0 "possible never_stopped 2"
	json_is '[.sites[].retained_bytes] | add' "$stdout"
	json_is '.summary.retained_bytes' "$stdout"
}

# ---- who leads there -------------------------------------------------------------------------

@test "a list with a static head is held" {
	VICTIM=heap_reach
	for c in list_held list_held_armed list_held_own_payloads; do
		verdict $c 5 0 "held static_handle 5"
	done
}

@test "a list without its head is unreachable, circular or not" {
	VICTIM=heap_reach
	for c in list_lost list_lost_armed list_lost_circular list_lost_own_payloads_unarmed; do
		verdict $c 5 0 "definite unreachable 5"
	done
}

@test "what notifications lead to is not unreachable" {
	VICTIM=heap_reach
	verdict list_lost_own_payloads 5 0 "possible never_stopped 5"
	each "possible never_stopped 1" payload_leads lost_thread_armed
	each "definite unreachable 1" payload_leads_elsewhere
}

@test "what malloc and SIGEV_THREAD remember of a block does not lead to it" {
	VICTIM=heap_reach
	each "definite unreachable 1" last_of_heap lost_thread_unarmed
}

@test "frames of threads that wait or run" {
	VICTIM=heap_reach
	each "held static_handle 1" thread_pause thread_read thread_sem_wait thread_spinning
}

@test "thread-local storage and keys of threads that live" {
	VICTIM=heap_reach
	each "held static_handle 1" thread_tls main_tls thread_key thread_late_key main_key \
		main_late_key
}

# Its stack is dead, but still there: never held.
@test "frames of a thread that ended" {
	runjson "$VICTIMS/heap_reach" thread_ended
	status_is 0
	json_is '[.summary.created, .gate.leaked]' '[1,1]'
}

@test "frames of those who called exit, _exit, quick_exit" {
	VICTIM=heap_reach
	each "held static_handle 1" frame_above_exit frame_above__exit frame_above_quick_exit \
		thread_exits main_waits_while_thread_exits
}

@test "main has returned: its frame is dead" {
	VICTIM=heap_reach
	each "definite unreachable 1" main_returned
}

@test "a freed block leads nowhere" {
	VICTIM=heap_reach
	each "definite unreachable 1" only_freed_block
}

@test "a mapping of the program's own: neither held nor unreachable" {
	VICTIM=heap_reach
	each "possible never_stopped 1" only_mapping only_shared_mapping only_mapping_through_block
}

@test "freed inside exit: held until then" {
	VICTIM=heap_reach
	for c in exit_frees_holder destructor_frees_holder exit_frees_payload; do
		each "held static_handle 1" $c
		no_hazard
	done
	verdict exit_frees_list 5 0 "held static_handle 5"
	no_hazard
	each "possible never_stopped 1" exit_frees_payload_of_lost
	no_hazard
}

# ---- modules ---------------------------------------------------------------------------------

@test "a library that is loaded holds: static, block, thread-local storage" {
	VICTIM=heap_modules
	each "held static_handle 1" loaded_static loaded_block loaded_tls
	verdict loaded_over_heap 2 1 "held static_handle 1"
}

@test "unloaded with the handle in it: orphaned, and the evidence says so" {
	VICTIM=heap_modules
	each "definite orphaned 1" unloaded_static
	evidence "library .*libholder.*unloaded"
}

@test "unloaded, but used afterwards, or deleted in its destructor" {
	VICTIM=heap_modules
	each "possible never_stopped 1" unloaded_used
	verdict unloaded_tidy 1 1
}

@test "unloaded, and with it the only way to the block" {
	VICTIM=heap_modules
	each "definite unreachable 1" unloaded_block
}

# ---- epoll -----------------------------------------------------------------------------------

@test "epoll: what the event carries was freed, armed: orphaned and a hazard" {
	VICTIM=heap_epoll
	for c in freed freed_interior modified_to_freed; do
		each "definite orphaned 1" $c
		freed_by drop heap_epoll.c FREE
		hazard freed_payload
	done
}

@test "epoll: the same, not armed" {
	VICTIM=heap_epoll
	each "definite orphaned 1" freed_unarmed freed_disarmed
	freed_by drop heap_epoll.c FREE
	each "definite orphaned 1" freed_unarmed
	no_hazard
}

@test "epoll: moved by realloc" {
	VICTIM=heap_epoll
	each "definite orphaned 1" moved
	evidence moved
}

@test "epoll: another block since, or none" {
	VICTIM=heap_epoll
	each "held in_epoll 1" live number freed_modified modified_freed freed_added_again
	each "possible never_stopped 1" removed_freed freed_removed
}

@test "epoll: closed in the end" {
	VICTIM=heap_epoll
	for c in freed_closed closed_freed; do
		verdict $c 1 1
		no_hazard
	done
}

@test "epoll: freed inside exit" {
	VICTIM=heap_epoll
	each "held in_epoll 1" exit_frees
	no_hazard
}

# ---- allocation ------------------------------------------------------------------------------

@test "every way to get a block, in seven sizes, freed and kept" {
	VICTIM=heap_calls
	for c in malloc calloc realloc realloc_grown reallocarray reallocarray_grown memalign \
		aligned_alloc posix_memalign valloc pvalloc strdup; do
		verdict by_$c 13 0 "definite orphaned 7" "held static_handle 6"
		freed_by drop heap_calls.c FREE
	done
}

@test "freed in a signal handler, at a thread's end, after vfork and exec" {
	VICTIM=heap_calls
	each "definite orphaned 1" in_handler
	json_is '.sites[0].freed_by[1].function' '"on_signal"'
	each "definite orphaned 1" in_key_destructor
	json_is '.sites[0].freed_by[1].function' '"at_thread_end"'
	each "definite orphaned 1" after_vfork_exec
	freed_by drop heap_calls.c FREE
}

@test "a child frees its copy of the block, and one of its own" {
	VICTIM=heap_calls
	verdict in_fork_child 2 0 "definite orphaned 1" "held static_handle 1"
	json_is '[.sites[] | select(.class == "orphaned") | .pids[]] == [.processes[1].pid]' true
}

@test "before main: .preinit_array, constructors; after exit handlers: destructors" {
	VICTIM=heap_early
	same_as_plain "$VICTIMS/heap_early"
	verdict - 4 0 "definite orphaned 3" "held static_handle 1"
	no_hazard
	is stdout "$stdout" destroyed
}

@test "what allocation answers is as without us" {
	for o in heap=sampled heap=sampled:sample=1 heap=full heap=off; do
		export TIMERLEAK_OPTIONS=$o
		same_as_plain "$VICTIMS/heap_semantics"
	done
}

@test "1000 large blocks on the least stack" {
	for o in heap=sampled heap=full; do
		export TIMERLEAK_OPTIONS=$o
		same_as_plain "$VICTIMS/heap_calls" on_least_stack
	done
}

@test "a plugin's constructor waits for a thread that allocates" {
	for o in heap=sampled heap=full; do
		export TIMERLEAK_OPTIONS=$o
		same_as_plain timeout 20 "$VICTIMS/plugin_host" heapjoin
	done
}
