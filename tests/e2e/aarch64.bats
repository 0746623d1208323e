#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The library on the other processor: compiled for aarch64 and run under qemu-user.
# What an emulator has otherwise is not asked here: it gives a process 32 POSIX timers at most, has
# no libunwind, so that stacks are followed by frame pointers, and cannot be stopped and searched.

load common
load expect

OTHER=aarch64-linux-gnu
WITH=(posix_calls posix_places fd_life fd_drain heap_verdicts signal_threads host_threads
	05_one_shot_leaking)

setup_file() {
	[ "$(uname -m)" = x86_64 ] || skip "the other tests run on $(uname -m)"
	need $OTHER-gcc qemu-aarch64
	cd "$ROOT" || return 1
	local to=${BUILD#"$ROOT"/}/aarch64 # as the Makefile calls it
	env -u MAKEFLAGS -u MAKEOVERRIDES make -j2 B="$to" CC=$OTHER-gcc CXX=$OTHER-g++ \
		CFLAGS=-O2 CXXFLAGS='-O2 -g' LDFLAGS= WERROR=-Werror "$to/libtimerleak.so" \
		"${WITH[@]/#/$to/victims/}" >"$BATS_FILE_TMPDIR/make" 2>&1 ||
		{ tail -n 20 "$BATS_FILE_TMPDIR/make" && return 1; }
	ln -sf ../timerleak "$to/timerleak" # looked for beside the library; of this processor
}

setup() {
	common_setup
	VICTIMS=$BUILD/aarch64/victims
}

# emulated OPTIONS CMD...
emulated() {
	local options=$1
	shift
	split timeout 60 qemu-aarch64 -L /usr/$OTHER -E LD_PRELOAD="$BUILD/aarch64/libtimerleak.so" \
		-E TIMERLEAK_OPTIONS="$options" "$@"
}

# runjson CMD...: what verdict() calls
runjson() {
	json=$TEST_DIR/run.json
	gone "$TEST_DIR/run.tlk"
	emulated "trace=$TEST_DIR/run.tlk:symbolize=0" "$@"
	"$TIMERLEAK" report -o "json:$json" "$TEST_DIR/run.tlk" 2>>"$TEST_DIR/err"
}

@test "POSIX timers of each kind, with stack, function and line" {
	VICTIM=posix_calls
	for c in kind_null kind_signal kind_thread kind_thread_id kind_none; do
		verdict $c 1 0 "possible never_stopped 1"
	done
	json_is '.sites[0].stack[0] | [.function, .line]' \
		"[\"make\",$(line_of posix_calls.c MAKE)]"
}

@test "timerfds, their copies and how they are closed" {
	VICTIM=fd_life
	verdict closed 1 1
	verdict by_close_range 2 2
	verdict closed_twice 2 1 "possible never_stopped 1"
	verdict dup2_timerfd_onto_timerfd 2 1 "possible never_stopped 1"
	verdict copies_closed 1 1
	verdict copies_none_closed 1 0 "possible never_stopped 1"
}

@test "what takes an expiry and what does not" {
	VICTIM=fd_drain
	verdict serve_read 1 0 "held in_service 1"
	verdict serve_settime 1 0 "held in_service 1"
	verdict eagain 1 0 "possible never_stopped 1"
}

@test "handles in static and thread-local storage, and on a stack" {
	VICTIM=posix_places
	verdict bss 1 0 "held static_handle 1"
	verdict tls_of_living_thread 1 0 "held static_handle 1"
	verdict overwritten 2 0 "definite overwritten 1" "held static_handle 1"
	verdict overwritten_in_tls 2 0 "definite overwritten 1" "held static_handle 1"
	verdict stack_twice 2 0 "possible never_stopped 2"
}

@test "handles in blocks of the heap, with the call that freed" {
	VICTIM=heap_verdicts
	verdict handle_freed 1 0 "definite orphaned 1"
	freed_by drop heap_verdicts.c FREE
	verdict handle_freed_five 5 0 "definite orphaned 5"
	verdict handle_freed_deleted 1 1
	verdict moved_freed 1 0 "definite orphaned 1"
}

@test "1,608 threads with a timer each" {
	emulated heap=full "$VICTIMS/signal_threads" least_stacks
	status_is 0
	summary_is 8
}

@test "the report at the end and the gate, with lines" {
	emulated max_leaks=0:exitcode=7 "$VICTIMS/05_one_shot_leaking"
	status_is 7
	summary_is 5
	said '#0 sleep_by_timer .*05_one_shot_leaking\.c:'
	said '^==[0-9]+== +5 +0 +5 +5$'
}

@test "a host's handler for SIGCHLD does not hear of the report" {
	emulated '' "$VICTIMS/host_threads" child_handler
	status_is 0
	summary_is 1
	is stdout "$stdout" ""
}
