#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What timerleak costs, as ratios of runs that alternate in this one session: absolute times of a
# noisy machine mean nothing. Prints one table; see README.md.
cd "$(dirname "$0")/../.." || exit 1
build=${BUILD:-$PWD/build}
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
rounds=${ROUNDS:-15}

for program in spawn_cost timer_churn; do
	${CC:-cc} -O2 -fno-omit-frame-pointer -D_GNU_SOURCE -o "$work/$program" \
		"tests/bench/$program.c" || exit 1
done

median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
spread() { sort -n | awk '{v[NR] = $1} END {printf "%.0f-%.0f", v[1], v[NR]}'; }

churn()
{
	local kind=$1 count=$2 i
	: >"$work/plain" && : >"$work/shim"
	for ((i = 0; i < rounds; i++)); do
		"$work/timer_churn" "$kind" "$count" >>"$work/plain"
		LD_PRELOAD=$build/libtimerleak.so TIMERLEAK_OPTIONS=verbosity=0 \
			"$work/timer_churn" "$kind" "$count" >>"$work/shim" 2>/dev/null
	done
	printf '%-34s %10.0f %10.0f %8s  %s, %s\n' "timer_churn $kind, ns each" \
		"$(median <"$work/plain")" "$(median <"$work/shim")" \
		"$(paste <(median <"$work/plain") <(median <"$work/shim") |
			awk '{printf "%.2f", $2 / $1}')" \
		"$(spread <"$work/plain")" "$(spread <"$work/shim")"
}

printf '%-34s %10s %10s %8s  %s\n' workload plain timerleak ratio 'spread: plain, timerleak'
read -r wall0 wall1 cpu0 cpu1 _ < <("$work/spawn_cost" 300 "$build/libtimerleak.so" -- /bin/true)
printf '%-34s %10.0f %10.0f %+8.0f\n' 'true, wall us, difference' "$wall0" "$wall1" \
	"$((wall1 - wall0))"
printf '%-34s %10.0f %10.0f %+8.0f\n' 'true, CPU us, difference' "$cpu0" "$cpu1" "$((cpu1 - cpu0))"
churn none 100000
churn signal 100000
churn timerfd 50000
churn timerfd-read 10000
churn io 200000
BUILD=$build ROUNDS=$rounds tests/bench/heap.sh
BUILD=$build tests/bench/merge.sh
