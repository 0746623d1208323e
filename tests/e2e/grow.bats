#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# How the trace grows: written where nobody can see the descriptor for it, touched elsewhere.
load common
load expect

HOST=$VICTIMS/grow_trace

# grown HOW: all of the timers are in the trace, and how often it was opened once more is $opens.
grown() {
	strace -o /dev/null true 2>/dev/null || skip "strace may not trace here"
	json=$TEST_DIR/grown.json
	split env TIMERLEAK_OPTIONS="trace=$TEST_DIR/$1.tlk:symbolize=0:verbosity=0" \
		strace -f -e trace=openat -o calls -E LD_PRELOAD="$SHIM" "$HOST" "$1"
	status_is 0
	"$TIMERLEAK" report -o "json:$json" "$TEST_DIR/$1.tlk"
	json_is '.summary | [.created, .lost_records]' '[3001,0]'
	opens=$(grep -c "\.tlk\", O_WRONLY" calls) || true
	# No more than 256 bytes for each, and as many again ahead: blocks are of 512.
	[ "$(stat -c %b "$TEST_DIR/$1.tlk")" -lt 4096 ]
}

@test "a process of one thread writes what it needs more of" {
	grown alone
	[ "$opens" -gt 3 ]
	[ "$opens" -lt 40 ]
}

@test "a process of more opens nothing that they would see" {
	grown thread
	is opens "$opens" 0
}

@test "of a thread that libc knows nothing of it is the same" {
	grown clone
	is opens "$opens" 0
}

@test "of one that was there before the preload was initialised, too" {
	grown early
	is opens "$opens" 0
}

# One byte beyond the limit would be SIGXFSZ.
@test "no file is written to beyond a limit that was set meanwhile" {
	grown limited
	is opens "$opens" 0
}

@test "nothing is written to a file that has taken the name of the trace" {
	split env TIMERLEAK_OPTIONS="symbolize=0:verbosity=0" LD_PRELOAD="$SHIM" \
		"$HOST" replaced "$XDG_RUNTIME_DIR/timerleak-$(id -u)"
	status_is 0
	json=$TEST_DIR/replaced.json
	"$TIMERLEAK" report -o "json:$json" "$XDG_RUNTIME_DIR"/timerleak-*/*.away
	json_is '.summary | [.created, .lost_records]' '[3001,0]'
}

# Where they are not the kernel makes the pages of each in five parts.
@test "chunks lie where the pages of one can be made together" {
	split env TIMERLEAK_OPTIONS="trace=$TEST_DIR/t.tlk:symbolize=0:verbosity=0" LD_PRELOAD="$SHIM" \
		"$HOST" alone
	status_is 0
	is "first chunk" "$(od -An -tu4 -j12 -N4 t.tlk | tr -d ' ')" 65536
	"$TIMERLEAK" report -o json:t.json t.tlk
	jq_is t.json .summary.created 3001
}

# It is most of what creating many costs where the first touch of a page is dear.
@test "making and arming a timer touches one part of a fresh slot" {
	[ "$(getconf PAGESIZE)" = 4096 ] || skip "a page of the system is more than one part"
	runjson "$VICTIMS/fresh_slots"
	status_is 0
	is stdout "$stdout" "32 timers there"
	json_is '.summary | [.created, .live]' '[102,102]'
}
