#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# timeout: 600
# shellcheck disable=SC2154,SC2153
# Other allocators, and hosts that make it hard to follow the heap or to search it at the end:
# nothing is different for them, and the verdicts are right or the report says what is missing.

load common
load expect

VICTIM=heap_hosts
GONE_PAST='the heap is not recorded: .*go past the preload'

need_lib() {
	PATH=$PATH:/sbin:/usr/sbin ldconfig -p | grep -q "[[:space:]]$1 " || skip "$1 is not installed"
}

# preloading "LIBRARY..." CMD...: with these preloaded, the trace reported as JSON into $json
preloading() {
	local options=${TIMERLEAK_OPTIONS-} list=$1
	shift
	json=$TEST_DIR/preloading.json
	gone "$TEST_DIR/preloading.tlk"
	split timeout 60 env LD_PRELOAD="$list" \
		TIMERLEAK_OPTIONS="trace=$TEST_DIR/preloading.tlk:$options" "$@"
	"$TIMERLEAK" report -o "json:$json" "$TEST_DIR/preloading.tlk" 2>>"$TEST_DIR/err"
}

# heap_is MODE: what was recorded, nothing of it lost
heap_is() {
	json_is '[.heap.mode, .heap.lost_blocks]' "[\"$1\",0]"
}

# under LIBRARY VICTIM CASE CREATED STOPPED ["KIND CLASS COUNT"]...: behind the preload
under() {
	local library=$1
	VICTIM=$2
	echo "$library $VICTIM $3"
	preloading "$SHIM $library" "$VICTIMS/$VICTIM" "$3"
	status_is 0
	heap_is sampled
	json_is "$SANE + [.summary.created, .summary.stopped, $VERDICTS]" \
		"[true,0,0,0,0,0,$4,$5,$(strings "${@:6}")]"
}

# same_answers LIBRARY CMD...: the same output and status as with the library alone
same_answers() {
	local library=$1 want
	shift
	want=$(env LD_PRELOAD="$library" "$@" 2>/dev/null)
	for heap in sampled full; do
		TIMERLEAK_OPTIONS=heap=$heap:sample=100 preloading "$SHIM $library" "$@"
		status_is 0
		diff <(printf '%s\n' "$want") "$TEST_DIR/out"
		heap_is $heap
	done
}

# ---- allocators in libraries -------------------------------------------------------------------

# foreign LIBRARY: the same verdicts as with the libc's allocator, in C++ and C
foreign() {
	need_lib "$1"
	same_answers "$1" "$VICTIMS/heap_new"
	under "$1" heap_cxx array_new 4 0 "definite orphaned 4"
	under "$1" heap_cxx aligned_new 1 0 "definite orphaned 1"
	under "$1" heap_cxx aligned_array_new 2 0 "definite orphaned 2"
	under "$1" heap_cxx nothrow_new 1 0 "definite orphaned 1"
	under "$1" heap_cxx unique_deletes 6 6
	under "$1" heap_cxx map_erased 5 0 "definite orphaned 1" "held static_handle 4"
	under "$1" heap_calls by_realloc_grown 13 0 "definite orphaned 7" "held static_handle 6"
	under "$1" heap_calls by_posix_memalign 13 0 "definite orphaned 7" "held static_handle 6"
	under "$1" heap_verdicts moved_held 1 0 "held static_handle 1"
	under "$1" heap_verdicts payload_moved 1 0 "definite orphaned 1"
	under "$1" heap_reach thread_read 1 0 "held static_handle 1"
}

@test "jemalloc behind the preload" {
	foreign libjemalloc.so.2
}

@test "tcmalloc behind the preload" {
	foreign libtcmalloc_minimal.so.4
}

@test "tcmalloc: what is lost is found" {
	need_lib libtcmalloc_minimal.so.4
	under libtcmalloc_minimal.so.4 heap_reach list_lost_circular 5 0 "definite unreachable 5"
	under libtcmalloc_minimal.so.4 heap_cxx map_lost 5 0 "definite unreachable 5"
}

# Its own records lead to the first block of each run of equal ones.
@test "jemalloc: most of what is lost is found" {
	need_lib libjemalloc.so.2
	preloading "$SHIM libjemalloc.so.2" "$VICTIMS/heap_reach" list_lost
	json_is '.summary.definite >= 4 and .summary.held == 0' true
}

@test "an allocator that is linked in" {
	need g++
	for library in libjemalloc.so.2 libtcmalloc_minimal.so.4; do
		need_lib $library
		g++ -O1 -g -fno-builtin -fno-optimize-sibling-calls -Wl,--no-as-needed -o linked \
			"$ROOT/tests/victims/heap_cxx.cc" -l:$library || skip "does not link"
		runjson ./linked array_new
		status_is 0
		heap_is sampled
		verdicts "definite orphaned 4"
		runjson --heap=full ./linked map_erased
		heap_is full
		verdicts "definite orphaned 1" "held static_handle 4"
	done
}

@test "an allocator that was preloaded first: the heap is off, and said" {
	for library in libjemalloc.so.2 libtcmalloc_minimal.so.4; do
		need_lib $library
		preloading "$library $SHIM" "$VICTIMS/heap_cxx" array_new
		status_is 0
		heap_is off
		verdicts "possible never_stopped 4"
		said "$GONE_PAST"
		LD_PRELOAD=$library runjson "$VICTIMS/heap_cxx" unique_deletes
		status_is 0
		json_is '[.summary.created, .summary.stopped]' '[6,6]'
		json_is '[.warnings[] | tostring | test("not recorded")] | any' true
	done
}

@test "an allocator that tells no sizes" {
	preloading "$SHIM $VICTIMS/libbump.so" "$VICTIMS/heap_verdicts" handle_freed
	status_is 0
	heap_is off
	verdicts "possible never_stopped 1"
	said 'the heap is not recorded: .* no malloc_usable_size'
}

@test "free or realloc of the program's own, in front of libc's" {
	for v in own_free own_realloc; do
		preloading "$SHIM" "$VICTIMS/$v"
		status_is 0
		heap_is off
		verdicts "possible never_stopped 1"
		said "$GONE_PAST"
	done
}

# ---- C++ ---------------------------------------------------------------------------------------

@test "operators of a library that counts" {
	same_answers "$VICTIMS/libcountnew.so" "$VICTIMS/heap_new"
}

@test "a C program loads a C++ plugin: bad_alloc is thrown and caught" {
	same_as_plain "$VICTIMS/new_plugin_host" "$VICTIMS/libnew.so"
	[[ $stdout == 11111* ]]
}

@test "the same, with the runtime in the plugin" {
	need g++
	g++ -O1 -std=c++17 -fno-builtin -fPIC -shared -static-libstdc++ -static-libgcc -o plugin.so \
		"$ROOT/tests/victims/libnew.cc" 2>/dev/null || skip "no static libstdc++"
	same_as_plain "$VICTIMS/new_plugin_host" "$PWD/plugin.so"
	[[ $stdout == 11111* ]]
}

# ---- who watches the heap already --------------------------------------------------------------

# watched SANITIZER MARK: a host built with it, by the launcher
watched() {
	local cc=${CC:-cc}
	need "$cc"
	"$cc" -O1 -g -fno-builtin -pthread "-fsanitize=$1" -o watched \
		"$ROOT/tests/victims/heap_verdicts.c" 2>/dev/null || skip "no $1 sanitizer"
	./watched handle_freed 2>/dev/null || skip "the $1 sanitizer does not run here"
	runjson ./watched handle_freed
	status_is 0
	heap_is off
	verdicts "possible never_stopped 1"
	json_is "[.warnings[] | tostring | test(\"sanitizer watches it\")] | any" true
}

@test "a host under AddressSanitizer" {
	watched address asan
}

@test "a host under ThreadSanitizer" {
	watched thread tsan
}

# UndefinedBehaviorSanitizer leaves the heap alone.
@test "a host under UBSan has its heap recorded" {
	local cc=${CC:-cc}
	need "$cc"
	"$cc" -O1 -g -fno-builtin -pthread -fsanitize=undefined -o watched \
		"$ROOT/tests/victims/heap_verdicts.c" 2>/dev/null || skip "no UBSan"
	runjson ./watched handle_freed
	status_is 0
	heap_is sampled
	verdicts "definite orphaned 1"
}

@test "under Valgrind" {
	need valgrind
	runjson -- valgrind -q "$VICTIMS/heap_verdicts" handle_freed
	status_is 0
	verdicts "possible never_stopped 1"
	json_is '[.warnings[] | tostring | test("not recorded")] | any' true
	split env LD_PRELOAD="$SHIM" valgrind -q --error-exitcode=99 "$VICTIMS/heap_verdicts" \
		handle_freed
	status_is 0
	said '^==[0-9]+==     #[0-9] main '
	not_said 'sigprocmask'
}

# ---- little memory, and much -------------------------------------------------------------------

@test "RLIMIT_AS of 512 MiB" {
	for o in heap=sampled heap=full; do
		export TIMERLEAK_OPTIONS=$o
		(
			ulimit -v 524288
			same_as_plain "$VICTIMS/heap_semantics"
			same_as_plain "$VICTIMS/heap_new"
			barejson "$VICTIMS/heap_verdicts" handle_freed
			status_is 0
			heap_is "${o#*=}"
			verdicts "definite orphaned 1"
		)
	done
}

# What the search costs depends on the machine: it gives up after four seconds, and says so.
# HEAP_MIB=4096 in make check-long.
@test "a GiB of blocks, or four: the report comes in bounded time" {
	local available now mib=${HEAP_MIB:-1024}
	available=$(awk '$1 == "MemAvailable:" {print int($2 / 1048576)}' /proc/meminfo)
	[ "$available" -ge $((2 * mib / 1024)) ] || skip "too little memory is free"
	preloading "$SHIM" "$VICTIMS/heap_hosts" heap_of "$mib"
	now=$(date +%s%3N)
	[ "$status" -ne 77 ] || skip "not enough memory"
	status_is 0
	[ $((now - stdout)) -lt 15000 ]
	case $(jq -r .heap.reach "$json") in
	done) verdicts "held static_handle 1" ;;
	cut) said 'the search for what holds the timers was cut short' ;;
	*) jq .heap "$json" && false ;;
	esac
}

@test "a thousand threads with blocks" {
	verdict threads 1000 0 "held static_handle 1000"
}

# ---- pages that are hard to read ---------------------------------------------------------------

@test "pools: private, shared, of a file, left out by fork, cut off" {
	VICTIM=heap_pages
	for c in private_pool shared_pool file_pool unforked_pool cut_file; do
		verdict $c 1 0 "possible never_stopped 1"
	done
}

@test "a sparse file in shared memory is not filled by reading it" {
	[ -w /dev/shm ] || skip "no /dev/shm"
	VICTIM=heap_pages
	export POOL_FILE=/dev/shm/tl-e2e.$$
	verdict sparse_file_pool 1 0 "possible never_stopped 1"
	size=$(du -k "$POOL_FILE" | cut -f1)
	rm -f "$POOL_FILE"
	[ "$size" -lt 200 ]
}

@test "blocks in pages that nobody may read, or that fork leaves out" {
	VICTIM=heap_pages
	for c in protected_holder protected_large_holder unforked_holder unforked_large_holder \
		protected_chain; do
		verdict $c 1 0 "held static_handle 1"
	done
	verdict protected_chain_lost 1 0 "definite unreachable 1"
}

@test "pools next to small blocks of the libc's" {
	VICTIM=heap_pages
	verdict low_threshold 1 0 "possible never_stopped 1"
	verdict no_break 1 0 "possible never_stopped 1"
}

@test "mappings come and go while main exits" {
	VICTIM=heap_pages
	for _ in 1 2 3; do
		verdict vanishing 1 0 "held static_handle 1"
	done
}

# ---- hosts -------------------------------------------------------------------------------------

# searched CASE: the search found what there is, and the program saw nothing of it
searched() {
	preloading "$SHIM" "$VICTIMS/heap_hosts" "$1"
	status_is 0
	is stdout "$stdout" ""
	json_is '.heap.reach' '"done"'
	verdicts "definite unreachable 1" "held static_handle 1"
}

@test "a thread that waits for children gets none of ours" {
	searched waits
	searched waits_for_all
	searched waits_for_clones
}

@test "no SIGCHLD, and it may be ignored" {
	searched child_handler
	searched child_ignored
}

@test "all descriptors closed" {
	searched all_closed
}

@test "no more processes allowed" {
	bare "$VICTIMS/heap_hosts" no_processes
	status_is 0
	said 'SUMMARY: timerleak: 2 timers not stopped'
	verdict no_processes 2 0 "possible never_stopped 2"
	json_is '[.warnings[] | tostring | test("could not be found out")] | any' true
}

@test "clone fails: a note, and no verdict from what was not searched" {
	split env PRELOAD_LATER="$SHIM" "$VICTIMS/heap_hosts" no_clone
	[ "$status" -ne 77 ] || skip "$stderr"
	status_is 0
	summary_is 2
	said 'possible, never_stopped'
	said 'could not be found out: the search had no process'
}

@test "children free, move and use blocks of their parent" {
	for heap in sampled full; do
		runjson --heap=$heap "$VICTIMS/heap_hosts" children
		status_is 0
		json_sane
		json_is '[.summary.created, .processes | length]' '[66,9]'
		verdicts "definite orphaned 8" "held static_handle 58"
	done
}

@test "a storm in constructors of libraries" {
	for heap in sampled full; do
		runjson --heap=$heap "$VICTIMS/heap_hosts" storm_library
		status_is 0
		json_sane
		json_is '[.summary.created, .summary.stopped]' '[10,8]'
		verdicts "definite unreachable 1" "held static_handle 1"
	done
}
