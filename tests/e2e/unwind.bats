#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154
# Stacks by rules are those of libunwind: a build of the shim makes each of them twice and counts
# the differences. unwind_long.bats does it for larger programs.

load common
load expect
load unwind.bash

@test "stacks of every shape, optimized" {
	for shape in deep allocas ways odd_frames exceptions jumps threads forks handlers jumps_out; do
		compared 90 "$VICTIMS/unwind_shapes" "$shape"
	done
}

@test "stacks of every shape, not optimized" {
	for shape in deep allocas ways odd_frames exceptions jumps threads forks handlers jumps_out; do
		compared 90 "$VICTIMS/unwind_plain" "$shape"
	done
}

@test "a coroutine and a handler on stacks of their own are left to libunwind" {
	for shape in coroutines signal_stack; do
		compared 1 "$VICTIMS/unwind_shapes" "$shape"
		[ "$by_libunwind" -gt 0 ]
	done
}

@test "the stack of a coroutine that is unmapped while another one runs" {
	bare "$VICTIMS/unwind_gone"
	status_is 0
	summary_is 0
}

@test "stacks that are cut" {
	TIMERLEAK_OPTIONS=stack_depth=5 compared 90 "$VICTIMS/unwind_shapes" deep
	TIMERLEAK_OPTIONS=stack_depth=1 compared 90 "$VICTIMS/unwind_shapes" exceptions
}

@test "real programs: python3, perl" {
	need python3 perl
	PYTHONMALLOC=malloc compared 99 python3 -c 'import json; json.dumps([{"a": i} for i in range(3000)])'
	compared 99 perl -e 'my %h; $h{"a$_"} = $_ for 1..5000; print scalar keys %h'
}

# libunwind keeps what it once knew of an address, so here it is no judge: each stack must come from
# the function that loads and unloads.
@test "a library where another was: its own rules" {
	export TIMERLEAK_OPTIONS=heap=full
	runjson "$VICTIMS/unwind_shapes" unloads 200
	is "two libraries" "$(head -n 1 "$TEST_DIR/out")" 'same place: often'
	jq_is "$json" '[.sites[] | [.count, [.stack[:4][].function]]] | unique' \
		'[[10,["leak_by_shape","unwind_shape","unloads","main"]]]'
}
