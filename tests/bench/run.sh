#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What timerleak costs beside other tools: one table, of CPU time and memory as ratios and differences
# of runs that alternate in this one session; absolute times of a noisy machine mean nothing.
#   tests/bench/run.sh [PATTERN]    all rows, or those whose "section: row" matches the expression
# ROUNDS=5 runs of each tool; BENCH_FORMAT=markdown for a README; BENCH_SHRINK=N divides all counts, for
# a look whether it works; BENCH_LIMIT=60 seconds for one run.
# shellcheck disable=SC2034 # the parts use these
cd "$(dirname "$0")/../.." || exit 1
bench=$PWD/tests/bench
build=${BUILD:-$PWD/build}
pattern=${1-}
rounds=${ROUNDS:-5}
few=$(((rounds + 1) / 2)) # for what takes long
shrink=${BENCH_SHRINK:-1}
limit=${BENCH_LIMIT:-60}
work=$(mktemp -d "${TMPDIR:-/tmp}/tl-bench.XXXXXX") && trap 'rm -rf "$work"' EXIT
mkdir "$work/run"
# Traces nobody asked to keep, and what other tools write, belong to this run.
export TMPDIR=$work XDG_RUNTIME_DIR=$work/run BENCH_OUT=$work/out LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
unset LD_PRELOAD TIMERLEAK_OPTIONS MALLOC_CONF

sections=(timers descriptors heap other programs process memory traces analyzer)
for part in machine tools measure inputs large "${sections[@]/#/rows_}"; do
	# shellcheck source=/dev/null
	. "$bench/$part.bash"
done

table()
{
	local section
	describe_machine
	for section in "${sections[@]}"; do
		"rows_$section"
	done
}

table | awk -v format="${BENCH_FORMAT:-text}" -f "$bench/table.awk"
