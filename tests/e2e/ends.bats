#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2153,SC2154
# Every way for a process to end, by every route: the bare preload, the launcher, a child under the
# launcher. The one timer is made and armed by the very last calls; what is seen of each end goes
# into the table of tests/README.md.

load common
load expect

VICTIM=process_ends

# All that is asked of a report, in one question.
WHOLE="$SANE + [.summary.created, .summary.stopped, ([.sites[].states.armed] | add // 0),
	[.processes[] | [.ended, .status, .signal]], $VERDICTS]"

# whole PROCESSES [VERDICT]: one timer, armed, with this verdict; or stopped, where there is none
whole() {
	local stopped=0 armed=1
	[ $# -gt 1 ] || stopped=1 armed=0
	json_is "$WHOLE" "[true,0,0,0,0,0,1,$stopped,$armed,[$1],$(strings "${@:2}")]"
}

# under_run STATUS PROCESSES VERDICT: the case, and the same in a child, whose status comes through
under_run() {
	runjson "$VICTIMS/$VICTIM" "$CASE"
	[ "$status" -ne 77 ] || skip "$(cat "$TEST_DIR/err")"
	status_is "$1"
	whole "$2" "${@:3}"
	runjson "$VICTIMS/$VICTIM" in_child "$CASE"
	status_is "$1"
	whole "[\"exit\",$1,null],${CHILD:-$2}" "${@:3}"
}

# say BARE RUN [CHILD]: the row of the table
say() {
	outcome ends "$ROW" bare "$1"
	outcome ends "$ROW" run "$2"
	outcome ends "$ROW" "child under run" "${3:-$2}"
}

# judged ROW CASE STATUS WORD: the process ended by itself, and the timer was never stopped
judged() {
	ROW=$1 CASE=$2
	echo "$ROW"
	under_run "$3" "[\"$4\",$3,null]" "possible never_stopped 1"
	same_as_plain "$VICTIMS/$VICTIM" "$CASE"
	status_is "$3"
	summary_is 1
	is "reports" "$(grep -c SUMMARY "$TEST_DIR/err")" 1
	say "status $3, 1 leaked" "\`$4\` $3: possible \`never_stopped\`"
}

# kept: the report of the trace that a process left which could not report
kept() {
	json=$TEST_DIR/kept.json
	not_said SUMMARY
	"$TIMERLEAK" report -o "json:$json" "$XDG_RUNTIME_DIR"/timerleak-*/*.tlk 2>>"$TEST_DIR/err"
	rm -r "$XDG_RUNTIME_DIR"/timerleak-*
	whole "$1" "undecided live 1"
}

# killed ROW CASE SIGNAL: nobody knows whether it would have stopped its timer
killed() {
	ROW=$1 CASE=$2
	echo "$ROW"
	under_run $((128 + $3)) "[\"signal\",null,$3]" "undecided live 1"
	json_is .gate.leaked 0
	mkdir -p "$XDG_RUNTIME_DIR/timerleak-kept"
	TIMERLEAK_OPTIONS=${OPTIONS-} bare "$VICTIMS/$VICTIM" "$CASE"
	status_is $((128 + $3))
	kept '["unknown",null,null]'
	say "status $((128 + $3)), the kept trace: undecided" \
		"\`signal\` $3: undecided \`live\`"
}

# cleaned ROW CASE WORD: at the last moment
cleaned() {
	ROW=$1 CASE=$2
	echo "$ROW"
	under_run 0 "[\"$3\",0,null]"
	bare "$VICTIMS/$VICTIM" "$CASE"
	status_is 0
	summary_is 0
	say "status 0, 0 leaked" "\`$3\` 0: stopped"
}

@test "return, exit, exit in another thread, also when main has gone" {
	judged "return from main" by_return 0 exit
	judged "exit" by_exit 0 exit
	judged "exit with a status" by_exit_5 5 exit
	judged "exit in another thread" exit_in_thread 5 exit
	judged "exit in a thread after main's pthread_exit" exit_after_main 6 exit
	judged "pthread_exit of the last thread" pthread_exit_in_main 0 exit
}

@test "_exit, _Exit, exit_group, quick_exit" {
	judged "_exit" by__exit 0 _exit
	judged "_Exit" by__Exit 0 _exit
	judged "syscall(SYS_exit_group)" by_exit_group 0 _exit
	judged "quick_exit" by_quick_exit 0 quick_exit
	judged "_exit inside exit" by__exit_in_exit 7 exit
}

@test "cleaned up by atexit, at_quick_exit and a destructor" {
	cleaned "atexit handler stops it" cleaned_by_atexit exit
	cleaned "at_quick_exit handler stops it" cleaned_by_at_quick_exit quick_exit
	cleaned "destructor stops it" cleaned_by_destructor exit
}

@test "abort, SEGV, TERM, KILL" {
	killed "abort" by_abort 6
	killed "SIGSEGV" by_segv 11
	killed "SIGTERM" by_term 15
	killed "SIGKILL" by_kill 9
	killed "SIGKILL inside malloc" by_kill_in_malloc 9
}

# Who made no timer before the filter has no trace unless one was asked for: inside it is too late.
@test "seccomp: strict, and a filter that kills; the timer is made inside the latter" {
	killed "seccomp strict kills" by_strict 9
	OPTIONS=trace=$XDG_RUNTIME_DIR/timerleak-kept/kept.tlk
	killed "seccomp filter kills the process" by_filter 31
}

@test "exec, and one that fails" {
	ROW="exec" CASE=by_exec
	under_run 0 '["exec",null,null],["exit",0,null]' "undecided live 1"
	bare "$VICTIMS/$VICTIM" by_exec
	status_is 0
	summary_is 0
	: >"$TEST_DIR/err" # the second image has said that it is clean
	kept '["exec",null,null]'
	say "status 0, the kept trace: undecided" "\`exec\`: undecided \`live\`"
	judged "exec that fails, then return" exec_fails 0 exit
}

# Inline assembly, or a call inside libc: the launcher alone learns of it.
@test "an end that no hook sees" {
	ROW="exit_group without libc" CASE=by_unseen_exit
	runjson "$VICTIMS/$VICTIM" "$CASE"
	[ "$status" -ne 77 ] || skip "$(cat "$TEST_DIR/err")"
	whole '["_exit",0,null]' "possible never_stopped 1"
	json_is '.warnings[0] | test("could not be examined")' true
	runjson "$VICTIMS/$VICTIM" in_child "$CASE"
	whole '["exit",0,null],["unknown",null,null]' "undecided live 1"
	bare "$VICTIMS/$VICTIM" "$CASE"
	status_is 0
	kept '["unknown",null,null]'
	say "status 0, the kept trace: undecided" \
		"\`_exit\` 0: possible \`never_stopped\`, with a warning" "\`unknown\`: undecided \`live\`"
}

@test "a trace that was left is found by the process's number" {
	bare "$VICTIMS/$VICTIM" by_kill
	trace=$(find "$XDG_RUNTIME_DIR" -name '*.tlk')
	trace=${trace##*/}
	split "$TIMERLEAK" report "${trace%%.*}"
	status_is 0
	has "$stdout" undecided
	has "$stdout" "process_ends.c:$(line_of process_ends.c MAKE)"
}

# The kernel knows whether the timer is still there.
@test "_exit in a handler that interrupts the delete of a timer" {
	within 20 "$VICTIMS/end_anywhere" before
	[ "$status" -ne 77 ] || skip "no processor to step through it"
	status_is 0
	json_sane
	json_is "[.summary.stopped, .summary.untracked, $VERDICTS]" '[2,0,["held static_handle 1"]]'
	within 20 "$VICTIMS/end_anywhere" after
	status_is 0
	json_sane
	json_is "[.summary.stopped, .summary.untracked, $VERDICTS]" '[3,0,[]]'
}

# A control group with 32 MiB, by either hierarchy; its list of tasks in $OOM_TASKS.
little_memory() {
	local dir=/sys/fs/cgroup/memory/timerleak-$$ limit=memory.limit_in_bytes
	if [ ! -d /sys/fs/cgroup/memory ]; then
		dir=/sys/fs/cgroup/timerleak-$$ limit=memory.max
	fi
	mkdir "$dir" 2>/dev/null || skip "no control group may be made"
	group=$dir
	echo 32M >"$dir/$limit" || skip "the memory of a control group may not be limited"
	[ ! -e "$dir/memory.swap.max" ] || echo 0 >"$dir/memory.swap.max"
	export OOM_TASKS=$dir/cgroup.procs
}

@test "the kernel's choice when memory runs out" {
	little_memory
	killed "out of memory" by_oom 9
}

teardown() {
	[ -z "${group-}" ] || rmdir "$group" || true
	common_teardown
}
