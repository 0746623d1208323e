#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Bad surroundings: a clear word, the program unharmed, the right status.

load common
load expect

# unharmed: what the program does, and its status, are as ever
unharmed() {
	status_is 0
	is stdout "$stdout" "left one"
}

leave() {
	bare "$VICTIMS/host_files" leave
}

@test "a trace directory that cannot be written" {
	export TIMERLEAK_OPTIONS=trace=/proc/none/x.tlk
	leave
	unharmed
	summary_is 1
	said '(not|cannot|could not) .*(save|written|write|create)|/proc/none'
}

# With no timer left; with one; and at the start and end of a program that inherits the descriptor.
@test "a directory of a file system that answers no more" {
	unshare -m true 2>/dev/null || skip "no mount namespace"
	mkdir dead
	local stopped=("$VICTIMS/host_fuse" "$PWD/dead")
	split timeout -k 1 20 unshare -m env LD_PRELOAD="$SHIM" "${stopped[@]}"
	[ "$status" != 77 ] || skip "$stderr"
	unharmed
	summary_is 1
	split timeout -k 1 20 unshare -m env LD_PRELOAD="$SHIM" "${stopped[@]}" "$VICTIMS/host_files" leave
	unharmed
	summary_is 1
	split timeout -k 1 20 unshare -m env LD_PRELOAD="$SHIM" "${stopped[@]}" /bin/true
	status_is 0
}

@test "a temporary directory of another user's is not used" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	unset XDG_RUNTIME_DIR
	mkdir -m 777 "$TMPDIR/timerleak-0"
	chown 12345 "$TMPDIR/timerleak-0"
	leave
	unharmed
	summary_is 1
	[ -z "$(ls -A "$TMPDIR/timerleak-0")" ]
}

@test "a symbolic link in place of the directory is not followed" {
	unset XDG_RUNTIME_DIR
	mkdir "$TEST_DIR/elsewhere"
	ln -s "$TEST_DIR/elsewhere" "$TMPDIR/timerleak-$(id -u)"
	leave
	unharmed
	summary_is 1
	[ -z "$(ls -A "$TEST_DIR/elsewhere")" ]
}

@test "standard error closed in an exit handler" {
	bare "$VICTIMS/host_files" stderr_closed_at_exit
	status_is 0
	summary_is 1
}

@test "a program that closes every descriptor" {
	for c in close_all_then_make make_then_close_all close_range_all; do
		bare "$VICTIMS/host_files" $c
		status_is 0
		summary_is 1
		runjson "$VICTIMS/host_files" $c
		status_is 0
		json_is '[.gate.leaked, .complete]' '[1,true]'
	done
	outcome hosts "every descriptor closed" bare "full report"
	outcome hosts "every descriptor closed" run "full report"
}

@test "standard error has become a data file: nothing is written into it" {
	export DATA_FILE=$TEST_DIR/data
	bare "$VICTIMS/host_files" stderr_is_data
	status_is 0
	is data "$(cat "$TEST_DIR/data")" data
	summary_is 1
	outcome hosts "stderr reused as a data file" bare "full report, where stderr had been"
	runjson "$VICTIMS/host_files" stderr_is_data
	status_is 0
	is data "$(cat "$TEST_DIR/data")" data
	json_is '[.complete, .gate.leaked]' '[true,1]'
	outcome hosts "stderr reused as a data file" run "full report"
}
