#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# How processes end, and what a last moment's clean-up does.

load common
load expect

VICTIM=process_ends

# ends CASE WORD: one timer is left, and the process ended in that way by itself
ends() {
	verdict "$1" 1 0 "possible never_stopped 1"
	json_is '[.processes[].ended]' "[\"$2\"]"
	bare "$VICTIMS/process_ends" "$1"
	status_is 0
	summary_is 1
}

@test "return and exit" {
	ends by_return exit
	ends by_exit exit
}

@test "_exit and _Exit" {
	ends by__exit _exit
	ends by__Exit _exit
}

@test "quick_exit" {
	ends by_quick_exit quick_exit
}

@test "pthread_exit in main, the last thread ends the process" {
	ends pthread_exit_in_main exit
}

@test "a status of the program's own stays" {
	for c in by_exit_5 exit_in_thread; do
		same_as_plain "$VICTIMS/process_ends" $c
		summary_is 1
		runjson "$VICTIMS/process_ends" $c
		status_is 5
		json_is '[.processes[] | [.ended, .status]]' '[["exit",5]]'
		json_is .gate.leaked 1
	done
}

# dies CASE SIGNAL
dies() {
	runjson "$VICTIMS/process_ends" "$1"
	status_is $((128 + $2))
	json_is '[.processes[] | [.ended, .signal]]' "[[\"signal\",$2]]"
	verdicts "undecided live 1"
	json_is .gate.leaked 0
}

@test "a signal leaves it undecided: TERM, KILL, SEGV, ABRT" {
	dies by_term 15
	dies by_kill 9
	dies by_segv 11
	dies by_abort 6
}

@test "cleaned up by atexit, at_quick_exit and a destructor" {
	for c in cleaned_by_atexit cleaned_by_at_quick_exit cleaned_by_destructor; do
		verdict $c 1 1
		bare "$VICTIMS/process_ends" $c
		summary_is 0
	done
}

@test "made before our constructor; a library cleans up in its destructor" {
	same_as_plain "$VICTIMS/early_calls"
	runjson "$VICTIMS/early_calls"
	json_sane
	json_is '[.summary.created, .summary.stopped]' '[3,2]'
	verdicts "possible never_stopped 1"
	json_is '.sites[0].stack[0] | [.function, .line]' \
		"[\"make_early\",$(line_of early_calls.c LEAK)]"
}

@test "C++: exceptions, static destructors, names of templates" {
	same_as_plain "$VICTIMS/cxx_exceptions"
	said "demo::leak"
	runjson "$VICTIMS/cxx_exceptions"
	json_sane
	json_is '[.summary.created, .summary.stopped]' '[1002,1001]'
	json_is '.sites[0].stack[0].line' "$(line_of cxx_exceptions.cc LEAK)"
	json_is '.sites[0].stack[0].function | contains("demo::leak")' true
}

@test "a C program with a C++ plugin keeps its own unwinder" {
	same_as_plain "$VICTIMS/cxx_plugin_host"
}

@test "a plugin that was unloaded keeps its names" {
	same_as_plain "$VICTIMS/plugin_host" leave
	summary_is 1
	said "plugin_run .*libleave.c:$(line_of libleave.c LEAK)"
	runjson "$VICTIMS/plugin_host" leave
	json_sane
	verdicts "possible never_stopped 1"
	json_is '.sites[0].stack[0] | [.function, .line]' \
		"[\"plugin_run\",$(line_of libleave.c LEAK)]"
}

@test "a plugin's constructor waits for a thread that makes a timer" {
	same_as_plain timeout 30 "$VICTIMS/plugin_host" join
	summary_is 0
}

@test "killed under bare preload: the trace stays and tells" {
	bare "$VICTIMS/process_ends" by_kill
	status_is 137
	trace=$(find "$XDG_RUNTIME_DIR" "$TMPDIR" -name '*.tlk')
	trace=${trace##*/}
	run "$TIMERLEAK" report "${trace%%.*}"
	[ "$status" -eq 0 ]
	[[ $output == *undecided* ]]
	[[ $output == *"process_ends.c:$(line_of process_ends.c MAKE)"* ]]
}
