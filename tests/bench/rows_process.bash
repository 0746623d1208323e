# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2034
# What the start and the end of a process cost that does nothing.

rows_process()
{
	section 'Start and end of a program without timers: microseconds more' off sampled full \
		heaptrack jemalloc tcmalloc
	wanted '/bin/true' || return 0
	measure "$((rounds * 20 / shrink + 1))" /bin/true || return 0
	row='/bin/true, wall time'
	show wall:us +1000
	row='/bin/true, CPU time'
	show cpu:us
}
