# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2034
# Tools that are slow by nature, or go by another way: a row each, over fewer calls.

other_tools=(full heaptrack heaptrack-all lsan asan memcheck massif jemalloc-alone jemalloc-exact
	tcmalloc-alone gperftools)

# others WORKLOAD ARGUMENT...: a row for each
others()
{
	local tool
	for tool in "${other_tools[@]}"; do
		wanted "$1, $(title_of "$tool")" || continue
		tools=("$tool")
		measure "$few" "$(program "$1")" "${@:2}" && show 'cpu:cpu peak:mib'
	done
}

rows_other()
{
	section 'Other tools, of one thread at depth 25: CPU time and peak memory'
	columns 'plain CPU' ratio 'plain memory' 'MiB more'
	others alloc_churn 1 "$(count 100000)" 25
}
