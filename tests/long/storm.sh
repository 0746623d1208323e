#!/bin/sh
# SPDX-License-Identifier: MIT
# The storms of storm.bats, longer and more often. BUILD is where the programs are.
set -eu

build=${BUILD:?}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# storm FILTER EXPECTED CMD...: exact counts by the launcher, within five minutes
storm()
{
	filter=$1 expected=$2
	shift 2
	timeout 300 "$build/timerleak" run -o "json:$dir/j" -- "$@" >"$dir/out" 2>"$dir/err" ||
		{ echo "$*: status $?"; cat "$dir/err"; exit 1; }
	got=$(jq -c "[.complete, $filter]" "$dir/j")
	[ "$got" = "[true,$expected]" ] || { echo "$*: expected $expected, got $got"; exit 1; }
	echo "ok: $*: $got"
}

counts='.summary.created, .summary.stopped, .gate.leaked, .summary.untracked'
for _ in 1 2 3; do
	storm "$counts" 160000,158400,1600,0 "$build/victims/storm_threads" 8 20000
done
storm "$counts" 200000,198000,2000,0 "$build/victims/storm_threads" 1000 200
for _ in 1 2 3 4 5 6 7 8 9 10; do
	storm .summary.live,.gate.leaked 3,3 "$build/victims/storm_signal" 2000
	made=$(sed 's/created //' "$dir/out")
	[ "$(jq .summary.created "$dir/j")" = "$made" ] || { echo "created is not $made"; exit 1; }
done
storm .summary.live 0 "$build/victims/storm_sigev_thread" 10000
for _ in 1 2 3; do
	storm .summary.live,.gate.leaked 0,0 "$build/victims/storm_fork" 500
done
storm .summary.live,.gate.leaked 0,0 "$build/victims/storm_fork" 500 8
storm "$counts" 1000,0,1000,0 "$build/victims/process_children" many_children
[ "$(jq '.processes | length' "$dir/j")" = 1001 ] || { echo "not 1,001 processes"; exit 1; }
storm .summary.live,.gate.leaked 0,0 "$build/victims/signal_storm" 20000
