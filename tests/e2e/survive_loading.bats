#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Who else is in the process: other preloads, libraries that come late or past us, another libc,
# other hands in the unwinder.

load common
load expect
load survive

HOST=$VICTIMS/survive_host
PLUGIN=$VICTIMS/survive_plugin

# library NAME...: the path of the first that is installed, into $library
library() {
	local name
	for name in "$@"; do
		library=$(find /usr/lib/*-linux-gnu /usr/lib64 /usr/lib -name "$name" 2>/dev/null |
			head -n 1)
		[ -z "$library" ] || return 0
	done
	skip "$1 is not installed"
}

# beside NAME CMD...: with another preload before and after ours, what CMD prints is what it prints
# with that one alone, and the six timers are counted
beside() {
	local name=$1 want list
	shift
	want=$(env LD_PRELOAD="$library" "$@")
	for list in "$library:$SHIM" "$SHIM:$library"; do
		split timeout $LIMIT env LD_PRELOAD="$list" "$@"
		status_is 0
		is "$list" "$stdout" "$want"
		PRELOAD=$list six_bare "$HOST" plain
		full_report
		json=$TEST_DIR/run.json
		LD_PRELOAD=$list split "$TIMERLEAK" run -o "json:$json" "$HOST" plain
		unharmed
		counted
	done
	host "$name, before and after" "full report" "full report"
}

@test "libfaketime" {
	library libfaketimeMT.so.1 libfaketime.so.1
	export FAKETIME='@2020-01-01 00:00:00' TZ=UTC
	beside libfaketime date +%F
	is date "$(LD_PRELOAD=$SHIM:$library date +%F 2>/dev/null)" 2020-01-01
}

@test "libeatmydata" {
	library libeatmydata.so.1 libeatmydata.so
	beside libeatmydata sh -c 'echo data >file; sync file; cat file'
}

# sort calls reallocarray, which these lack: it comes past them to ours, with a block of theirs.
@test "jemalloc and tcmalloc" {
	library libjemalloc.so.2
	beside jemalloc sort /proc/self/limits
	for library in "$library" "$(find /usr/lib/*-linux-gnu -name libtcmalloc_minimal.so.4)"; do
		[ -n "$library" ] || continue
		for options in heap=off heap=full enabled=0; do
			TIMERLEAK_OPTIONS=$options split timeout $LIMIT \
				env LD_PRELOAD="$library:$SHIM" sort /proc/self/limits
			status_is 0
			is "$options" "$stdout" "$(sort /proc/self/limits)"
		done
	done
}

# Found by the program's own RUNPATH: dlopen looks who called it.
@test "a library that makes timers in its constructor" {
	six_bare "$PLUGIN" as_usual
	full_report
	six_run "$PLUGIN" as_usual
	json_is '[.sites[].stack[0].function] | unique' '["make_posix","make_timerfd"]'
	json_is '[.sites[].stack[] | select(.function == "three" or .function == "plugin_run")]
		| length' 4
	host "dlopen, timers in a constructor" "full report" "full report"
}

@test "dlopen that fails says what it always says" {
	same_as_plain "$PLUGIN" failing
}

# past_us CASE WORDS ROW: seen by the audit only, and why; said once
past_us() {
	six_bare "$PLUGIN" "$1"
	said 'note: untracked: 2 POSIX timers'
	said 'note: untracked: 2 timerfds'
	is notes "$(grep -c "note: libplugin.so was loaded $2" err)" 1
	within $LIMIT "$PLUGIN" "$1"
	unharmed
	json_is '[.summary.created, .summary.untracked]' '[0,4]'
	warned "libplugin.so was loaded $2"
	host "$3" "left ones untracked, and why (said)" "left ones untracked, and why (said)"
}

@test "RTLD_DEEPBIND: noted, and the audit finds what is left" {
	past_us deep 'with RTLD_DEEPBIND' RTLD_DEEPBIND
}

@test "dlmopen: the same" {
	past_us own_space 'into a namespace of its own' 'dlmopen: a libc of its own'
}

@test "threads that the libc of another namespace makes: every timer is counted" {
	cat >threads.c <<-'EOF'
		#include <pthread.h>
		void run(void *(*make)(void *))
		{
			pthread_t threads[4];
			for (int i = 0; i < 4; i++)
				pthread_create(&threads[i], 0, make, 0);
			for (int i = 0; i < 4; i++)
				pthread_join(threads[i], 0);
		}
	EOF
	cat >calls.c <<-'EOF'
		#define _GNU_SOURCE
		#include <dlfcn.h>
		#include <sys/timerfd.h>
		#include <unistd.h>
		static void *make(void *arg)
		{
			for (int i = 0; i < 20000; i++)
				close(timerfd_create(CLOCK_MONOTONIC, 0));
			return arg;
		}
		int main(void)
		{
			void *space = dlmopen(LM_ID_NEWLM, "./threads.so", RTLD_NOW);
			((void (*)(void *(*)(void *)))dlsym(space, "run"))(make);
			return 0;
		}
	EOF
	gcc -shared -fPIC -o threads.so threads.c
	gcc -o calls calls.c
	runjson ./calls
	status_is 0
	json_sane
	json_is '[.summary.created, .summary.stopped]' '[80000,80000]'
}

@test "a library that was loaded by a relative path: its functions have names" {
	cat >ticker.c <<-'EOF'
		#include <sys/timerfd.h>
		int start_ticker(void)
		{
			int fd = timerfd_create(CLOCK_MONOTONIC, 0);
			return fd;
		}
	EOF
	cat >calls.c <<-'EOF'
		#include <dlfcn.h>
		int main(int argc, char **argv)
		{
			void *library = dlopen(argv[argc - 1], RTLD_NOW);
			return ((int (*)(void))dlsym(library, "start_ticker"))() < 0;
		}
	EOF
	mkdir below
	gcc -g -shared -fPIC -o ticker.so ticker.c
	gcc -o calls calls.c
	runjson ./calls ./ticker.so
	json_is '[.sites[].stack[0] | .function, .line]' '["start_ticker",4]'
	cd below
	runjson ../calls ../ticker.so
	json_is '[.sites[].stack[0] | .function, .line]' '["start_ticker",4]'
}

@test "killed with a RTLD_DEEPBIND library: the trace knows of it" {
	cat >dies.c <<-'EOF'
		#define _GNU_SOURCE
		#include <dlfcn.h>
		#include <signal.h>
		#include <sys/timerfd.h>
		int main(void)
		{
			timerfd_create(1, 0);
			return dlopen("libm.so.6", RTLD_NOW | RTLD_DEEPBIND) ? raise(SIGKILL) : 1;
		}
	EOF
	gcc -o dies dies.c
	runjson ./dies
	status_is 137
	warned 'libm.so.6 was loaded with RTLD_DEEPBIND'
}

# As a libc after ours would be: the default timer_create is one that we do not stand in front of.
@test "a libc with a newer timer_create: said once" {
	cat >newer.c <<-'EOF'
		#define _GNU_SOURCE
		#include <dlfcn.h>
		#include <signal.h>
		#include <time.h>
		int newer(clockid_t clock, struct sigevent *event, timer_t *timer)
		{
			int (*real)(clockid_t, struct sigevent *, timer_t *);
			*(void **)&real = dlvsym(RTLD_NEXT, "timer_create", "GLIBC_2.34");
			return real ? real(clock, event, timer) : -1;
		}
		__asm__(".symver newer,timer_create@@GLIBC_9.99");
	EOF
	echo 'GLIBC_9.99 { global: timer_create; local: *; };' >newer.map
	gcc -shared -fPIC -o newer.so newer.c -Wl,--version-script=newer.map
	PRELOAD="$SHIM $PWD/newer.so" six_bare "$HOST" plain
	full_report
	is notes "$(grep -c 'note: the libc has a newer timer_create' err)" 1
	six_bare "$HOST" plain
	not_said 'newer timer_create'
	host "a libc newer than timerleak" "said" "said"
}

# Its own use of libunwind stays as it is; each thread's cache is its business.
@test "a host linked with libunwind" {
	cat >unwinds.c <<-'EOF'
		#define UNW_LOCAL_ONLY
		#include <libunwind.h>
		#include <signal.h>
		#include <stdio.h>
		#include <string.h>
		#include <sys/timerfd.h>
		#include <time.h>
		static struct sigevent none = {.sigev_notify = SIGEV_NONE};
		static __attribute__((noinline)) int walk(char *names)
		{
			unw_context_t context;
			unw_cursor_t cursor;
			unw_word_t offset;
			void *ips[32];
			*names = '\0';
			unw_getcontext(&context);
			unw_init_local(&cursor, &context);
			for (int n = 0; n < 3 && unw_step(&cursor) > 0; n++) {
				size_t length = strlen(names);
				unw_get_proc_name(&cursor, names + length, 50, &offset);
				strcat(names, " ");
			}
			return unw_backtrace(ips, 32);
		}
		static __attribute__((noinline)) int inner(char *names, int depth)
		{
			timer_t t;
			if (depth)
				return 1 + inner(names, depth - 1);
			timer_create(CLOCK_MONOTONIC, &none, &t);
			timer_delete(t);
			return walk(names);
		}
		int main(void)
		{
			char names[300];
			timer_t t;
			long sum = 0;
			unw_set_caching_policy(unw_local_addr_space, UNW_CACHE_PER_THREAD);
			for (int i = 0; i < 300; i++)
				sum += inner(names, i % 10);
			for (int i = 0; i < 2; i++)
				if (timer_create(CLOCK_MONOTONIC, &none, &t) || timerfd_create(1, 0) < 0)
					return 1;
			printf("%s%ld\n", names, sum);
			return 0;
		}
	EOF
	gcc -g -O1 -fno-optimize-sibling-calls -o unwinds unwinds.c -lunwind 2>/dev/null ||
		skip "no libunwind to link with"
	same_as_plain ./unwinds
	said '^==[0-9]+== +304 +300 +4 +4$'
	runjson ./unwinds
	status_is 0
	json_sane
	json_is '[.summary.created, .summary.stopped, .gate.leaked]' '[304,300,4]'
	json_is '[.sites[].stack[0].function] | unique' '["main"]'
	host "linked with libunwind" "full report" "full report"
}

# Where dlsym allocates, the first malloc of all asks for memory before there is an allocator. (It
# does on older libcs; here a preload in front of it does, and jumps on, as RTLD_NEXT wants it.)
@test "a dlsym that allocates, moves and frees" {
	cat >asks.c <<-'EOF'
		#define _GNU_SOURCE
		#include <dlfcn.h>
		#include <stdlib.h>
		#include <string.h>
		#include <unistd.h>
		static char *kept;
		void *dlsym(void *handle, const char *name)
		{
			static void *(*real)(void *, const char *);
			char *p = calloc(10, 10), *q;
			if (!p || p[99])
				_exit(91);
			strcpy(p, "kept over a move");
			free(malloc(1));
			if (kept && strcmp(kept, "kept over a move"))
				_exit(92);
			free(kept);
			if (!(q = realloc(p, 200)) || strcmp(q, "kept over a move"))
				_exit(93);
			kept = q;
			if (!real)
				*(void **)&real = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
			return real(handle, name);
		}
	EOF
	gcc -O2 -fno-builtin -shared -fPIC -o asks.so asks.c
	for heap in off sampled full; do
		TIMERLEAK_OPTIONS=heap=$heap PRELOAD="$PWD/asks.so $SHIM" six_bare "$HOST" plain
		full_report
		TIMERLEAK_OPTIONS=heap=$heap PRELOAD="$PWD/asks.so $SHIM" six_bare "$PLUGIN" as_usual
	done
	host "dlsym of the host's own, which allocates" "full report" "full report"
	LD_PRELOAD=$PWD/asks.so six_run "$HOST" plain
}

# What assembler text defines is lost by link-time optimization: these files are kept from it, also
# where CFLAGS come from the command line. tests/long/flags.sh links the whole.
@test "a build with -flto keeps what is written in assembler" {
	need gcc
	local objects=(lto/preload/hooks_{timer,syscall,loader}.o) symbols
	make -s -C "$ROOT" B="$PWD/lto" CFLAGS='-O1 -flto' "${objects[@]/#/$PWD/}"
	symbols=$(nm --plugin '' "${objects[@]}")
	hasnt "$symbols" '__gnu_lto_slim'
	has "$symbols" ' T syscall$'
	has "$symbols" ' T dlopen$'
	has "$symbols" ' T timer_create@@?GLIBC'
}

@test "a library in the place of another that was unloaded: its stacks are its own" {
	runjson "$VICTIMS/twins"
	[ "$status" -ne 77 ] || skip "$(cat "$TEST_DIR/err")"
	status_is 0
	json_is '[.sites[] | .stack[0].function] | sort' '["made_by_elder","made_by_later"]'
}

# Once in hundreds of runs, with samples: it was the trace's directory that was looked for.
@test "a trace that begins below setenv, whose environment is on the move" {
	for heap in full sampled:sample=16; do
		TIMERLEAK_OPTIONS=heap=$heap bare "$VICTIMS/setenv_moves"
		status_is 0
		is stdout "$stdout" moved
	done
}
