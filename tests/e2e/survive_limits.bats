#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Hosts that are short of something: memory, descriptors, disk, a place for files, an environment.

load common
load expect
load survive

HOST=$VICTIMS/survive_host

@test "RLIMIT_AS of 512 MiB" {
	for heap in sampled full; do
		TIMERLEAK_OPTIONS=heap=$heap split bash -c 'ulimit -v 524288; exec "$@"' - \
			timeout $LIMIT env LD_PRELOAD="$SHIM" "$HOST" plain
		unharmed
		full_report
		six_run --heap=$heap -- bash -c 'ulimit -v 524288; exec "$@"' - "$HOST" plain
	done
	host "RLIMIT_AS 512 MiB" "full report" "full report"
}

@test "no memory for a trace: no gate passes" {
	for c in no_memory no_memory_at_first; do
		split timeout $LIMIT env LD_PRELOAD="$SHIM" \
			TIMERLEAK_OPTIONS=heap=off:max_leaks=99 "$HOST" $c
		status_is 23
		is stdout "$stdout" "$SIX"
		case $c in
		no_memory) said '^==[0-9]+== records were lost: the numbers are too low$' ;;
		*) said '^==[0-9]+== note: 3 records lost' ;;
		esac
	done
}

@test "RLIMIT_NOFILE of 16, and all of them in use at the end" {
	for c in plain descriptors_used_up; do
		six_bare bash -c 'ulimit -n 16; exec "$@"' - "$HOST" $c
		full_report
		six_run -- bash -c 'ulimit -n 16; exec "$@"' - "$HOST" $c
	done
	warned 'no descriptor is free'
	host "RLIMIT_NOFILE 16" "full report" "full report"
}

# What it prints goes through a pipe, which has no size.
@test "RLIMIT_FSIZE of 0" {
	# shellcheck disable=SC2016 # for the inner shell
	local small='(ulimit -f 0; exec "$@") 2>&1 | cat; exit ${PIPESTATUS[0]}'
	split bash -c "$small" - env LD_PRELOAD="$SHIM" "$HOST" plain
	status_is 0
	has "$stdout" "^$SIX\$"
	has "$stdout" '^SUMMARY: timerleak: 4 timers leaked at 4 sites$'
	has "$stdout" 'note: trace not saved'
	split bash -c "$small" - "$TIMERLEAK" run "$HOST" plain
	status_is 3
	has "$stdout" "^$SIX\$"
	has "$stdout" 'no trace appeared: .* could not write'
	host "RLIMIT_FSIZE 0" "full report, trace not saved (said)" "runs; no trace appeared, status 3"
}

# tmpfs SIZE: a small disk, and the places for files on it
tmpfs() {
	disk=$TEST_DIR/disk
	mkdir -p "$disk"
	mount -t tmpfs -o "$1" none "$disk" 2>/dev/null || skip "mount is not permitted"
	XDG_RUNTIME_DIR=$disk TMPDIR=$disk
}

teardown() {
	[ ! -e "${disk-}" ] || umount "$disk"
	common_teardown
}

@test "a disk that is full from the start" {
	tmpfs size=64k
	head -c 65536 /dev/zero >"$disk/filler" 2>/dev/null || true
	six_bare "$HOST" plain
	full_report
	said 'note: trace not saved'
	within $LIMIT "$HOST" plain
	status_is 3
	is stdout "$stdout" "$SIX"
	said 'no trace appeared: .* could not write'
	host "full disk" "full report, trace not saved (said)" "runs; no trace appeared, status 3"
}

# lossy: ten thousand timers, some of them recorded, the others counted
lossy() {
	json_is '[.complete, .summary.created < 9000, .gate.passed, .gate.reasons]' \
		'[false,true,false,["incomplete"]]'
	json_is '.summary | .created + .lost_records' 10000
}

@test "a disk that gets full meanwhile: what did not fit is counted" {
	tmpfs size=128k
	split timeout $LIMIT env LD_PRELOAD="$SHIM" TIMERLEAK_OPTIONS=max_leaks=99999 \
		"$VICTIMS/heap_many"
	status_is 23
	is stdout "$stdout" ""
	said '^==[0-9]+== note: [0-9]+ records lost: the trace was full$'
	within $LIMIT --max-leaks=99999 "$VICTIMS/heap_many"
	status_is 23
	lossy
	host "disk full mid-run" "report, lost records counted" "report, lost records counted"
}

# The trace has room, and holes in it for which there is none any more: they read as zeros.
@test "a disk that gets full meanwhile: a hole in the trace" {
	tmpfs size=256k
	split timeout $LIMIT env LD_PRELOAD="$SHIM" "$HOST" disk_filled
	unharmed
	full_report
	not_said 'incomplete|cut'
	within $LIMIT "$HOST" disk_filled
	unharmed
	counted
}

# nowhere CMD...: with a /tmp that takes nothing
nowhere() {
	split unshare -m sh -c 'mount -t tmpfs -o ro none /tmp && exec "$@"' - timeout $LIMIT "$@"
}

@test "a place that takes no files, and none at all" {
	tmpfs size=64k,ro
	six_bare "$HOST" plain
	full_report
	six_run "$HOST" plain
	host "TMPDIR read-only" "full report" "full report"
	case $BUILD in /tmp/*) skip "what is tested lies below /tmp" ;; esac
	unshare -m true 2>/dev/null || skip "no mount namespace"
	unset XDG_RUNTIME_DIR
	export TMPDIR=/nonexistent
	nowhere env LD_PRELOAD="$SHIM" "$HOST" plain
	unharmed
	full_report
	said 'note: trace not saved to a file: no directory could be written to'
	nowhere "$TIMERLEAK" run "$HOST" plain
	status_is 3
	is stdout "$stdout" ""
	said 'no directory for traces: Read-only file system'
	host "no place for files" "full report, trace not saved (said)" "refused, status 3"
}

@test "the working directory deleted" {
	six_bare "$HOST" directory_deleted
	full_report
	six_run "$HOST" directory_deleted
	mkdir none
	cd none
	rmdir "$PWD"
	split env LD_PRELOAD="$SHIM" "$HOST" plain
	unharmed
	full_report
	within $LIMIT "$HOST" plain
	unharmed
	counted
	cd "$TEST_DIR"
	host "cwd deleted" "full report" "full report"
}

@test "standard error closed" {
	split sh -c 'exec "$@" 2>&-' - timeout $LIMIT env LD_PRELOAD="$SHIM" "$HOST" plain
	unharmed
	cat "$XDG_RUNTIME_DIR"/timerleak-*/*.txt >>"$TEST_DIR/err"
	full_report
	json=$TEST_DIR/run.json
	split sh -c 'exec "$@" 2>&-' - timeout $LIMIT "$TIMERLEAK" run -o "json:$json" "$HOST" plain
	unharmed
	counted
	host "stderr closed" "full report, in a file beside the trace" "full report in the files asked for"
}

@test "the environment cleared, in the program and for its children" {
	six_bare "$HOST" environment_cleared
	full_report
	six_run "$HOST" environment_cleared
	host "clearenv" "full report" "full report"
	six_bare "$HOST" child_without_environment
	full_report
	six_run "$HOST" child_without_environment
	warned '^1 child process went on as a program that made no trace'
	host "children with env -i" "full report of the parent" \
		"full report of the parent, the children said to be unknown"
}
