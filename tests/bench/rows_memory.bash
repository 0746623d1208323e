# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2034
# Peak memory of the runs above whose CPU time is shown there.

rows_memory()
{
	local i
	section 'Memory: MiB more at the peak' off sampled full heaptrack lsan jemalloc tcmalloc
	for ((i = 0; i < ${#memory_rows[@]}; i++)); do
		row=${memory_rows[i]}
		measured_all=$work/memory.$i
		show peak:mib memory
	done
}
