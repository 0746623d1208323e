#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Stored traces give the stored reports, byte for byte, whatever build reads them.
# tests/golden/remake.sh remakes both.
load common

GOLDEN=$BATS_TEST_DIRNAME/../golden
READER=$BATS_TEST_DIRNAME/pprof_reader.py

each_case()
{
	local name traces
	while read -r name traces; do
		# shellcheck disable=SC2086 # several traces
		"$@" "$name" $traces || return 1
	done <"$GOLDEN/cases"
}

check_reports()
{
	local name=$1
	shift
	(cd "$GOLDEN" && "$TIMERLEAK" report -o "text:$TEST_DIR/out.txt" \
		-o "json:$TEST_DIR/out.json" -o "$TEST_DIR/out.folded" -o "$TEST_DIR/out.html" \
		-o "$TEST_DIR/out.pb.gz" -o "heap:$TEST_DIR/heap.pb.gz" "$@" 2>/dev/null) || return 1
	diff -u "$GOLDEN/$name.html" "$TEST_DIR/out.html" || return 1
	python3 "$BATS_TEST_DIRNAME/html_check.py" "$TEST_DIR/out.html" || return 1
	diff -u "$GOLDEN/$name.folded" "$TEST_DIR/out.folded" || return 1
	diff -u "$GOLDEN/$name.pprof" <(python3 "$READER" text "$TEST_DIR/out.pb.gz") || return 1
	diff -u "$GOLDEN/$name.txt" "$TEST_DIR/out.txt" || return 1
	diff -u "$GOLDEN/$name.json" "$TEST_DIR/out.json"
}

@test "stored traces give the stored reports" {
	each_case check_reports
	# The last case is the heap's.
	diff -u "$GOLDEN/heap_profile.pprof" <(python3 "$READER" text "$TEST_DIR/heap.pb.gz")
}

check_old_reports()
{
	local format=$1 name=$2 old=() trace
	shift 2
	for trace in "$@"; do
		old+=("old/$format/$trace")
	done
	# What was read; how other formats show that is seen above.
	(cd "$GOLDEN" && "$TIMERLEAK" report -o "text:$TEST_DIR/out.txt" \
		-o "json:$TEST_DIR/out.json" -o "heap:$TEST_DIR/heap.pb.gz" "${old[@]}" \
		2>/dev/null) || return 1
	diff -u "$GOLDEN/$name.txt" "$TEST_DIR/out.txt" || return 1
	diff -u "$GOLDEN/$name.json" "$TEST_DIR/out.json"
}

@test "traces of formats 1 and 2 give the same reports" {
	local format
	for format in 1 2; do
		each_case check_old_reports "$format"
		diff -u "$GOLDEN/heap_profile.pprof" \
			<(python3 "$READER" text "$TEST_DIR/heap.pb.gz")
	done
}

check_sums()
{
	local json=$GOLDEN/$1.json
	jq_is "$json" '.summary | .created == .stopped + .live' true || return 1
	jq_is "$json" '.summary | .live == .definite + .possible + .held + .undecided +
		.suppressed + .baselined' true || return 1
	jq_is "$json" '([.sites[].count] | add // 0) == .summary.live' true
}

@test "the numbers of the stored reports add up" { each_case check_sums; }

@test "the stored reports keep the schema" {
	local instances=() name
	python3 -c 'import jsonschema' 2>/dev/null || skip "no jsonschema for python3"
	while read -r name _; do
		instances+=(-i "$GOLDEN/$name.json")
	done <"$GOLDEN/cases"
	python3 -W ignore -m jsonschema "${instances[@]}" "$ROOT/analyzer/timerleak-1.schema.json"
	# It can fail.
	sed 's/"timerfd"/"alarm"/' "$GOLDEN/leaky.json" >bad.json
	run python3 -W ignore -m jsonschema -i bad.json "$ROOT/analyzer/timerleak-1.schema.json"
	[ "$status" != 0 ]
}

@test "the stored traces are what their generator makes" {
	need "${CC:-cc}"
	"${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -I"$ROOT" -I"$ROOT/tests/unit" \
		-o make "$GOLDEN/make_traces.c" "$ROOT/tests/unit/trace_maker.c"
	mkdir made
	./make made
	for trace in "$GOLDEN"/*.tlk; do
		cmp "$trace" "made/${trace##*/}"
	done
}
