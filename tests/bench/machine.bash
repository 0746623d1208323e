# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2034
# On what the table was measured, and with which tools.

first_line() { head -n 1 2>/dev/null; }

versions()
{
	if [ -n "${heaptrack_so:=$(find_heaptrack)}" ]; then
		heaptrack --version 2>/dev/null | first_line
	fi
	! command -v valgrind >/dev/null || valgrind --version
}

describe_machine()
{
	local cpu libc
	cpu=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | first_line)
	libc=$(getconf GNU_LIBC_VERSION 2>/dev/null || ldd --version 2>&1 | first_line)
	note "$(nproc) x ${cpu:-$(uname -m)}, $(uname -sr), $libc, $(${CC:-cc} --version | first_line)"
	note "$(versions | paste -sd, | sed 's/,/, /g')"
	note "rounds: $rounds (few: $few); load: $(cut -d' ' -f1-3 /proc/loadavg)"
	note "A ratio is the CPU time (user + system, the whole process tree) over that of plain runs" \
		"right before and after; +N is the difference. Medians; the spread after them is half" \
		"the distance from the 10th to the 90th percentile. timerleak's start and its audit at" \
		"the end are inside; the report, by the analyzer, is not. - means: no such thing, or not here."
}
