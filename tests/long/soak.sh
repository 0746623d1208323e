#!/bin/sh
# SPDX-License-Identifier: MIT
# soak.sh [SECONDS], or SOAK_SECONDS; 1800 if neither is given. Rounds of mixed storms, two programs
# at a time, each under `run`: threads, signal handlers, forks, SIGEV_THREAD, timerfds, the heap off,
# sampled and in full, libraries that come and go, and seeds of the model (random_model.c) among
# them. Counts must be exact in each round, and nothing may be lost. BUILD is where the programs are;
# SOAK_SEED is the first seed.
set -eu

build=${BUILD:?}
victims=$build/victims
limit=${1:-${SOAK_SECONDS:-1800}}
seed=${SOAK_SEED:-1000}
heap=off
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# What is lost, and whether the sums hold, as jq sees a report.
exact='[.complete, .summary.lost_records, .summary.lost_stacks,
	.summary.created - .summary.stopped - .summary.live,
	.summary.live - ([.sites[].count] | add // 0)] == [true, 0, 0, 0, 0]'

# storm WHERE FILTER EXPECTED CMD...: what jq finds; "stdout" is what the program itself said
storm()
{
	at=$dir/$1 filter=$2 expected=$3
	shift 3
	timeout 600 "$build/timerleak" run --heap=$heap -o "json:$at.json" -- "$@" \
		>"$at.out" 2>"$at.err" || {
		echo "$* (heap=$heap): status $?"
		tail -n 40 "$at.err"
		return 1
	}
	[ "$expected" != stdout ] || expected=$(cat "$at.out")
	got=$(jq -rc "if $exact then $filter else \"lost: \" + (.summary | tojson) end" "$at.json")
	[ "$got" = "$expected" ] || {
		echo "$* (heap=$heap): expected $expected, got $got"
		return 1
	}
	jq -r '"\(.processes | length) \(.summary.created)"' "$at.json" >>"$at.tally"
}

models()
{
	for n in 1 2 3; do
		storm model '{created: .summary.created, live: .summary.live,
			untracked: .summary.untracked}' stdout \
			"$victims/random_model" $((seed + n)) 10000 || return 1
	done
}

storms()
{
	live='.summary.live, .summary.untracked'
	storm storm "[.summary.created, .gate.leaked, .summary.untracked]" '[80000,800,0]' \
		"$victims/storm_threads" 8 10000 &&
		storm storm '"created \(.summary.created)"' stdout "$victims/storm_signal" 1000 &&
		storm storm "[$live]" '[0,0]' "$victims/storm_fork" 100 &&
		storm storm "[$live]" '[0,0]' "$victims/storm_sigev_thread" 1000 &&
		storm storm "[.summary.created, $live]" '[2,0,0]' "$victims/heap_storm" forks 2 &&
		storm storm "[.summary.created, $live]" '[0,0,0]' "$victims/heap_storm" loads 200
}

start=$(date +%s) rounds=0
: >"$dir/model.tally"
: >"$dir/storm.tally"
while [ $(($(date +%s) - start)) -lt "$limit" ]; do
	models >"$dir/said" &
	storms || { wait; cat "$dir/said"; exit 1; }
	wait $! || { cat "$dir/said"; exit 1; }
	rounds=$((rounds + 1)) seed=$((seed + 3))
	case $heap in off) heap=sampled ;; sampled) heap=full ;; *) heap=off ;; esac
done
awk -v rounds=$rounds -v seconds=$(($(date +%s) - start)) '{p += $1; t += $2} END {
	printf "ok: %d rounds in %d s, %d runs, %d processes, %d timers, %d seeds of 10000 steps; " \
		"nothing lost\n", rounds, seconds, NR, p, t, 3 * rounds}' \
	"$dir/model.tally" "$dir/storm.tally"
