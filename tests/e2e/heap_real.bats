#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Real programs that allocate a lot, with sampled and with all blocks recorded: as without the shim.

load common
load expect

# allocates CMD...: same output and status in each mode, nothing leaked, and a heap profile
allocates() {
	local mode
	for mode in sampled full; do
		export TIMERLEAK_OPTIONS=heap=$mode
		same_as_plain "$@"
		unset TIMERLEAK_OPTIONS
		within 60 --heap=$mode --trace="$TEST_DIR/$mode.tlk" "$@"
		status_is 0
		json_sane
		json_is '[.gate.leaked, .summary.untracked, .heap.lost_blocks]' '[0,0,0]'
		json_is .heap.mode "\"$mode\""
		"$TIMERLEAK" report --heap-profile -o "json:$TEST_DIR/$mode.json" "$TEST_DIR/$mode.tlk"
		jq_is "$TEST_DIR/$mode.json" '[.stacks[].alloc_bytes] | add > 1000000' true
	done
}

@test "sqlite3" {
	need sqlite3
	{
		echo 'create table t(a integer, b text); begin;'
		for i in $(seq 5000); do echo "insert into t values($i, 'text $i');"; done
		echo 'commit; create index i on t(b); select sum(a), count(distinct b) from t;'
	} >bulk.sql
	allocates sqlite3 -batch :memory: ".read bulk.sql"
}

@test "perl" {
	need perl
	allocates perl -e 'my %h; for my $i (1..40000) { $h{"word" . $i % 5003} .= "x"; }
		print scalar(keys %h), " ", length(join ",", sort values %h), "\n";'
}

@test "python3 with malloc for all of its objects" {
	need python3
	local python
	python=$(python3 -c 'import sys; print(sys.executable)')
	export PYTHONMALLOC=malloc
	allocates "$python" -c 'import json, threading
rows = [{"id": i, "list": list(range(i % 40))} for i in range(3000)]
t = threading.Thread(target=lambda: rows.sort(key=lambda r: -r["id"])); t.start(); t.join()
print(len(json.dumps(json.loads(json.dumps(rows)))))'
}

@test "gcc -O2: the same object file" {
	local mode cc1
	need gcc
	cc1=$(gcc -print-prog-name=cc1)
	[ -x "$cc1" ] || skip "no cc1"
	for i in $(seq 200); do
		echo "double f$i(double *p, int n) { double x = $i;"
		echo "for (int i = 0; i < n; i++) x += p[i] * p[(i * $i) % n]; return x; }"
	done >large.c
	"$cc1" -quiet -O2 large.c -o plain.s
	for mode in sampled full; do
		TIMERLEAK_OPTIONS=heap=$mode:trace=$TEST_DIR/$mode.tlk bare "$cc1" -quiet -O2 large.c \
			-o $mode.s
		status_is 0
		cmp plain.s $mode.s
		"$TIMERLEAK" report --heap-profile -o "json:$mode.json" "$TEST_DIR/$mode.tlk"
		jq_is $mode.json '[.stacks[].alloc_bytes] | add > 10000000' true
	done
}

@test "node" {
	need node
	allocates node -e 'const a = []; for (let i = 0; i < 30000; i++) a.push({i, s: "x" + i});
		console.log(JSON.stringify(a).length, Buffer.alloc(1 << 20).length);
		setTimeout(() => console.log("later"), 20);'
}

@test "a program in Rust" {
	need rustc
	echo 'fn main() { let v: Vec<String> = (0..30000).map(|i| format!("word {}", i)).collect();
		println!("{}", v.iter().map(|s| s.len()).sum::<usize>()); }' >r.rs
	rustc -O r.rs 2>/dev/null
	allocates ./r
}
