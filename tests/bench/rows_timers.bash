# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2034
# Timers: other tools record none, so that there is nothing to compare with.

timer_churn()
{
	wanted "timer_churn $1" || return 0
	measure "$rounds" "$(program timer_churn)" "$1" "$(count "$2")" && show each:ns "$3"
}

# The row says how many there were: limits may allow fewer.
timer_live()
{
	local what=$1
	wanted "timer_live $what $2" || return 0
	measure "$few" "$(program timer_live)" "$what" "$(count "$2")" || return 0
	for call in create settime delete; do
		row="timer_live $(said count) $what, $call"
		if [ $call = create ]; then show $call:ns "$3"; else show $call:ns 1.10; fi
	done
}

rows_timers()
{
	section 'Timers: CPU time of each' off sampled full
	timer_churn none 100000 1.25
	timer_churn signal 100000 1.25
	timer_churn timerfd 50000 1.18
	timer_churn timerfd-read 10000 1.02
	timer_live posix 10000 1.6
	timer_live posix 90000 1.2
	timer_live timerfd 15000 1.6
}
