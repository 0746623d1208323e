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

@test "RLIMIT_FSIZE 0" {
	(
		ulimit -f 0
		env LD_PRELOAD="$SHIM" "$VICTIMS/host_files" leave 2>&1
		echo "status $?"
	) | cat >"$TEST_DIR/err"
	said '^left one'
	said '^status 0'
	summary_is 1
}

@test "a full disk" {
	mkdir "$TEST_DIR/small"
	mount -t tmpfs -o size=64k tmpfs "$TEST_DIR/small" 2>/dev/null || skip "mount is not permitted"
	head -c 65536 /dev/zero >"$TEST_DIR/small/filler" || true
	XDG_RUNTIME_DIR=$TEST_DIR/small TMPDIR=$TEST_DIR/small
	leave
	umount "$TEST_DIR/small"
	unharmed
	summary_is 1
}

@test "a disk that gets full meanwhile" {
	mkdir "$TEST_DIR/small"
	mount -t tmpfs -o size=256k tmpfs "$TEST_DIR/small" 2>/dev/null ||
		skip "mount is not permitted"
	export TIMERLEAK_OPTIONS=trace=$TEST_DIR/small/t.tlk
	bare "$VICTIMS/storm_threads" 4 20000
	umount "$TEST_DIR/small"
	status_is 0
	is stdout "$stdout" "created 80000 leaked 800"
}

@test "standard error closed from the start" {
	status=0
	stdout=$(env LD_PRELOAD="$SHIM" "$VICTIMS/host_files" leave 2>&-) || status=$?
	unharmed
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
}

@test "standard error has become a data file: nothing is written into it" {
	export DATA_FILE=$TEST_DIR/data
	bare "$VICTIMS/host_files" stderr_is_data
	status_is 0
	is data "$(cat "$TEST_DIR/data")" data
	summary_is 1 || [ -n "$(find "$XDG_RUNTIME_DIR" "$TMPDIR" -type f)" ]
}

# The analyzer lies outside: addresses and the command for the full report.
@test "chroot: the trace is open, a short report comes" {
	bare "$VICTIMS/host_files" chrooted
	[ "$status" -ne 77 ] || skip "chroot is not permitted"
	status_is 0
	said 'SUMMARY: timerleak: 1 timer'
	runjson "$VICTIMS/host_files" chrooted
	status_is 0
	json_is '[.gate.leaked, .complete]' '[1,true]'
}

@test "a program that shuts itself in with seccomp" {
	bare "$VICTIMS/host_seccomp"
	[ "$status" -ne 77 ] || skip "no seccomp filter may be set"
	status_is 0
	is stdout "$stdout" "shut in"
	runjson "$VICTIMS/host_seccomp"
	status_is 0
	json_is '[.summary.created, .gate.leaked]' '[2,2]'
}
