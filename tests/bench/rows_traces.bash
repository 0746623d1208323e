# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2034
# What is written, as the file system counts it: a trace has holes. One run each.

stored() { [ -e "$1" ] && echo "$(($(stat -c '%b * %B' "$1") / 1024)) KiB"; }

# trace_of MODE COMMAND...: the size of its trace
trace_of()
{
	local dressed=()
	rm -f "$work/size.tlk"
	shim "$1" "trace=$work/size.tlk" "${@:2}"
	if timeout "$limit" env "${dressed[@]}" >/dev/null 2>&1; then
		stored "$work/size.tlk" || echo none # nothing to record, no trace
	else
		echo failed
	fi
}

# Compressed, at the end of a pipeline
heaptrack_of()
{
	command -v heaptrack >/dev/null || { echo - && return; }
	rm -f "$work"/size.heaptrack*
	timeout "$limit" heaptrack -o "$work/size.heaptrack" "$@" >/dev/null 2>&1 &&
		stored "$(find "$work" -name 'size.heaptrack*')" || echo failed
}

# traced NAME GOAL WITH_HEAPTRACK WORKLOAD ARGUMENT...
traced()
{
	local fields=() mode command=()
	wanted "$1" || return 0
	command=("$(program "$4")" "${@:5}")
	for mode in off sampled full; do
		fields+=("$(trace_of $mode "${command[@]}")")
	done
	if [ "$3" = yes ]; then fields+=("$(heaptrack_of "${command[@]}")"); else fields+=(-); fi
	show_head
	emit R "$1" "${fields[@]}" "$2"
}

rows_traces()
{
	section 'Traces on disk'
	columns heap=off sampled full heaptrack
	traced 'alloc_churn, 1,000,000 calls' '100 KiB' yes alloc_churn 1 "$(count 1000000)" 25
	traced 'alloc_churn, 10,000,000 calls' '100 KiB' no alloc_churn 1 "$(count 10000000)" 25
	traced 'alloc_live, 1,000,000 blocks' '' no alloc_live "$(count 1000000)"
	traced 'timer_churn, 100,000 timers' '' no timer_churn signal "$(count 100000)"
}
