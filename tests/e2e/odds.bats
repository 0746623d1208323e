#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2153,SC2154
# What programs may do and seldom do: nothing of it may differ, hang or be counted wrong.

load common
load expect

# bounded CMD...: under the preload, with an end; the time limit is no host
bounded() { split timeout 60 env LD_PRELOAD="$SHIM" "$@"; }

# ran CASE: in $VICTIM, unharmed
ran() {
	bounded "$VICTIMS/$VICTIM" "$1"
	[ "$status" -ne 77 ] || skip "$(cat "$TEST_DIR/err")"
	status_is 0
}

@test "bad arguments, big numbers, failing calls: the answers are libc's" {
	same_as_plain "$VICTIMS/edge_calls"
}

@test "a library's fork handlers, registered before ours, take its lock and make timers" {
	bounded "$VICTIMS/atfork_first"
	status_is 0
	is stdout "$stdout" "50 children"
	runjson "$VICTIMS/atfork_first"
	json_is '[.complete, .summary.created == .summary.stopped, .summary.untracked]' \
		'[true,true,0]'
}

@test "asking about seccomp makes no sandbox: stacks and audit stay" {
	VICTIM=host_sandbox
	ran asks
	summary_is 1
	said "#1 asks "
}

@test "a filter that is refused later leaves the first in force" {
	VICTIM=host_sandbox
	ran refused_later
}

@test "a filter with a listener is a sandbox too" {
	VICTIM=host_sandbox
	ran listener
}

@test "a vfork child's sandbox is not its parent's" {
	VICTIM=host_sandbox
	ran in_vfork_child
	summary_is 1
	said "#1 in_vfork_child "
}

@test "a filter that came with the exec kills for no question of ours" {
	VICTIM=host_sandbox
	ran inherited_filter
	summary_is 2
}

@test "thousands of timers in a sandbox where no memory may be had" {
	VICTIM=host_sandbox
	ran many
}

@test "memory is locked in a sandbox: nothing but what the host asked for" {
	VICTIM=host_sandbox
	ran locks
}

@test "a sandbox where a handler jumps out of calls: other threads get on" {
	TIMERLEAK_OPTIONS=symbolize=0 bare timeout 60 "$VICTIMS/sandbox_jumps"
	[ "$status" -ne 77 ] || skip "$stderr"
	status_is 0
	is stdout "$stdout" "the other thread gets on"
	runjson "$VICTIMS/sandbox_jumps"
	json_is '[.complete, .summary.lost_records > 0]' '[false,true]'
	json_is '[.warnings[] | test("records? lost: .*seccomp")] | any' true
}

@test "a sandbox where a handler waits for another thread in the midst of calls: none waits for ever" {
	bare timeout 60 "$VICTIMS/sandbox_waits"
	[ "$status" -ne 77 ] || skip "$stderr"
	status_is 0
	is stdout "$stdout" "the other thread gets on"
	runjson "$VICTIMS/sandbox_waits"
	json_is '[.warnings[] | test("records? lost: .*seccomp")] | any' true
}

@test "a cancelled close has closed nothing" {
	VICTIM=host_odds
	verdict cancelled_close 1 0 "possible never_stopped 1"
}

@test "a system call of the host's own is no point of cancellation" {
	VICTIM=host_odds
	verdict bare_calls 4 4
}

@test "a thread with its own descriptor table closes nothing of the process's" {
	VICTIM=host_odds
	verdict own_files 1 0 "possible never_stopped 1"
}

@test "a handler that jumps out of a call keeps no fork waiting" {
	VICTIM=host_odds
	ran jump_out
	is stdout "$stdout" "forked soon"
}

@test "a handler that jumps out of a create or a delete: each timer of the kernel's is counted once" {
	VICTIM=host_odds
	runjson "$VICTIMS/$VICTIM" jump_counts
	status_is 0
	json_is '.summary | .live + .untracked' "$(cat "$TEST_DIR/out")"
}

@test "mlockall before or after the first timer: the trace's holes stay holes" {
	VICTIM=host_odds
	ran locked_later
	is stdout "$stdout" "less than 64 MiB"
	ran locked_before
	is stdout "$stdout" "less than 64 MiB"
}
