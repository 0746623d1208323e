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

@test "a coroutine and a handler on stacks of their own" {
	for shape in coroutines signal_stack; do
		compared 1 "$VICTIMS/unwind_shapes" "$shape"
		[ "$by_frames" -gt 0 ]
	done
}

# In the epilogue of a frame that was realigned the compiler says where its caller's frame pointer
# was: both are lost there, and only we say that the stack is cut.
@test "a handler after each instruction, on the stack and on one of its own" {
	compared_longer "$VICTIMS/unwind_steps"
	is said "$stdout" "many steps"
	[ "$by_frames" -gt 1000 ]
}

@test "code made at run time, and an executable in parts: node" {
	need node
	compared_longer node -e 'let a = []; for (let i = 0; i < 3e4; i++) a.push({x: "a" + i});
		JSON.parse(JSON.stringify(a)).map(x => x.x.replace(/a/, "b"))'
	[ "$by_frames" -gt 0 ]
}

# libunwind is what helps out where code has no table of descriptions; it is not even opened where
# all has.
@test "libunwind is opened for code without a table of frame descriptions alone" {
	need strace cc
	echo 'int described(void) { return 1; }' >l.c
	awk 'BEGIN {for (i = 0; i < 999; i++) printf "int f%d(int a) {return a * %d;}\n", i, i}' >>l.c
	for table in '' --no-; do
		cc -O1 -shared -fPIC -Wl,${table:---}eh-frame-hdr -o "l$table.so" l.c
		LD_PRELOAD="$SHIM $PWD/l$table.so" split strace -f -o calls -E LD_PRELOAD="$SHIM $PWD/l$table.so" \
			/bin/true
		opened=$(grep -c 'libunwind\.so' calls || true)
		is "opened with '$table'" "$((opened > 0))" "$([ -z "$table" ] && echo 0 || echo 1)"
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
