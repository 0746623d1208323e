#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# long
# timeout: 1800
# shellcheck disable=SC2154
# Millions of stacks of real programs, by rules and by libunwind: no difference.

load common
load unwind.bash

@test "stacks of every shape, many times" {
	for program in unwind_shapes unwind_plain; do
		for shape in deep allocas ways odd_frames exceptions jumps threads forks handlers jumps_out; do
			compared 90 "$VICTIMS/$program" "$shape" 20000
		done
	done
	[ "$total" -gt 2000000 ]
}

@test "g++ and gcc -O2 at work" {
	need g++ gcc
	printf '%s\n' '#include <regex>' '#include <iostream>' \
		'int main() { std::cout << std::regex_match("aab", std::regex("(a|b)*")); }' >regex.cc
	compared 99 g++ -O1 -c -o regex.o regex.cc
	compared 99 gcc -O2 -c -o reach.o -D_GNU_SOURCE -I"$ROOT" "$ROOT/preload/reach_mark.c"
	[ "$total" -gt 1000000 ]
}

@test "python3, perl, sqlite3" {
	need python3 perl sqlite3
	PYTHONMALLOC=malloc compared 99 python3 -c '
import json, re, ast, threading
def work():
    json.loads(json.dumps([{"a": i, "b": [str(j) for j in range(i % 30)]} for i in range(20000)]))
    ast.parse(open(re.__file__).read())
threads = [threading.Thread(target=work) for i in range(4)]
[t.start() for t in threads]
[t.join() for t in threads]'
	compared 99 perl -e 'my (%h, @l); for my $i (1..200000) { my $k = "w" . ($i * 7919 % 50021);
		$h{$k} .= chr(65 + $i % 26); push @l, $k if $i % 3 == 0; } print length(join ",", sort @l);'
	compared 99 sqlite3 -batch :memory: 'create table t(a integer primary key, b text);
		with recursive n(i) as (select 1 union all select i + 1 from n where i < 100000)
		insert into t select i, "text of row " || i from n; create index i on t(b);
		select sum(a), count(distinct b) from t;'
	[ "$total" -gt 1000000 ]
}
