#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The harness of make bench works: rows with numbers, never how large they are.
load common

# table PATTERN: in tiny counts
table() { split env ROUNDS=1 BENCH_SHRINK=1000 "$ROOT/tests/bench/run.sh" "$1"; }

@test "a table has a machine, heads, and rows whose ratios are numbers" {
	table 'timer_churn none|/bin/true'
	is status "$status" 0
	has "$stdout" '^[0-9]+ x .*Linux [0-9]'
	has "$stdout" '^ +plain +heap=off +sampled +full +goal$'
	has "$stdout" '^timer_churn none +[0-9.]+ ns ±[0-9]+%( +[0-9]+\.[0-9]+ ±[0-9]+%){3} +1\.25$'
	has "$stdout" '^/bin/true, CPU time +[0-9.]+ us ±[0-9]+%( +[-+][0-9.]+ ±[0-9.]+){3}'
	[[ $stdout != *failed* ]]
}

@test "as Markdown, without goals" {
	export BENCH_FORMAT=markdown
	table 'timer_live timerfd'
	is status "$status" 0
	has "$stdout" '^\|  \| plain \| heap=off \| sampled \| full \|$'
	has "$stdout" '^\| --- \| --- \| --- \| --- \| --- \|$'
	has "$stdout" '^\| timer_live 15 timerfd, delete \| [0-9.]+ ns ±[0-9]+%( \| [0-9.]+ ±[0-9]+%){3} \|$'
}

@test "what a tool breaks is a failed cell, and plain's failure a failed row" {
	cc -O2 -D_GNU_SOURCE -o compare "$ROOT"/tests/bench/{compare,launch,stats}.c
	printf 'plain\t/bin/true\nbad\tLD_PRELOAD=\t/bin/false\n' >plan
	split bash -c './compare 2 5 <plan'
	is status "$status" 0
	has "$stdout" '^failed bad 256$'
	has "$stdout" '^cpu plain [0-9.]+ '
	printf 'plain\tsleep\t60\n' >plan
	split bash -c './compare 1 1 <plan'
	is status "$status" 1
	has "$stderr" 'sleep: status 9'
}
