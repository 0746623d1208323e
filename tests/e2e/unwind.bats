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

# code_without_table NAME: in l.c, enough of it to count, and f_NAME that makes a timerfd further in.
code_without_table() {
	cat >l.c <<-EOF
		#include <sys/timerfd.h>
		#include <time.h>
		__attribute__((noinline)) int inner(int depth)
		{
			volatile char room[100];
			room[depth] = 1;
			return depth ? inner(depth - 1) + room[depth] : timerfd_create(CLOCK_MONOTONIC, 0);
		}
		__attribute__((noinline)) int f_$1(void) { volatile int fd = inner(3); return fd + 1; }
	EOF
	awk 'BEGIN {for (i = 0; i < 999; i++) printf "int f%d(int a) {return a * %d;}\n", i, i}' >>l.c
}

# libunwind is what helps out where code has no table of descriptions; it is not even opened where
# all has.
@test "libunwind is opened for code without a table of frame descriptions alone" {
	need strace cc
	code_without_table main
	echo 'int main(void) { return f_main() < 0; }' >>l.c
	for table in '' no-; do
		cc -O1 -g -fomit-frame-pointer "-Wl,--${table}eh-frame-hdr" -o p l.c
		split strace -o calls -E LD_PRELOAD="$SHIM" ./p
		is "opened, with --${table}eh-frame-hdr" "$(grep -c 'libunwind\.so' calls)" \
			"$([ -z "$table" ] && echo 0 || echo 1)"
		runjson ./p
		jq_is "$json" '[.sites[] | [.stack[].function] | .[:6]]' \
			'[["inner","inner","inner","inner","f_main","main"]]'
	done
}

@test "code without a table that is loaded later: said" {
	need cc
	code_without_table later
	cc -O1 -shared -fPIC -fomit-frame-pointer -Wl,--no-eh-frame-hdr -o libl.so l.c
	cat >p.c <<-'EOF'
		#include <dlfcn.h>
		int main(void)
		{
			void *library = dlopen("./libl.so", RTLD_NOW);
			int (*f)(void) = (int (*)(void))dlsym(library, "f_later");
			return f() < 0;
		}
	EOF
	cc -O1 -g -o p p.c
	runjson ./p
	jq_is "$json" '.summary.leaked' 1
	grep -q 'without a table of frame descriptions was loaded after' run.json err
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
