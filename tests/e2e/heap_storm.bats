#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# long
# serial
# shellcheck disable=SC2154
# Allocation under load: forks, signal handlers, libraries that come and go, many threads.

load common
load expect

@test "8 threads hand blocks on, a handler runs at 1 kHz, and main forks" {
	within 60 "$VICTIMS/heap_storm" forks 3
	status_is 0
	is stdout "$stdout" "all children well, ticks seen"
	json_sane
	json_is '[.summary.created, .summary.stopped]' '[2,2]'
}

@test "the same with every block recorded" {
	within 60 --heap=full "$VICTIMS/heap_storm" forks 3
	status_is 0
	is stdout "$stdout" "all children well, ticks seen"
	json_sane
	json_is '[.summary.created, .summary.stopped]' '[2,2]'
}

@test "a library that allocates is loaded and unloaded" {
	for o in heap=sampled:sample=65536 heap=full; do
		export TIMERLEAK_OPTIONS=$o
		same_as_plain timeout 60 "$VICTIMS/heap_storm" loads 500
	done
}

@test "20,000 threads come and go: the process does not grow" {
	bare timeout 120 "$VICTIMS/heap_storm" threads 20000
	status_is 0
	[[ $stdout =~ ^grown\ by\ (-?[0-9]+)\ KiB$ ]]
	[ "${BASH_REMATCH[1]}" -lt 4096 ]
}
