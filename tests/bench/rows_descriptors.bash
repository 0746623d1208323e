# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2034
# Calls on descriptors that are no timers, which the library sees too.

rows_descriptors()
{
	local call
	section 'Other descriptors: CPU time of each call, nanoseconds more' off sampled full
	wanted io_churn || return 0
	measure "$rounds" "$(program io_churn)" "$(count 100000)" || return 0
	for call in read write fcntl epoll_ctl poll dup+close; do
		row="io_churn $call"
		show $call:call +3
	done
	row='io_churn, one of each: ratio'
	show total:ns 1.02
}
