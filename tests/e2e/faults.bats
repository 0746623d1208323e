#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154
# How many pages of ours a host must come into the kernel for, one at a time. Where that is dear, it
# is most of what the shim costs. Counts, not times: they vary by some for where the kernel puts
# things.

load common

setup() {
	common_setup
	[ -f "$BUILD/libtimerleak.so" ] || skip "nothing is built"
}

# faults MODE COMMAND...: of the command alone, MODE plain: without the shim
faults() {
	local mode=$1 count preload=$SHIM
	shift
	[ "$mode" != plain ] || preload=
	status=0
	count=$(COUNTED_PRELOAD=$preload TIMERLEAK_OPTIONS=heap=$mode:symbolize=0:verbosity=0 \
		"$VICTIMS/count_faults" "$@") || status=$?
	[ "$status" != 77 ] || skip "the kernel counts no page faults for us"
	[ "$status" = 0 ] || return 1
	echo "$count"
}

# at_most MORE MODE COMMAND...: than plain
at_most() {
	local more=$1 mode=$2 plain with
	shift 2
	plain=$(faults plain "$@")
	with=$(faults "$mode" "$@")
	echo "heap=$mode $*: $plain plain, $with with the shim"
	[ "$with" -le $((plain + more)) ]
}

counted() {
	status=0
	"$VICTIMS/count_faults" "$@" >out 2>&1 || status=$?
	[ "$status" != 77 ] || skip "the kernel counts no page faults for us"
	[ "$status" = 0 ] || skip "$* cannot be run here"
}

@test "a program that does nothing is not made to do much more" {
	counted /bin/true
	at_most 20 off /bin/true
	at_most 25 sampled /bin/true
	at_most 30 full /bin/true
}

@test "blocks of many stacks cost hardly a fault" {
	counted "$VICTIMS/touch_pages" blocks 50000
	at_most 50 off "$VICTIMS/touch_pages" blocks 50000
	at_most 80 sampled "$VICTIMS/touch_pages" blocks 50000
	at_most 90 full "$VICTIMS/touch_pages" blocks 50000
}

@test "thousands of timers cost hardly a fault" {
	counted "$VICTIMS/touch_pages" timers 5000
	at_most 100 off "$VICTIMS/touch_pages" timers 5000
	at_most 110 sampled "$VICTIMS/touch_pages" timers 5000
}

@test "a child of fork copies few pages of ours" {
	counted "$VICTIMS/touch_pages" forks 20
	at_most $((20 * 35 + 40)) off "$VICTIMS/touch_pages" forks 20
	at_most $((20 * 35 + 40)) sampled "$VICTIMS/touch_pages" forks 20
	at_most $((20 * 45 + 60)) full "$VICTIMS/touch_pages" forks 20
}

# Where the file system reads ahead, the first page of an empty file may bring megabytes along.
@test "of a trace no more is in memory than was written" {
	command -v fincore >/dev/null || skip "no fincore"
	TIMERLEAK_OPTIONS=heap=full:symbolize=0:trace=$TEST_DIR/t.tlk bare "$VICTIMS/01_select_timeout_leaking"
	cached=$(fincore -b -n -r -o RES t.tlk)
	written=$(($(stat -c %b t.tlk) * 512))
	echo "$cached bytes in memory, $written on disk"
	[ "$cached" -le $((written + 16384)) ]
}
