#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Hosts that are short of something: memory, descriptors, disk, a place for files, an environment.

load common
load expect
load survive

HOST=$VICTIMS/survive_host

# limited ULIMIT... -- CMD...: with it in force, through pipes, which no file size limits
limited() {
	local limit=()
	while [ "$1" != -- ]; do limit+=("$1") && shift; done
	shift
	# shellcheck disable=SC2016 # for the inner shell
	split bash -c 'ulimit '"${limit[*]}"' && { "$@" 2>&3 | cat; } 3>&1 >&4 | cat >&2
		exit ${PIPESTATUS[0]}' - "$@" 4>"$TEST_DIR/pipe.out"
}

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

@test "RLIMIT_NOFILE of 16, and all of them in use at the end" {
	for c in plain descriptors_used_up; do
		six_bare bash -c 'ulimit -n 16; exec "$@"' - "$HOST" $c
		full_report
		six_run -- bash -c 'ulimit -n 16; exec "$@"' - "$HOST" $c
	done
	warned 'no descriptor is free'
	host "RLIMIT_NOFILE 16" "full report" "full report"
}

@test "RLIMIT_FSIZE of 0" {
	local small='ulimit -f 0; "$@" 2>&1 | cat; exit ${PIPESTATUS[0]}'
	split bash -c "$small" - env LD_PRELOAD="$SHIM" "$HOST" plain
	status_is 0
	has "$stdout" "^$SIX\$"
	has "$stdout" '^SUMMARY: timerleak: 4 timers leaked at 4 sites$'
	has "$stdout" 'trace (was )?not saved'
	split bash -c "$small" - "$TIMERLEAK" run "$HOST" plain
	status_is 3
	has "$stdout" "^$SIX\$"
	has "$stdout" 'no trace appeared'
	host "RLIMIT_FSIZE 0" "full report, trace not saved (said)" "no trace appeared, status 3"
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
	within $LIMIT "$HOST" plain
	cat err; cat "$json" || true
	false
}

@test "a disk that gets full meanwhile" {
	tmpfs size=256k
	bare "$VICTIMS/storm_threads" 4 20000
	status_is 0
	is stdout "$stdout" "created 80000 leaked 800"
	cat err
	within $LIMIT "$VICTIMS/storm_threads" 4 20000
	cat err; jq -c '.complete,.summary,.warnings' "$json" || true
	false
}

@test "no place to write to: read-only, missing" {
	tmpfs size=64k,ro
	six_bare "$HOST" plain
	full_report
	within $LIMIT "$HOST" plain
	cat err; cat out
	echo "status $status"
	unset XDG_RUNTIME_DIR
	TMPDIR=/nonexistent six_bare "$HOST" plain
	cat err; cat out
	TMPDIR=/nonexistent within $LIMIT "$HOST" plain
	cat err; cat out
	unshare -m sh -c 'mount -t tmpfs -o ro none /tmp && TMPDIR=/nonexistent exec "$@"' - env LD_PRELOAD="$SHIM" "$HOST" plain
	unshare -m sh -c 'mount -t tmpfs -o ro none /tmp && TMPDIR=/nonexistent exec "$@"' - $TIMERLEAK run "$HOST" plain
	false
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
	six_bare sh -c '"$@" 2>&-' - "$HOST" plain
	cat err
	ls -R "$XDG_RUNTIME_DIR"
	six_run -- sh -c 'exec "$@" 2>&-' - "$HOST" plain
	json=$TEST_DIR/run.json
	split sh -c '"$@" 2>&-' - "$TIMERLEAK" run -o "json:$json" "$HOST" plain
	unharmed
	counted
	false
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
