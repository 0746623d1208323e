# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2034
# malloc and free, as fast as they can be called, for a third of a second or so: the start has a row
# of its own.

# alloc_churn THREADS DEPTH GOAL
alloc_churn()
{
	local threads=$1 depth=$2
	wanted "alloc_churn, $threads threads, depth $depth" || return 0
	measure "$rounds" "$(program alloc_churn)" "$threads" \
		"$(count $((2400000 / threads)))" "$depth" || return 0
	show cpu:cpu "$3"
	remember_memory
}

rows_heap()
{
	section 'Heap: CPU time of the process' off sampled full heaptrack lsan jemalloc tcmalloc
	alloc_churn 1 10 '1.04 1.10 2.9'
	alloc_churn 1 25 '1.04 1.10 3.2'
	alloc_churn 1 60 '1.04 1.10 3.6'
	alloc_churn 2 25 '1.04 1.10 3.2'
	alloc_churn 4 25 '1.04 1.10 3.2'
	wanted 'alloc_live, 1,000,000 blocks' || return 0
	measure "$few" "$(program alloc_live)" "$(count 1000000)" || return 0
	show cpu:cpu
	remember_memory
}
