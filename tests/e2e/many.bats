#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The traces of many processes of one service are one report, in the memory of its sites.
load common
load expect

READER=$BATS_TEST_DIRNAME/pprof_reader.py

# shards N: traces of the program of five leaks
shards() {
	split env LD_PRELOAD="$SHIM" TIMERLEAK_OPTIONS=trace=one.tlk:heap=full \
		"$VICTIMS/01_select_timeout_leaking"
	mkdir -p shards
	python3 "$ROOT/tests/bench/shards.py" one.tlk shards "$1"
}

report() { split "$TIMERLEAK" report -o json:report.json -o a.pb.gz -o heap:heap.pb.gz "$@"; }

@test "forty traces are one report and one profile, whether kept or read one after the other" {
	shards 40
	report shards/{0..11}.tlk
	cp a.pb.gz dozen.pb.gz
	cp heap.pb.gz dozen.heap.pb.gz
	report shards/*.tlk
	status_is 0
	json=report.json
	json_sane
	json_is '.summary | [.created, .leaked, .sites]' '[200,200,1]'
	json_is '.sites[0] | [.count, .pids_total, .threads_total]' '[200,40,40]'
	json_is '.processes | length' 40
	is "samples of a service" "$(python3 "$READER" text a.pb.gz | grep -c '^sample: 5 0 5 0 5 ')" 40
	python3 "$READER" check a.pb.gz heap.pb.gz
	is "mappings" "$(python3 "$READER" text a.pb.gz | grep -c ^mapping)" \
		"$(python3 "$READER" text dozen.pb.gz | grep -c ^mapping)"
	# What one has is there forty times.
	is "allocated" "$(python3 "$READER" text heap.pb.gz | awk '/^sample/ {n += $2} END {print n / 40}')" \
		"$(python3 "$READER" text dozen.heap.pb.gz | awk '/^sample/ {n += $2} END {print n / 12}')"
	# The other commands see the same stacks.
	split "$TIMERLEAK" report --heap-profile -o pprof:again.pb.gz shards/*.tlk
	cmp heap.pb.gz again.pb.gz
}

@test "of many traces the bad ones are named, and no gate passes" {
	shards 20
	truncate -s 70000 shards/3.tlk
	head -c 100 shards/4.tlk >short && mv short shards/4.tlk
	echo nothing >shards/5.tlk
	mkfifo shards/6.pipe
	cat one.tlk >shards/6.pipe 3>&- &
	report --max-leaks=1000 shards/*
	status_is 2
	said 'shards/4.tlk: at byte 100: the trace is cut inside its header'
	said 'shards/5.tlk: at byte 0: not a timerleak trace'
	json=report.json
	json_is '[.complete, .gate.passed, .gate.reasons]' '[false,false,["incomplete"]]'
	json_is '.warnings | map(select(test("shards/3.tlk: at byte"))) | length' 1
	json_is '[(.processes | length), .summary.created >= 90]' '[19,true]'
	wait
}
