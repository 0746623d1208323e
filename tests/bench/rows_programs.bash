# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2034
# Real programs as they are packaged, none rebuilt.

# real NAME GOAL COMMAND...
real()
{
	wanted "$1" && ! absent "$3" || return 0
	measure "${real_rounds:-$rounds}" "${@:3}" || return 0
	show cpu:cpu "$2"
	remember_memory
}

# served NAME GOAL PORT CLIENT... -- SERVER...: the server's part alone
served()
{
	local name=$1 goal=$2 port=$3
	shift 3
	through=("$(program serve)" "$port")
	while [ "$1" != -- ]; do
		through+=("$1")
		shift
	done
	through+=(--)
	shift
	real "$name" "$goal" "$@"
	through=()
}

free_port()
{
	local port
	for port in $(shuf -i 20000-30000 -n 20); do
		(: 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port" && return; }
	done
}

redis()
{
	local port
	port=$(free_port)
	wanted redis && ! absent redis-benchmark || return 0
	served redis '1.03 1.9' "$port" redis-benchmark -h 127.0.0.1 -p "$port" -q -c 20 -P 4 \
		-n "$(count 60000)" -t set,get,lpush,hset -- redis-server --bind 127.0.0.1 \
		--port "$port" --save '' --appendonly no --daemonize no --dir "$work"
}

nginx_requests()
{
	local port
	port=$(free_port)
	wanted nginx && ! absent ab nginx || return 0
	nginx_conf "$port" >"$work/nginx.conf"
	served nginx '1.03 1.05' "$port" ab -q -k -c 10 -n "$(count 80000)" "http://127.0.0.1:$port/" \
		-- nginx -p "$work" -e "$work/error.log" -c "$work/nginx.conf"
}

rows_programs()
{
	local compiler python
	section 'Real programs: CPU time' off sampled full heaptrack lsan jemalloc tcmalloc
	! any_wanted sqlite3 perl python3 'python3, all by malloc' 'cc1plus -O2' || make_inputs
	real sqlite3 '1.03 1.8' sqlite3 -batch :memory: ".read $work/bulk.sql"
	real perl '1.03 1.35' perl "$work/words.pl"
	# The first of that name may be a script that looks for the real one.
	python=$(python3 -c 'import sys; print(sys.executable)' 2>/dev/null)
	real python3 '1.03 1.45' "${python:-python3}" "$work/rows.py"
	export PYTHONMALLOC=malloc # else it has an allocator of its own for what is small
	real 'python3, all by malloc' '1.03 1.45' "${python:-python3}" "$work/rows.py"
	unset PYTHONMALLOC
	compiler=$(${CXX:-c++} -print-prog-name=cc1plus 2>/dev/null)
	real_rounds=$few real 'cc1plus -O2' '1.03 1.35' "${compiler:-cc1plus}" -quiet -O2 \
		-fpreprocessed -o /dev/null "$work/large.ii"
	redis
	nginx_requests
}
