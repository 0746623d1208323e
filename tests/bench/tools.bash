# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2034
# The tools that are compared, and how a command is run under each.

library() { ldconfig -p 2>/dev/null | awk -v name="$1" '$1 == name {print $NF; exit}'; }

find_heaptrack()
{
	local file
	for file in /usr/lib*/heaptrack/libheaptrack_preload.so /usr/local/lib*/heaptrack/libheaptrack_preload.so \
		/usr/lib/*-linux-*/heaptrack/libheaptrack_preload.so; do
		[ -e "$file" ] && echo "$file" && return
	done
}

heaptrack_so=$(find_heaptrack)
jemalloc_so=$(library libjemalloc.so.2)
tcmalloc_so=$(library libtcmalloc.so.4)

# program NAME [FLAG...]: builds that workload, once, and prints its path.
program()
{
	local name=$1 flags=("${@:2}")
	local file=$work/$name${flags[*]:+.${flags[0]##*=}}
	[ "$name" != compare ] && [ "$name" != serve ] || flags+=("$bench/launch.c")
	[ "$name" != compare ] || flags+=("$bench/stats.c")
	[ -x "$file" ] || ${CC:-cc} -O2 -g -fno-omit-frame-pointer -D_GNU_SOURCE -pthread -o "$file" \
		"$bench/$name.c" "${flags[@]}" 1>&2 || return 1
	echo "$file"
}

# preloaded LIBRARY [NAME=VALUE...] -- COMMAND...
preloaded()
{
	[ -n "$1" ] || return 1
	dressed=("LD_PRELOAD=$1")
	shift
	while [ "$1" != -- ]; do
		dressed+=("$1")
		shift
	done
	shift
	dressed+=("$@")
}

# Only a workload of ours can be rebuilt.
sanitized()
{
	local name=${2##*/} file
	[ "$2" = "$work/$name" ] && [ -e "$bench/$name.c" ] || return 1
	file=$(program "$name" "-fsanitize=$1" 2>/dev/null) || return 1
	dressed=("$file" "${@:3}")
}

wrapped() { command -v "$1" >/dev/null && dressed=("$@"); }

shim()
{
	preloaded "$build/libtimerleak.so" "TIMERLEAK_OPTIONS=verbosity=0:heap=$1${2:+:$2}" -- "${@:3}"
}

# dress TOOL COMMAND...: the words to run it under that tool, in $dressed; fails where it is not here.
# An exact jemalloc or gperftools records every block, as heap=full does.
dress()
{
	local tool=$1 never=1099511627776
	shift
	case $tool in
	plain) dressed=("$@") ;;
	off | sampled | full) shim "$tool" '' "$@" ;;
	heaptrack) preloaded "$heaptrack_so" DUMP_HEAPTRACK_OUTPUT=/dev/null -- "$@" ;;
	heaptrack-all) wrapped heaptrack -o "$work/heaptrack" "$@" ;;
	lsan) sanitized leak "$@" ;;
	asan) sanitized address "$@" ;;
	jemalloc-alone) preloaded "$jemalloc_so" -- "$@" ;;
	jemalloc) preloaded "$jemalloc_so" MALLOC_CONF=prof:true -- "$@" ;;
	jemalloc-exact) preloaded "$jemalloc_so" MALLOC_CONF=prof:true,lg_prof_sample:0 -- "$@" ;;
	tcmalloc-alone) preloaded "$tcmalloc_so" -- "$@" ;;
	tcmalloc) preloaded "$tcmalloc_so" TCMALLOC_SAMPLE_PARAMETER=524288 -- "$@" ;;
	gperftools)
		preloaded "$tcmalloc_so" "HEAPPROFILE=$work/gperftools" \
			HEAP_PROFILE_ALLOCATION_INTERVAL=$never HEAP_PROFILE_INUSE_INTERVAL=$never -- "$@"
		;;
	memcheck) wrapped valgrind -q --leak-check=full --log-file=/dev/null "$@" ;;
	massif) wrapped valgrind --tool=massif --massif-out-file=/dev/null "$@" ;;
	esac
}

title_of()
{
	case $1 in
	off) echo 'heap=off' ;;
	heaptrack-all) echo 'heaptrack, the pipeline' ;;
	lsan) echo 'LSan' ;;
	asan) echo 'ASan' ;;
	jemalloc-alone) echo 'jemalloc, no profile' ;;
	jemalloc-exact) echo 'jemalloc, every block' ;;
	tcmalloc-alone) echo 'tcmalloc, no profile' ;;
	gperftools) echo 'gperftools, every block' ;;
	*) echo "$1" ;;
	esac
}
