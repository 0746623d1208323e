#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Live timers over time. How long a step is depends on the machine, what there was at once does not.
load common
load expect

# levels N...: the first site had these numbers, one after the other
levels() {
	local want
	want=$(IFS=,; echo "$*")
	json_is "[.sites[0].timeline.live[]] as \$live | reduce \$live[] as \$n ([$want];
		if .[0] == \$n then .[1:] else . end)" '[]'
}

@test "what a program makes and stops is there, in its order" {
	within 20 "$VICTIMS/timeline" 30 20 25
	status_is 0
	levels 30 20 25
	json_is '.sites[0].timeline | [(.high | max), .live[-1]]' '[30,25]'
	json_is '.sites[0].timeline | [(.live | length) == (.high | length), (.live | length) <= 64,
		([.live, .high] | transpose | all(.[0] <= .[1]))]' '[true,true,true]'
	json_is '.sites[0].timeline.begin_ns / 1e9 - now | . < 0 and . > -100' true
}

@test "a killed program's series ends where it was" {
	bash -c 'echo $$ >pid; exec env LD_PRELOAD="$SHIM" TIMERLEAK_OPTIONS=trace=k.tlk \
		"$VICTIMS/timeline" 3 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7' 3>&- &
	json=k.json
	# Until it has seven; then it is killed, asleep.
	for ((i = 0; i < 100; i++)); do
		"$TIMERLEAK" report -o json:k.json k.tlk 2>/dev/null || true
		[ "$(jq '.sites[0].count' k.json 2>/dev/null)" = 7 ] && break
		sleep 0.1
	done
	json_is '.sites[0] | [.class, .timeline.live[-1]]' '["live",7]'
	kill -9 "$(cat pid)"
	wait
	"$TIMERLEAK" report -o json:k.json k.tlk 2>/dev/null
	json_is '.sites[0] | [.count, .timeline.live[-1], (.timeline.high | max)]' '[7,7,7]'
}

@test "processes are added up while they last" {
	within 20 "$VICTIMS/timeline" 5 fork 3 4
	status_is 0
	# The child's are made at the same place, so it is one site: 5, then 8 and 9 with the child's.
	levels 5 8 9
	json_is '[.sites[].count] | add' 9
	json_is '.sites[0].timeline.high | max' 5
}

@test "traces of format 1.1, without a series, are read as ever" {
	local golden=$BATS_TEST_DIRNAME/../golden
	(cd "$golden" && "$TIMERLEAK" report -o "text:$TEST_DIR/old.txt" \
		-o "json:$TEST_DIR/old.json" old/1/minor_1.tlk 2>/dev/null)
	diff -u "$golden/leaky.txt" old.txt
	diff -u <(jq 'del(.sites[].timeline)' "$golden/leaky.json") <(jq . old.json)
	jq_is old.json '.sites | map(has("timeline"))' '[false]'
}
