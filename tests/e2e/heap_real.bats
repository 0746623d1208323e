#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# long
# shellcheck disable=SC2154
# Real programs, unmodified, with their heap recorded: as without the shim, no leak.

load common
load expect

# recorded TRACE MODE: with stacks in it, and no block that the map could not take
recorded() {
	local number=1
	[ "$2" = sampled ] || number=2
	[[ $("$VICTIMS/trace_heap" "$1") =~ ^mode\ $number,\ lost\ 0,\ stacks\ [1-9] ]] && return
	"$VICTIMS/trace_heap" "$1" && false
}

# as_ever CMD...: by both routes and in both modes
as_ever() {
	local want rc=0 mode
	want=$("$@" 2>/dev/null) || rc=$?
	for mode in sampled full; do
		split timeout 60 env LD_PRELOAD="$SHIM" \
			TIMERLEAK_OPTIONS="heap=$mode:sample=8192:trace=$PWD/$mode.tlk" "$@"
		status_is "$rc"
		is stdout "$stdout" "$want"
		summary_is 0
		recorded $mode.tlk $mode
	done
	within 60 --heap=full --trace="$PWD/run.tlk" -- "$@"
	status_is "$rc"
	is stdout "$stdout" "$want"
	json_sane
	json_is '[.heap.mode, .heap.lost_blocks, .gate.leaked, .summary.untracked]' '["full",0,0,0]'
	recorded run.tlk full
}

@test "sqlite3" {
	need sqlite3
	cat >bulk.sql <<-'EOF'
		create table t(a integer, b text);
		begin;
		with recursive c(x) as (select 1 union all select x + 1 from c where x < 20000)
			insert into t select x, printf('row %d %s', x, hex(x * x)) from c;
		commit;
		create index i on t(b);
		select count(*), sum(a), sum(length(b)), count(distinct b) from t;
		select sum(length(g)) from (select group_concat(b) as g from t group by a % 100);
	EOF
	as_ever sqlite3 -batch :memory: '.read bulk.sql'
	[[ $stdout == 20000\|200010000\|* ]]
}

@test "python3 whose objects are all malloc's" {
	need python3
	cat >many.py <<-'EOF'
		import json, subprocess, threading
		data = [{"k": i, "v": "x" * (i % 50)} for i in range(2000)]
		found = [0] * 4
		def work(i):
		    for _ in range(3):
		        found[i] += len(json.loads(json.dumps(data[i::4])))
		threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
		[t.start() for t in threads]
		[t.join() for t in threads]
		print(found, subprocess.run(["echo", "child"], capture_output=True).stdout)
	EOF
	export PYTHONMALLOC=malloc
	as_ever "$(python3 -c 'import sys; print(sys.executable)')" many.py
}

@test "perl" {
	need perl
	cat >words.pl <<-'EOF'
		my %h;
		$h{"key" . ($_ * 7919 % 5021)} .= "v$_;" for 1 .. 20000;
		my @k = sort { length($h{$a}) <=> length($h{$b}) || $a cmp $b } keys %h;
		my $n = 0;
		for (@k) { $n += () = $h{$_} =~ /v(\d+)/g }
		print scalar(@k), " $n $k[0] $k[-1]\n";
	EOF
	as_ever perl words.pl
}

@test "gcc makes the same object" {
	need gcc
	for i in $(seq 60); do
		echo "int f$i(int x, const int *p) { int s = $i; for (int k = 0; k < x; k++)" \
			"s += p[k] * $i + (s >> $((i % 5 + 1))); return s ^ $((i * 7919)); }"
	done >many.c
	gcc -O2 -c many.c -o plain.o
	as_ever gcc -O2 -c many.c -o many.o
	cmp plain.o many.o
	cc1=$(gcc -print-prog-name=cc1)
	[ -x "$cc1" ] || return 0 # what the driver starts has the large heap
	as_ever "$cc1" -quiet -O2 many.c -o /dev/stdout
}

@test "node" {
	need node
	cat >work.js <<-'EOF'
		const { Worker, isMainThread, parentPort } = require('worker_threads');
		if (!isMainThread) {
			let n = 0;
			for (let i = 0; i < 10000; i++) n += JSON.stringify({ i }).length;
			parentPort.postMessage(n);
		} else {
			const a = Array.from({ length: 5000 }, (_, i) => ({ i, s: 'x'.repeat(i % 40) }));
			console.log(JSON.parse(JSON.stringify(a)).length);
			new Worker(__filename).on('message', n => {
				console.log(n);
				let ticks = 0;
				const t = setInterval(() => { if (++ticks == 5) clearInterval(t); }, 2);
			});
		}
	EOF
	as_ever node work.js
}

@test "rust" {
	need rustc
	cat >maps.rs <<-'EOF'
		use std::{collections::BTreeMap, collections::HashMap, thread};
		fn work(t: u64) -> u64 {
		    let mut m: HashMap<String, Vec<u64>> = HashMap::new();
		    for i in 0..5000 {
		        m.entry(format!("k{}", i * (t + 7) % 97)).or_default().push(i);
		    }
		    let b: BTreeMap<_, u64> = m.into_iter().map(|(k, v)| (k, v.iter().sum())).collect();
		    b.values().fold(0, |a: u64, x| a.wrapping_mul(31).wrapping_add(*x))
		}
		fn main() {
		    let all: Vec<_> = (0..4).map(|t| thread::spawn(move || work(t))).collect();
		    for t in all {
		        println!("{}", t.join().unwrap());
		    }
		}
	EOF
	rustc -O maps.rs 2>/dev/null || skip "rustc does not compile here"
	as_ever ./maps
}

# ---- servers: by the launcher they are in servers.bats -----------------------------------------

free_port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# wait_for CMD...: until it succeeds, 10 s at most
wait_for() {
	for _ in $(seq 100); do
		"$@" >/dev/null 2>&1 && return
		sleep 0.1
	done
	return 1
}

setup() {
	common_setup
	server=
}

teardown() {
	[ -z "$server" ] || kill -KILL "$server" 2>/dev/null || true
	common_teardown
}

# serve MODE CMD...: by the bare preload, in the background. Samples are so near to each other that a
# server which allocates 300 KB has some.
serve() {
	local mode=$1
	shift
	trace=$PWD/$mode.tlk
	timeout 60 env LD_PRELOAD="$SHIM" \
		TIMERLEAK_OPTIONS="heap=$mode:sample=8192:trace=$trace" "$@" >out 2>err &
	server=$!
}

# served MODE: it ends well, nothing leaked
served() {
	status=0
	wait "$server" || status=$?
	server=
	status_is 0
	summary_is 0
	recorded "$trace" "$1"
}

@test "redis-server, whose allocator is jemalloc" {
	need redis-server redis-cli redis-benchmark
	for mode in sampled full; do
		port=$(free_port)
		serve $mode redis-server --bind 127.0.0.1 --port "$port" --save '' --dir "$PWD" \
			--daemonize no
		wait_for redis-cli -h 127.0.0.1 -p "$port" ping
		timeout 30 redis-benchmark -h 127.0.0.1 -p "$port" -n 1000 -c 10 -q \
			-t set,get,lpush,hset >bench
		[ "$(redis-cli -h 127.0.0.1 -p "$port" incr hits)" = 1 ]
		redis-cli -h 127.0.0.1 -p "$port" shutdown nosave || true
		served $mode
	done
}

@test "nginx" {
	need nginx ab
	for mode in sampled full; do
		port=$(free_port)
		cat >nginx.conf <<-EOF
			daemon off;
			worker_processes 2;
			pid $PWD/nginx.pid;
			error_log $PWD/error.log;
			events { worker_connections 64; }
			http {
				access_log off;
				client_body_temp_path $PWD; proxy_temp_path $PWD;
				fastcgi_temp_path $PWD; uwsgi_temp_path $PWD; scgi_temp_path $PWD;
				server { listen 127.0.0.1:$port; location / { return 200 "served\n"; } }
			}
		EOF
		serve $mode nginx -p "$PWD" -e "$PWD/error.log" -c "$PWD/nginx.conf"
		wait_for bash -c "exec 3<>/dev/tcp/127.0.0.1/$port"
		timeout 30 ab -q -n 1000 -c 10 "http://127.0.0.1:$port/" >bench
		grep -q 'Failed requests: *0' bench
		kill -QUIT "$(cat nginx.pid)"
		served $mode
	done
}
