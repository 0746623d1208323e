#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What the commands say on stderr, and where their words must fit the numbers.

load common

@test "an incomplete trace is named so on stderr, whatever -o writes" {
	local golden=$ROOT/tests/golden
	head -c $(($(stat -c %s "$golden/leaky.tlk") - 4096)) "$golden/leaky.tlk" >cut.tlk
	split "$TIMERLEAK" report -o a.json cut.tlk
	is status "$status" 0
	has "$stderr" '^==[0-9]+== note: the data is incomplete'
	split "$TIMERLEAK" report --max-leaks=999 -o a.json cut.tlk
	is status "$status" 23
	is lines "$(grep -c incomplete <<<"$stderr")" 1
	split "$TIMERLEAK" report -o a.json "$golden/leaky.tlk"
	hasnt "$stderr" incomplete
}
