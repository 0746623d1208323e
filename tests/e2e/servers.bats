#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Real servers under load, on the loopback address only.

load common
load expect

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

# serve CMD...: under the launcher, in the background
serve() {
	json=$TEST_DIR/server.json
	timeout 60 "$TIMERLEAK" run --heap="${heap:-sampled}" -o "json:$json" -- "$@" \
		>"$TEST_DIR/out" 2>"$TEST_DIR/err" &
	server=$!
}

# served: the server ends well, nothing leaked
served() {
	local rc=0
	wait "$server" || rc=$?
	server=
	status=$rc
	status_is 0
	json_sane
	json_is '[.gate.leaked, .summary.untracked]' '[0,0]'
	json_is '[.heap.mode, .heap.lost_blocks]' "[\"${heap:-sampled}\",0]"
}

under_benchmark() {
	need redis-server redis-cli redis-benchmark
	port=$(free_port)
	serve redis-server --bind 127.0.0.1 --port "$port" --save '' --dir "$TEST_DIR" \
		--daemonize no
	wait_for redis-cli -h 127.0.0.1 -p "$port" ping
	timeout 30 redis-benchmark -h 127.0.0.1 -p "$port" -n 2000 -c 10 -q -t set,get
	[ "$(redis-cli -h 127.0.0.1 -p "$port" incr hits)" = 1 ]
	redis-cli -h 127.0.0.1 -p "$port" shutdown nosave || true
	served
}

@test "redis-server, whose allocator is jemalloc, under redis-benchmark" { under_benchmark; }

@test "the same with every block recorded" { heap=full under_benchmark; }

nginx_conf() {
	cat <<-EOF
		daemon off;
		worker_processes 2;
		pid $TEST_DIR/nginx.pid;
		error_log $TEST_DIR/error.log;
		timer_resolution 10ms;
		events { worker_connections 64; }
		http {
			access_log off;
			client_body_temp_path $TEST_DIR; proxy_temp_path $TEST_DIR;
			fastcgi_temp_path $TEST_DIR; uwsgi_temp_path $TEST_DIR; scgi_temp_path $TEST_DIR;
			server { listen 127.0.0.1:$1; location / { return 200 "served\n"; } }
		}
	EOF
}

nginx_under_load() {
	need nginx ab
	port=$(free_port)
	nginx_conf "$port" >"$TEST_DIR/nginx.conf"
	serve nginx -p "$TEST_DIR" -e "$TEST_DIR/error.log" -c "$TEST_DIR/nginx.conf"
	wait_for bash -c "exec 3<>/dev/tcp/127.0.0.1/$port"
	timeout 30 ab -q -n 2000 -c 10 "http://127.0.0.1:$port/" >"$TEST_DIR/ab"
	grep -q 'Failed requests: *0' "$TEST_DIR/ab"
	kill -QUIT "$(cat "$TEST_DIR/nginx.pid")"
	served
	json_is '.processes | length' 3
}

@test "nginx under load" { nginx_under_load; }

@test "nginx with every block recorded" { heap=full nginx_under_load; }

# Its libevent is told to use timerfds: one for each thread's loop, none of them torn down.
@test "memcached on libevent with timerfds" {
	need memcached
	port=$(free_port)
	export EVENT_PRECISE_TIMER=1
	serve memcached -u "$(id -un)" -l 127.0.0.1 -p "$port" -U 0 -t 2
	wait_for bash -c "exec 3<>/dev/tcp/127.0.0.1/$port"
	sleep 1.2
	kill -TERM "$server"
	served
	json_is '[.sites[] | .kind] | unique - ["held"]' '[]'
}

@test "haproxy: a watchdog timer for each thread" {
	need haproxy ab pgrep
	port=$(free_port)
	printf '%s\n' 'global' ' nbthread 2' 'defaults' ' mode http' ' timeout client 1s' \
		' timeout server 1s' ' timeout connect 1s' 'frontend f' " bind 127.0.0.1:$port" \
		' http-request return status 200 content-type text/plain string ok' \
		>"$TEST_DIR/haproxy.cfg"
	serve haproxy -db -f "$TEST_DIR/haproxy.cfg"
	wait_for bash -c "exec 3<>/dev/tcp/127.0.0.1/$port"
	timeout 30 ab -q -n 500 -c 5 "http://127.0.0.1:$port/" >"$TEST_DIR/ab"
	kill -USR1 "$(pgrep -P "$(pgrep -P "$server")")" # timeout does not hand USR1 on
	served
	json_is '[.summary.created, .summary.stopped]' '[2,2]'
}
