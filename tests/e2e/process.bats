#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Constructors, destructors and plugins: what comes before the first call and after the last.

load common
load expect

@test "made before our constructor; a library cleans up in its destructor" {
	same_as_plain "$VICTIMS/early_calls"
	summary_is 1
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
	json_is '[.summary.created, .summary.stopped]' '[1003,1002]'
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
