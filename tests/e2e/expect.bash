# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# What tests expect, on top of common.bash: each function fails the test and says what it saw.

# json_is FILTER EXPECTED: both in jq's compact form
json_is() {
	local got
	got=$(jq -c "$1" "$json") || return 1
	[ "$got" = "$2" ] && return
	printf '%s\n expected %s\n got      %s\n' "$1" "$2" "$got"
	jq -c '.summary, (.sites[] | del(.stack)), .hazards' "$json"
	return 1
}

# jq costs more than most of what is asked here, so a verdict asks once, by these.
SANE='([.complete, .summary.lost_records, .summary.lost_stacks] + (.summary |
	[.created - .stopped - .live, .live - .definite - .possible - .held - .undecided
	- .suppressed - .baselined]) + [.summary.live - ([.sites[].count] | add // 0)])'
VERDICTS='[.sites | group_by(.kind + " " + .class)[]
	| "\(.[0].kind) \(.[0].class) \(map(.count) | add)"]'

# json_sane: nothing lost, and the sums of the contract hold
json_sane() {
	json_is "$SANE" '[true,0,0,0,0,0]'
}

# status_is N
status_is() {
	[ "$status" -eq "$1" ] && return
	echo "status $status, expected $1"
	[ ! -e "$TEST_DIR/err" ] || cat "$TEST_DIR/err"
	return 1
}

# said PATTERN: an extended regular expression that a line of stderr matches
said() {
	grep -Eq -- "$1" "$TEST_DIR/err" && return
	printf 'not said: %s\n' "$1"
	cat "$TEST_DIR/err"
	return 1
}

not_said() {
	! grep -E -- "$1" "$TEST_DIR/err"
}

# summary_is N: the line for grep, by the bare route
summary_is() {
	case $1 in
	0) said "SUMMARY: timerleak: 0 timers leaked" ;;
	1) said "SUMMARY: timerleak: 1 timer leaked at 1 site" ;;
	*) said "SUMMARY: timerleak: $1 timers leaked at" ;;
	esac
}

# same_as_plain CMD...: under the preload the same output and the same status as without
same_as_plain() {
	local want rc=0
	want=$("$@" 2>/dev/null) || rc=$?
	bare "$@"
	status_is "$rc"
	diff <(printf '%s\n' "$want") <(printf '%s\n' "$(cat "$TEST_DIR/out")")
}

# line_of FILE MARK: the line with the comment MARK in it
line_of() {
	grep -n "/\* $2 \*/" "$BATS_TEST_DIRNAME/../victims/$1" | cut -d: -f1
}

# within SECONDS [OPTION...] CMD...: runjson, with an end. Inside, timeout would add a timer.
within() {
	local seconds=$1
	shift
	json=$TEST_DIR/run.json
	gone "$json"
	split timeout "$seconds" "$TIMERLEAK" run -o "json:$json" "$@"
}

# strings TEXT...: as a JSON array
strings() {
	local all
	all=$(printf ',"%s"' "$@")
	[ $# -gt 0 ] || all=
	printf '[%s]' "${all#,}"
}

# verdicts ["KIND CLASS COUNT"]...: of all entries, sorted; a site a call, so counts are added up
verdicts() {
	json_is "$VERDICTS" "$(strings "$@")"
}

# verdict CASE CREATED STOPPED ["KIND CLASS COUNT"]...: what is said of $VICTIM's case
verdict() {
	local name=$1 created=$2 stopped=$3
	shift 3
	echo "$VICTIM $name"
	runjson "$VICTIMS/$VICTIM" "$name"
	[ "$status" -ne 77 ] || skip "$(cat "$TEST_DIR/err")"
	status_is 0
	json_is "$SANE + [.summary.created, .summary.stopped, $VERDICTS]" \
		"[true,0,0,0,0,0,$created,$stopped,$(strings "$@")]"
}

# states NAME: the one entry's timers are all in that state
states() {
	json_is '[.sites[0].states | to_entries[] | select(.value > 0) | .key]' "[\"$1\"]"
}

# hazard NAME: exactly this hazard, at the line marked HAZARD in FILE if one is given
hazard() {
	json_is '[.hazards[].hazard]' "[\"$1\"]"
	[ $# -lt 2 ] || json_is '.hazards[0].stack[0].line' "$(line_of "$2" HAZARD)"
}

# freed_by FUNCTION FILE MARK: the innermost frame of every call that made orphans
freed_by() {
	json_is '[.sites[] | select(.class == "orphaned") | .freed_by[0] | [.function, .line]]
		| unique' "[[\"$1\",$(line_of "$2" "$3")]]"
}

no_hazard() {
	json_is .hazards '[]'
}

# evidence REGEX: what is said of the first entry
evidence() {
	json_is ".sites[0].evidence | test(\"$1\")" true
}
