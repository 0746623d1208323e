#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Real programs, unmodified: as without the shim, and the right counts.

load common
load expect

# balanced CMD...: by the launcher, all that was made was stopped, in all processes
balanced() {
	within 60 "$@"
	status_is 0
	json_sane
	json_is '[.gate.leaked, .summary.untracked]' '[0,0]'
}

# silent CMD...: same output and status, and no leak
silent() {
	same_as_plain "$@"
	balanced "$@"
}

@test "ls" {
	silent ls -l /usr
	json_is .summary.created 0
}

@test "timeout: its one timer is suppressed by default" {
	runjson timeout 5 true
	status_is 0
	json_is '[.gate.leaked, .summary.suppressed]' '[0,1]'
	json_is '[.suppressions[] | select(.hits > 0)] | length' 1
	runjson --no-default-suppressions timeout 5 true
	json_is '[.gate.leaked, .summary.suppressed]' '[1,0]'
	bare timeout 5 true
	summary_is 0
}

@test "ruby: a timer of the runtime's own" {
	need ruby
	silent ruby -e '3.times { |i| Thread.new { sleep 0.02 }.join; puts i }'
}

@test "python3" {
	silent python3 -c 'import json, threading, subprocess
t = threading.Timer(0.02, print, ["tick"]); t.start(); t.join()
print(subprocess.run(["echo", "child"], capture_output=True).stdout)'
}

@test "python3 that asks libc itself for its functions: untracked, and said" {
	bare python3 -c 'import ctypes
libc = ctypes.CDLL("libc.so.6")
print(libc.timerfd_create(1, 0) > 2)'
	is stdout "$stdout" "True"
	said 'untracked: 1 timerfd'
}

@test "perl" {
	need perl
	silent perl -e '$SIG{ALRM} = sub { print "alarm\n" }; alarm 1; sleep 2; exit 0'
}

@test "gdb" {
	need gdb
	silent gdb -nx -batch -ex 'print 6 * 7' /bin/true
}

@test "bash with pipes and jobs" {
	silent bash -c 'seq 5 | sort -r | tr "\n" " "; sleep 0.01 & wait; (exit 0)'
}

@test "stress-ng --timer" {
	need stress-ng
	balanced stress-ng --quiet --timer 2 --timer-ops 2000
	json_is '.summary.created > 0' true
}

@test "stress-ng --timerfd" {
	need stress-ng
	balanced stress-ng --quiet --timerfd 2 --timerfd-ops 200
	json_is '.summary.created > 0' true
}

@test "stress-ng --clock: double deletes and bad calls" {
	need stress-ng
	balanced stress-ng --quiet --clock 1 --clock-ops 200
	json_is '.summary.created > 0' true
}

@test "node: process.exit with timers of its loop" {
	need node
	same_as_plain node -e 'setInterval(() => {}, 1e6); setTimeout(() => process.exit(3), 30)'
}

@test "ruby ends in the midst: the timer of its runtime is held" {
	need ruby
	runjson ruby -e 'Thread.new { loop {} }; sleep 0.2; exit!(4)'
	status_is 4
	json_is '[.gate.leaked, .summary.untracked]' '[0,0]'
}

@test "cyclictest: POSIX timers to threads by SIGEV_THREAD_ID" {
	need cyclictest
	balanced cyclictest -q -D1 -i 1000 -x -t2
	json_is '[.summary.created, .summary.stopped]' '[2,2]'
}
