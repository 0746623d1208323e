#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# timerleak diff: what leaks anew, more, less, no more; traces and reports alike.
load common
load expect

GOLDEN=$BATS_TEST_DIRNAME/../golden

diff_of() { split "$TIMERLEAK" diff "$@"; }

@test "stored inputs give the stored diff, which keeps its schema" {
	cd "$GOLDEN"
	diff_of -o "text:$TEST_DIR/d.txt" -o "json:$TEST_DIR/d.json" leaky.json heap.tlk
	status_is 0
	is stderr "$stderr" "$(tail -n 1 diff.txt)"
	diff -u diff.txt "$TEST_DIR/d.txt"
	diff -u diff.json "$TEST_DIR/d.json"
	python3 -c 'import jsonschema' 2>/dev/null || skip "no jsonschema for python3"
	python3 -W ignore -m jsonschema -i diff.json "$ROOT/analyzer/timerleak-diff-1.schema.json"
}

@test "new, grown, shrunk, gone; a trace and its report are the same" {
	jq '.sites[0].count = 7' "$GOLDEN/leaky.json" >seven.json
	local row
	while read -r base new more fewer changes; do
		diff_of -o d.json "$base" "$new"
		status_is 0
		json=d.json
		json_is '.summary | [.more, .fewer, .new, .grown, .shrunk, .gone, .same]' \
			"[$more,$fewer,$changes]"
	done <<-END
		$GOLDEN/leaky.tlk $GOLDEN/leaky.json 0 0 0,0,0,0,1
		$GOLDEN/leaky.json $GOLDEN/leaky.tlk 0 0 0,0,0,0,1
		$GOLDEN/empty.tlk $GOLDEN/leaky.tlk 12 0 1,0,0,0,0
		$GOLDEN/leaky.tlk $GOLDEN/empty.json 0 12 0,0,0,1,0
		seven.json $GOLDEN/leaky.tlk 5 0 0,1,0,0,0
		$GOLDEN/leaky.tlk seven.json 0 5 0,0,1,0,0
		$GOLDEN/heap.tlk $GOLDEN/heap.json 0 0 0,0,0,0,4
	END
	# Held ones count where they are asked for, rules hold for both sides.
	diff_of --leak-kinds=held -o d.json "$GOLDEN/empty.tlk" "$GOLDEN/heap.json"
	json_is '[.summary.more, .sites[0].kind]' '[2,"held"]'
	echo 'class:unreachable' >rules
	diff_of --suppressions=rules -o d.json "$GOLDEN/empty.tlk" "$GOLDEN/heap.json"
	json_is .summary.more 5
	diff_of --suppressions=rules -o e.json "$GOLDEN/empty.tlk" "$GOLDEN/heap.tlk"
	diff <(jq -S .sites d.json) <(jq -S .sites e.json)
}

@test "what a killed process leaves undecided is told: it is neither gone nor new" {
	# The same sites, and NEW was killed before anybody could tell.
	jq '.sites[].kind = "undecided" | .sites[].class = "live"' "$GOLDEN/leaky.json" >killed.json
	diff_of "$GOLDEN/leaky.json" killed.json
	status_is 0
	has "$stdout" '^note: 12 timers are undecided in NEW \(killed, or still running\): what is gone'
	diff_of -o d.json killed.json "$GOLDEN/leaky.json"
	has "$stderr" '^note: 12 timers are undecided in BASE .*: what is new may have been there'
	hasnt "$stderr" 'undecided in NEW'
	diff_of "$GOLDEN/killed.tlk" "$GOLDEN/leaky.json"
	has "$stdout" '^note: 1 timer is undecided in BASE'
	# What a rule takes is nobody's worry.
	echo class:live >rules
	diff_of --suppressions=rules "$GOLDEN/leaky.json" killed.json
	hasnt "$stdout" undecided
}

@test "gate and statuses" {
	diff_of --max-leaks=11 "$GOLDEN/empty.json" "$GOLDEN/leaky.json"
	status_is 23
	has "$stdout" '^gate failed: 12 more leaked, at most 11 allowed'
	has "$stdout" '^SUMMARY: timerleak diff: 12 more timers leaked at 1 site \(1 new\)$'
	diff_of --max-leaks=12 "$GOLDEN/empty.json" "$GOLDEN/leaky.json"
	status_is 0
	diff_of --max-leaks=0 --error-exitcode=7 "$GOLDEN/empty.json" "$GOLDEN/leaky.json"
	status_is 7
	diff_of --max-leaks=0 "$GOLDEN/leaky.json" "$GOLDEN/leaky.json"
	status_is 0
	# Incomplete data never passes.
	head -c 20000 "$GOLDEN/leaky.tlk" >cut.tlk
	diff_of --max-leaks=0 cut.tlk cut.tlk
	status_is 23
	has "$stdout" '^gate failed: the data is incomplete'
	printf '{"schema": "timerleak/1",\n "sites": [{]}' >bad.json
	diff_of bad.json missing.tlk
	status_is 2
	said '^timerleak diff: bad.json:2:[0-9]+: '
	said 'missing.tlk: cannot open'
	is stdout "$stdout" ""
	diff_of "$GOLDEN/leaky.json"
	status_is 2
	diff_of --max-undrained=0 "$GOLDEN/leaky.json" "$GOLDEN/leaky.json"
	status_is 2
	diff_of -o d.sarif "$GOLDEN/leaky.json" "$GOLDEN/leaky.json"
	status_is 2
	said 'diff knows no format sarif'
}

@test "pipes and stdin, traces and reports, are read once; devices and what has no end are not" {
	cp "$GOLDEN"/{leaky,empty}.{tlk,json} .
	diff_of <(cat empty.json) <(cat leaky.json)
	has "$stdout" '^SUMMARY: timerleak diff: 12 more'
	diff_of <(cat empty.tlk) <({ echo; echo; cat leaky.json; })
	has "$stdout" '^SUMMARY: timerleak diff: 12 more'
	local kind
	for kind in json tlk; do
		"$TIMERLEAK" diff empty.json - <"leaky.$kind" | grep 'diff: 12 more'
		# shellcheck disable=SC2002 # a pipe is meant
		cat "leaky.$kind" | "$TIMERLEAK" diff empty.json - | grep 'diff: 12 more'
	done
	diff_of /dev/zero leaky.tlk
	status_is 2
	said '/dev/zero: is a device'
	diff_of <(yes 2>&-) leaky.tlk
	status_is 2
	said 'not a timerleak trace'
	diff_of <(yes '' 2>&-) leaky.tlk
	status_is 2
	printf '{"schema": "other/1"}' | "$TIMERLEAK" diff - leaky.tlk 2>err2 || :
	has "$(cat err2)" "^timerleak diff: stdin: schema: 'other/1'"
}
