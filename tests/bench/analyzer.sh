#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What a report costs by its number of sites, for each format; and with a big program, of which
# every function has debug info, to be symbolized.
#   analyzer.sh [PROGRAM]    a big program that makes a timer when it is run without arguments
cd "$(dirname "$0")/../.." || exit 1
build=${BUILD:-$PWD/build}
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
${CC:-cc} -O2 -D_GNU_SOURCE -o "$work/peak" tests/bench/peak.c || exit 1

# one NAME FORMAT TRACE
one()
{
	local wall cpu peak
	read -r wall cpu peak < <("$work/peak" "$build/timerleak" report -o "$2:$work/out" "$3" \
		2>/dev/null)
	printf '%-34s %10s %10s %10s\n' "$1" "$wall" "$cpu" "$peak"
}

# many PROGRAM COUNT: a trace of so many sites of it
many()
{
	LD_PRELOAD=$build/libtimerleak.so TIMERLEAK_OPTIONS=trace=$work/one.tlk "$1" \
		>/dev/null 2>&1
	python3 tests/bench/sites.py "$work/one.tlk" "$1" "$work/many.tlk" "$2"
	rm -f "$work/one.tlk"
}

printf '%-34s %10s %10s %10s\n' 'report' seconds CPU 'peak KiB'
for count in ${SITES:-1000 10000 100000}; do
	many "$build/victims/01_select_timeout_leaking" "$count" || exit 1
	for format in text json pprof html folded sarif junit github gitlab heap; do
		one "$format, $count sites" "$format" "$work/many.tlk"
	done
done
if [ $# = 1 ]; then
	many "$1" 10000 || exit 1
	one "json, 10000 sites of ${1##*/}" json "$work/many.tlk"
fi
