#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# TIMERLEAK_OPTIONS, good and bad; and how much a process without timers says.

load common
load expect

leave() {
	bare "$VICTIMS/host_files" leave
	is stdout "$stdout" "left one"
}

@test "an unknown key: one warning with the nearest key, the rest holds" {
	export TIMERLEAK_OPTIONS=max_leak=0:exitcode=7
	leave
	status_is 0
	summary_is 1
	is warnings "$(grep -c 'max_leak\b' "$TEST_DIR/err")" 1
	said 'max_leaks'
}

@test "a bad value: one warning, the default holds" {
	export TIMERLEAK_OPTIONS=max_leaks=0:exitcode=300
	leave
	status_is 23
	is warnings "$(grep -c exitcode "$TEST_DIR/err")" 1
}

@test "separators and quotes" {
	export TIMERLEAK_OPTIONS=$' max_leaks=0\nexitcode="9" :color=\'never\''
	leave
	status_is 9
	not_said '[Uu]nknown|bad value'
}

@test "garbage in the options" {
	for o in '=' ':::' 'max_leaks' 'max_leaks=' '"' 'max_leaks="0' '%' "$(printf '\001\377')"; do
		export TIMERLEAK_OPTIONS=$o
		leave
		[ "$status" -eq 0 ] || [ "$status" -eq 23 ]
		summary_is 1
	done
}

@test "enabled=0" {
	export TIMERLEAK_OPTIONS=enabled=0:max_leaks=0
	leave
	status_is 0
	is stderr "$stderr" ""
}

@test "help=1" {
	export TIMERLEAK_OPTIONS=help=1
	leave
	for key in max_leaks max_undrained leak_kinds exitcode suppressions log_path trace heap sample \
		stack_depth symbolize report_timeout color verbosity warn_limits enabled; do
		said "\b$key\b"
	done
}

@test "log_path and trace, with what they take" {
	export TIMERLEAK_OPTIONS="log_path=$TEST_DIR/log.%n.%q{WORD}.%%:trace=$TEST_DIR/t.%p"
	WORD=word leave
	is stderr "$stderr" ""
	grep -q 'SUMMARY: timerleak: 1 timer leaked' "$TEST_DIR"/log.*.word.%*
	"$TIMERLEAK" report "$TEST_DIR"/t.[0-9]* | grep 'SUMMARY: timerleak: 1 timer leaked'
}

@test "suppressions" {
	echo 'leak:make' >"$TEST_DIR/s"
	export TIMERLEAK_OPTIONS=max_leaks=0:suppressions=$TEST_DIR/s
	leave
	status_is 0
	summary_is 0
}

@test "without symbolize the addresses are there" {
	export TIMERLEAK_OPTIONS=symbolize=0
	leave
	status_is 0
	said 'SUMMARY: timerleak: 1 timer'
	said 'host_files\+0x'
}

@test "a program without timers says one line, and only that" {
	bare /bin/true
	status_is 0
	is stdout "$stdout" ""
	is stderr "$(sed 's/^==[0-9]*== *//' "$TEST_DIR/err")" "SUMMARY: timerleak: 0 timers leaked"
}

@test "a script with 200 children says no line more" {
	bare sh -c 'i=0; while [ $i -lt 200 ]; do /bin/true; i=$((i+1)); done; exit 4'
	status_is 4
	is lines "$(grep -c . "$TEST_DIR/err")" 1
	summary_is 0
}

@test "nothing is left behind in the trace directory" {
	leave
	bare /bin/true
	is files "$(find "$XDG_RUNTIME_DIR" "$TMPDIR" -type f)" ""
}

@test "what this version does not do is said, not passed over" {
	TIMERLEAK_OPTIONS=warn_limits=80 leave
	said 'warn_limits= is accepted, but this version watches no limits'
	leave
	not_said "warn_limits"
}
