#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154
# What the hooks add to each call, counted, not timed: scripts/hook-costs.sh. Measured once for all.

load common

COSTS=$ROOT/scripts/hook-costs.sh

setup_file() {
	status=0
	"$COSTS" --measure >"$BATS_FILE_TMPDIR/now" || status=$?
	[ "$status" = 0 ] || [ "$status" = 77 ]
	[ "$status" = 0 ] || mv "$BATS_FILE_TMPDIR/now" "$BATS_FILE_TMPDIR/why"
}

setup() {
	common_setup
	[ ! -e "$BATS_FILE_TMPDIR/why" ] || skip "$(cat "$BATS_FILE_TMPDIR/why")"
	stored=$ROOT/tests/bench/hook-costs.txt
}

@test "no hook costs more instructions or system calls than is stored" {
	split "$COSTS" --check "$BATS_FILE_TMPDIR/now"
	echo "$stdout"
	grep '^#' <<<"$stdout" | sed 's/^/# /' >&3 || :
	[ "$status" = 0 ]
}

# changed ROW COLUMN FACTOR SUMMAND: the stored table, one number of it changed, against itself
changed() {
	awk -v row="$1" -v column="$2" -v factor="$3" -v summand="$4" \
		'$1 == row {$column = int($column * factor + summand)} {print}' "$stored" >changed
	split "$COSTS" --check "$PWD/changed"
}

@test "a dearer call, another system call, a hook that is not stored: each is told" {
	changed malloc_25 3 2.5 60
	[ "$status" = 1 ]
	has "$stdout" '^dearer: malloc_25, sampled: '
	changed timer_settime 5 1 1
	[ "$status" = 1 ]
	has "$stdout" '^dearer: timer_settime, syscalls: '
	sed 's/^read /reed /' "$stored" >changed
	split "$COSTS" --check "$PWD/changed"
	[ "$status" = 1 ]
	has "$stdout" '^new, .*: reed$'
	has "$stdout" '^gone, .*: read$'
}

@test "a tenth is allowed, and what is cheaper is no failure" {
	changed timer_none_stack 2 1.05 0
	[ "$status" = 0 ]
	changed timer_none_stack 2 0.5 0
	[ "$status" = 0 ]
}
