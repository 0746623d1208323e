#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# serial
# Exact counts under load; tests/long has more of it.

load common
load expect

@test "8 threads, 160,000 timers of both kinds, 1 in 100 leaked" {
	within 120 "$VICTIMS/storm_threads"
	status_is 0
	json_sane
	json_is '[.summary.created, .summary.stopped]' '[160000,158400]'
	json_is '[.gate.leaked, .summary.untracked]' '[1600,0]'
	json_is '[.sites[] | [.timer, .count]] | sort' '[["posix",800],["timerfd",800]]'
	json_is '[.sites[].threads_total]' '[8,8]'
	json_is '[.sites[].timeline | .live[-1] == 800 and (.high | max) >= 800]' '[true,true]'
}

@test "the same under bare preload" {
	bare "$VICTIMS/storm_threads"
	status_is 0
	said "SUMMARY: timerleak: 1600 timers leaked at 2 sites"
}

@test "a handler at 20 kHz sets, asks and reads while main allocates, makes and deletes" {
	for _ in 1 2; do
		within 30 "$VICTIMS/storm_signal" 1000
		status_is 0
		json_sane
		json_is .summary.created "${stdout#created }"
		json_is '[.summary.live, .gate.leaked]' '[3,3]'
	done
}

@test "8 threads and a handler: timers in blocks that are freed and moved" {
	within 60 "$VICTIMS/storm_ties" blocks 2000
	status_is 0
	json_sane
	json_is '[.summary.created, .gate.leaked]' "$stdout"
	json_is '[.summary.live, .summary.untracked]' '[160,0]'
	json_is '[.sites[] | [.kind, .class, .count]]' '[["definite","orphaned",160]]'
}

# What was stopped waits for its tie to go: not for long.
@test "100,000 timers whose handles lie in one block: their slots are used again" {
	TIMERLEAK_OPTIONS=symbolize=0 barejson "$VICTIMS/storm_ties" array 100000
	status_is 0
	json_sane
	json_is '[.summary.created, .summary.stopped]' '[100000,100000]'
	[ "$(stat -c %b "$TEST_DIR/bare.tlk")" -lt 512 ] # blocks of 512 bytes
}

@test "SIGEV_THREAD every 20 us with allocations" {
	TIMERLEAK_OPTIONS=heap=full split timeout 60 env LD_PRELOAD="$SHIM" \
		"$VICTIMS/storm_sigev_thread" 2000
	status_is 0
	[[ $stdout =~ ^callbacks\ [1-9] ]]
	summary_is 0
}

# What a thread closes while the kernel copies the process may be open in the child, and unknown.
@test "200 forks while threads make and delete" {
	within 120 "$VICTIMS/storm_fork" 200
	status_is 0
	is stdout "$stdout" "200 of 200 children well"
	json_sane
	json_is '[.gate.leaked, .summary.live, .summary.untracked]' '[0,0,0]'
	json_is '.processes | length' 201
}

# No handler runs in the parent then, and locks may be held by threads that the child has not.
@test "40 calls of _Fork while threads make and delete" {
	within 120 "$VICTIMS/storm_fork" 40 3 _Fork
	status_is 0
	is stdout "$stdout" "40 of 40 children well"
	json_sane
	json_is '[.gate.leaked, .summary.live]' '[0,0]'
	json_is '.processes | length' 41
}
