# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2034
# The analyzer: seconds, and memory, which follows what traces share, their sites.

# record TRACE COMMAND...: how many the command made. The report nobody wants is the cheap one.
record()
{
	: >"$BENCH_OUT"
	timeout "$limit" env "LD_PRELOAD=$build/libtimerleak.so" \
		"TIMERLEAK_OPTIONS=trace=$1:symbolize=0:verbosity=0" "${@:2}" >/dev/null 2>&1
	awk '$1 == "count" {printf "%d\n", $2}' "$BENCH_OUT"
}

# report NAME GOAL OPTION... TRACE...
report()
{
	row=$1
	measure "$analyzer_rounds" "$build/timerleak" report "${@:3}" && show 'wall:s cpu:s peak:mib' "$2"
	return 0
}

# The limit on pending signals may allow fewer than asked for.
many_sites()
{
	local n=$1 made format
	wanted "report of $n sites" || return 0
	made=$(record "$work/sites.tlk" "$(program many_sites)" "$(count "$n")")
	[ -n "$made" ] || { show_head && emit R "$row" 'failed: no trace' && return; }
	for format in text json; do
		report "report of $made sites, $format" "$2" -o "$format:$work/report" "$work/sites.tlk"
	done
	rm -f "$work/sites.tlk" "$work/report"
}

many_traces()
{
	local traces
	wanted "report over $1 traces" || return 0
	record "$work/one.tlk" "$build/victims/01_select_timeout_leaking"
	mkdir -p "$work/traces"
	python3 "$bench/shards.py" "$work/one.tlk" "$work/traces" "$(count "$1")"
	mapfile -t traces < <(find "$work/traces" -name '*.tlk')
	report "report over ${#traces[@]} traces" "$2" -o "json:$work/out.json" -o "$work/out.pb.gz" \
		"${traces[@]}"
}

large_program()
{
	local binary size
	wanted 'symbols of a large program' || return 0
	binary=$(large_binary) || return 0
	size=$(($(stat -c %s "$binary") / 1048576))
	record "$work/large.tlk" "$binary"
	report "symbols of a program of $size MB" '' -o "text:$work/report" "$work/large.tlk"
}

rows_analyzer()
{
	section 'Analyzer'
	columns seconds 'CPU seconds' 'peak memory'
	tools=()
	analyzer_rounds=$few
	many_sites 1000
	many_sites 10000
	analyzer_rounds=1 many_sites 100000 2
	many_traces 1000 5
	large_program
}
