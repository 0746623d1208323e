#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The example programs: each by both routes, bare preload and run.

load common
load expect

# clean NAME: nothing leaked
clean() {
	same_as_plain "$VICTIMS/$1"
	summary_is 0
	runjson "$VICTIMS/$1"
	status_is 0
	json_sane
	json_is .gate.leaked 0
	json_is .summary.sites 0
}

# leaks NAME COUNT KIND CLASS FUNCTION: all at the line marked LEAK
leaks() {
	local line
	line=$(line_of "$1.c" LEAK)
	same_as_plain "$VICTIMS/$1"
	summary_is "$2"
	said "$3"
	grep "$1.c:$line\b" "$TEST_DIR/err" | grep -w "$5"
	runjson "$VICTIMS/$1"
	status_is 0
	json_sane
	json_is '[.gate.leaked, .summary.sites]' "[$2,1]"
	json_is '.sites[0] | [.kind, .class, .count]' "[\"$3\",\"$4\",$2]"
	json_is '.sites[0].stack[0] | [.function, (.file | split("/")[-1]), .line]' \
		"[\"$5\",\"$1.c\",$line]"
}

@test "01 valid: the timeout wins and is closed" {
	clean 01_select_timeout_valid
	json_is '[.summary.created, .summary.stopped]' '[5,5]'
}

@test "01 leaking: the answer wins and the timers stay" {
	leaks 01_select_timeout_leaking 5 possible never_stopped answer_or_timeout
	states armed
}

@test "01 fixed: one way out" {
	clean 01_select_timeout_fixed
	json_is '[.summary.created, .summary.stopped]' '[5,5]'
}

@test "02 leaking: a stale tick in the pool, undrained" {
	leaks 02_pool_stale_tick_leaking 1 possible never_stopped get_timer
	json_is '[.summary.undrained, .sites[0].undrained]' '[1,1]'
}

@test "02 fixed: setting it clears the tick" {
	clean 02_pool_stale_tick_fixed
	json_is '.summary.undrained' 0
}

@test "03 valid: waited for and deleted" {
	clean 03_sigwait_timeout_valid
}

@test "03 leaking: the reply comes first" {
	leaks 03_sigwait_timeout_leaking 5 possible never_stopped request
	json_is '.sites[0].notify' '"signal"'
}

@test "03 fixed: deleted, and the queue asked" {
	clean 03_sigwait_timeout_fixed
	json_is .summary.hazards 0
}

@test "03 hazard: deleted while its signal is pending" {
	clean 03_sigwait_timeout_hazard
	hazard stale_signal 03_sigwait_timeout_hazard.c
}

@test "04 valid: the callback deletes and frees" {
	clean 04_thread_timeout_valid
	json_is '[.hazards[] | select(.hazard == "freed_payload")]' '[]'
}

@test "04 leaking: the request is freed, its timer stays armed" {
	leaks 04_thread_timeout_leaking 5 definite orphaned start_request
	json_is '.sites[0].notify' '"thread"'
	states armed
	freed_by on_reply 04_thread_timeout_leaking.c FREE
	hazard freed_payload
	json_is '.hazards[0] | [.count, .stack[0].line]' \
		"[5,$(line_of 04_thread_timeout_leaking.c LEAK)]"
}

# Without the heap's evidence a place in a block proves nothing.
@test "04 leaking: not proved with heap=off" {
	runjson --heap=off "$VICTIMS/04_thread_timeout_leaking"
	json_sane
	verdicts "possible never_stopped 5"
	no_hazard
}

@test "04 fixed: one flag decides who deletes" {
	clean 04_thread_timeout_fixed
}

@test "05 valid: deleted when done" {
	clean 05_one_shot_valid
}

@test "05 leaking: done and forgotten" {
	leaks 05_one_shot_leaking 5 possible never_stopped sleep_by_timer
	states expired
}

@test "05 fixed: one timer, armed again" {
	clean 05_one_shot_fixed
	json_is '[.summary.created, .summary.stopped]' '[1,1]'
}

@test "06 valid: each tick is read" {
	clean 06_ticker_valid
	json_is .summary.hazards 0
}

@test "06 spin: polled and never read" {
	clean 06_ticker_spin
	hazard spin 06_ticker_spin.c
}

@test "06 leaking: made anew for each period; a thread that made another serves the old no more" {
	leaks 06_ticker_leaking 5 possible never_stopped set_period
	json_is '[.summary.created, .summary.stopped]' '[6,1]'
}

@test "06 fixed: one timer, set again" {
	clean 06_ticker_fixed
	json_is .summary.created 1
}

@test "07 valid: closed on failure" {
	clean 07_error_path_valid
}

@test "07 leaking: setting fails and the descriptor is lost" {
	leaks 07_error_path_leaking 5 definite arm_failed make_timer
	states never_armed
}

@test "07 fixed: one way out for every failure" {
	clean 07_error_path_fixed
}

@test "08 leaking: the thread ends, its timer stays" {
	leaks 08_thread_per_request_leaking 5 possible never_stopped serve
	json_is '.sites[0].threads_total' 5
}

@test "08 fixed: the thread deletes its timer" {
	clean 08_thread_per_request_fixed
}

@test "09 valid: taken out of the set, then closed" {
	clean 09_dup_epoll_valid
	json_is .summary.hazards 0
}

# The event's data was freed; whether the timer was still armed then is a matter of luck, so another
# hazard may be there too.
@test "09 leaking: a copy keeps timer and registration" {
	leaks 09_dup_epoll_leaking 1 definite orphaned add_connection
	freed_by add_connection 09_dup_epoll_leaking.c FREE
	json_is '[.hazards[] | select(.hazard == "closed_in_epoll")] | length' 1
}

# Without the heap's evidence what counts is that it fired, was reported, and the same thread waited
# again without serving it.
@test "09 leaking: not proved with heap=off" {
	runjson --heap=off "$VICTIMS/09_dup_epoll_leaking"
	json_sane
	verdicts "possible never_stopped 1"
}

@test "09 fixed: taken out first, every copy closed" {
	clean 09_dup_epoll_fixed
	json_is .summary.hazards 0
}

@test "10 valid: a global handle is held, and counts only if asked" {
	clean 10_global_ticker_valid
	json_is '.sites[0] | [.kind, .class, .count]' '["held","static_handle",1]'
	json_is '.sites[0].stack[0].line' "$(line_of 10_global_ticker_valid.c HELD)"
	run "$TIMERLEAK" run --leak-kinds=definite,possible,held --max-leaks=0 -- \
		"$VICTIMS/10_global_ticker_valid"
	[ "$status" -eq 23 ]
	[[ $output == *"SUMMARY: timerleak: 1 timer leaked at 1 site"* ]]
}

@test "10 fixed: an exit handler deletes it" {
	clean 10_global_ticker_fixed
	json_is .summary.live 0
}

@test "11 valid: a loop that sets instead of reading is silent" {
	clean 11_no_read_loop_valid
	json_is '[.summary.held, .summary.undrained, .summary.hazards]' '[1,0,0]'
}

@test "12 valid: the child makes its own" {
	clean 12_fork_valid
	json_is '[.summary.created, .summary.stopped]' '[2,2]'
}

@test "12 leaking: the child uses its parent's id and loses its own" {
	leaks 12_fork_leaking 1 possible never_stopped start_watchdog
	json_is '[.summary.created, .summary.stopped]' '[2,1]'
	json_is '.sites[0].pids[0] == .processes[1].pid' true
	json_is '.processes[1].ppid == .processes[0].pid' true
}

@test "12 fixed: made anew in the child" {
	clean 12_fork_fixed
	json_is '[.summary.created, .summary.stopped]' '[2,2]'
}

@test "all examples that leak fail the gate, all others pass it" {
	local v want
	for v in "$VICTIMS"/[01][0-9]_*; do
		[[ $v != *.d ]] || continue
		want=0
		[[ $v != *_leaking ]] || want=23
		run "$TIMERLEAK" run --max-leaks=0 -- "$v"
		echo "$v: $status"
		[ "$status" -eq "$want" ]
	done
}
