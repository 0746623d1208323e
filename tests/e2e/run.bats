#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The launcher: what it starts, what it says when it cannot, what it passes on and what it leaves.

load common

compile()
{
	local out=$1
	shift
	printf '%s\n' "$source" | "${CC:-gcc}" -O1 -g -pthread "$@" -o "$out" -x c -
}

# One POSIX timer, never deleted, made by leak().
leaker()
{
	source='#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
static __attribute__((noinline)) void leak(void)
{
	timer_t timer;
	struct sigevent event = {.sigev_notify = SIGEV_NONE};
	timer_create(CLOCK_MONOTONIC, &event, &timer);
}
'"$1"
}

# No private directory is left in the places where one may lie.
nothing_left()
{
	is "left behind" "$(find "$TMPDIR" "$XDG_RUNTIME_DIR" -mindepth 1 -name 'timerleak-run*')" ""
}

# Waits for a line in a file (10 s).
await()
{
	local i
	for i in $(seq 200); do
		grep -qs -- "$2" "$1" && return 0
		sleep 0.05
	done
	echo "no '$2' in $1"
	return 1
}

# ---- status --------------------------------------------------------------------------------

@test "the program's own status is passed on" {
	split "$TIMERLEAK" run -- sh -c 'exit 7'
	is status "$status" 7
	has "$stderr" '^SUMMARY: timerleak: 0 timers leaked$'
	nothing_left
}

@test "a status of its own goes before a failed gate" {
	leaker 'int main(void) { leak(); return 5; }'
	compile leaky
	split "$TIMERLEAK" run --max-leaks=0 ./leaky
	is status "$status" 5
}

@test "a failed gate is 23, or what --error-exitcode says" {
	leaker 'int main(void) { leak(); return 0; }'
	compile leaky
	split "$TIMERLEAK" run --max-leaks=0 ./leaky
	is status "$status" 23
	has "$stderr" '#0 leak .*:10'
	split "$TIMERLEAK" run --max-leaks=0 --error-exitcode=99 ./leaky
	is status "$status" 99
	split "$TIMERLEAK" run --max-leaks=1 ./leaky
	is status "$status" 0
	split "$TIMERLEAK" run ./leaky
	is status "$status" 0
	nothing_left
}

@test "a death by signal is 128+N, and the leaks are still told" {
	leaker 'int main(void) { leak(); kill(getpid(), SIGKILL); return 0; }'
	compile leaky
	runjson ./leaky
	is status "$status" 137
	jq_is "$json" '.processes[0] | [.ended, .signal]' '["signal",9]'
	jq_is "$json" '[.summary.created, .summary.undecided]' '[1,1]'
	split "$TIMERLEAK" run sh -c 'kill -SEGV $$'
	is status "$status" 139
	nothing_left
}

@test "not found is 127, not executable 126" {
	split "$TIMERLEAK" run ./nothing
	is status "$status" 127
	has "$stderr" 'nothing: No such file'
	split "$TIMERLEAK" run nothing-on-path
	is status "$status" 127
	echo data >data
	split "$TIMERLEAK" run ./data
	is status "$status" 126
	split "$TIMERLEAK" run /
	is status "$status" 126
	split "$TIMERLEAK" run "$TMPDIR/../data/below"
	is status "$status" 126
	printf '#!/nonexistent/interpreter\n' >script
	chmod +x script
	split "$TIMERLEAK" run ./script
	is status "$status" 127
	nothing_left
}

@test "a program is found on PATH, a script without #! is run by the shell" {
	mkdir bin
	printf 'exit 4\n' >bin/plain-script
	chmod +x bin/plain-script
	PATH=$PWD/bin:$PATH split "$TIMERLEAK" run plain-script
	is status "$status" 4
	printf '#!/bin/sh\nexit 6\n' >bin/script
	chmod +x bin/script
	PATH=$PWD/bin:$PATH split "$TIMERLEAK" run script
	is status "$status" 6
}

@test "usage: no program, an unknown option, a bad suppression file: 2, and nothing is run" {
	split "$TIMERLEAK" run
	is status "$status" 2
	split "$TIMERLEAK" run --max-leak=0x touch ran
	is status "$status" 2
	printf 'leak:a\nwhat is this\n' >bad.supp
	split "$TIMERLEAK" run --suppressions=bad.supp touch ran
	is status "$status" 2
	has "$stderr" 'bad.supp:2: '
	split "$TIMERLEAK" run --suppressions=missing.supp touch ran
	is status "$status" 2
	[ ! -e ran ]
	split "$TIMERLEAK" run -- touch ran
	[ -e ran ]
}

# ---- programs that cannot be traced --------------------------------------------------------

@test "static, static-pie and other libcs: 3 with the reason, not started" {
	source='#include <stdio.h>
int main(void) { fclose(fopen("ran", "w")); return 0; }'
	compile s -static
	split "$TIMERLEAK" run ./s
	is status "$status" 3
	has "$stderr" 'statically linked'
	compile sp -static-pie
	split "$TIMERLEAK" run ./sp
	is status "$status" 3
	has "$stderr" 'statically linked'
	compile musl -Wl,--dynamic-linker=/lib/ld-musl-x86_64.so.1
	split "$TIMERLEAK" run ./musl
	is status "$status" 3
	has "$stderr" 'musl'
	printf '#!%s/s\n' "$PWD" >script
	chmod +x script
	split "$TIMERLEAK" run ./script
	is status "$status" 3
	[ ! -e ran ]
}

@test "another word size: 3 with the reason" {
	cp /bin/true other
	printf '\001' | dd of=other bs=1 seek=4 conv=notrunc status=none
	split "$TIMERLEAK" run ./other
	is status "$status" 3
	has "$stderr" 'another word size'
}

@test "set-uid, set-gid: 3 with the reason" {
	[ "$(id -u)" = 0 ] || skip "needs root"
	chmod 755 "$TEST_DIR"
	cp /bin/true uid
	chown nobody uid
	chmod u+s uid
	split "$TIMERLEAK" run ./uid
	is status "$status" 3
	has "$stderr" 'set-uid'
	cp /bin/true gid
	chgrp nogroup gid
	chmod g+s gid
	split "$TIMERLEAK" run ./gid
	is status "$status" 3
	has "$stderr" 'set-gid'
}

@test "the loader as a program is no static program" {
	local loader
	loader=$(readelf -l /bin/true | sed -n 's/.*interpreter: \(.*\)]/\1/p')
	split "$TIMERLEAK" run "$loader" /bin/true
	is status "$status" 0
	has "$stderr" '^SUMMARY: timerleak: 0 timers leaked'
}

@test "no trace appeared: 3 with a reason, unless the program failed by itself" {
	local limited='(ulimit -f 0; exec "$@") 2>&1 | cat; exit ${PIPESTATUS[0]}'
	split bash -c "$limited" - "$TIMERLEAK" run sh -c 'exit 0'
	is status "$status" 3
	has "$stdout" 'no trace appeared'
	split bash -c "$limited" - "$TIMERLEAK" run sh -c 'exit 8'
	is status "$status" 8
	has "$stdout" 'no trace appeared'
	nothing_left
}

@test "a program that becomes one without the shim: said, and no gate passes" {
	source='int main(void) { return 0; }'
	compile s -static
	printf '#!/bin/sh\nexec ./s\n' >script
	chmod +x script
	split "$TIMERLEAK" run --max-leaks=0 ./script
	is status "$status" 23
	has "$stderr" 'another program, which made no trace'
	split "$TIMERLEAK" run ./script
	is status "$status" 0
	split "$TIMERLEAK" run --max-leaks=0 env -i /bin/true
	is status "$status" 23
}

@test "a child that becomes one without the shim: said, the gate may pass" {
	split "$TIMERLEAK" run --max-leaks=0 sh -c 'env -i /bin/true; exit 0'
	is status "$status" 0
	has "$stderr" '1 child process went on as a program that made no trace .*unknown: [0-9]+$'
	split "$TIMERLEAK" run --max-leaks=0 sh -c 'env /bin/true; exit 0'
	is status "$status" 0
	hasnt "$stderr" 'made no trace'
}

# ---- the environment -----------------------------------------------------------------------

@test "LD_PRELOAD and TIMERLEAK_OPTIONS are added to, not replaced" {
	source='int only_here = 1;'
	compile libother.so -shared -fPIC
	LD_PRELOAD=$PWD/libother.so TIMERLEAK_OPTIONS=verbosity=0 \
		split "$TIMERLEAK" run --heap=off sh -c 'echo "$LD_PRELOAD $TIMERLEAK_OPTIONS"'
	has "$stdout" "^$PWD/libother.so:.*/libtimerleak.so verbosity=0:heap=off\$"
}

@test "a host with a shared sanitizer runtime gets that first" {
	leaker 'int main(void) { leak(); return 0; }'
	compile asan -fsanitize=address || skip "no AddressSanitizer"
	split "$TIMERLEAK" run --max-leaks=0 ./asan
	is status "$status" 23
	hasnt "$stderr" 'runtime does not come first'
	has "$stderr" '#0 leak '
}

@test "a path with blanks works" {
	leaker 'int main(void) { leak(); return 0; }'
	compile leaky
	mkdir 'my build: x'
	cp "$TIMERLEAK" "$SHIM" 'my build: x'
	split './my build: x/timerleak' run --max-leaks=0 ./leaky
	is status "$status" 23
	nothing_left
}

@test "the program inherits descriptors, ignored signals and mask as they were" {
	source='#include <stdio.h>
#include <fcntl.h>
#include <string.h>
int main(void)
{
	char line[256] = "";
	FILE *f = fopen("/proc/self/status", "r");
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, "Sig", 3) && strncmp(line, "SigQ", 4)) printf("%s", line);
	fclose(f);
	for (int i = 0; i < 200; i++)
		if (fcntl(i, F_GETFD) >= 0) printf("fd %d\n", i);
	return 0;
}'
	compile show
	trap '' CHLD HUP USR1
	bare_show() { LD_PRELOAD=$SHIM ./show 2>/dev/null; }
	./show | grep Sig >plain
	"$TIMERLEAK" run ./show 2>err | grep Sig >under
	trap - CHLD HUP USR1
	diff plain under
	bare_show >plain
	"$TIMERLEAK" run ./show >under 2>err
	diff plain under
	bare_show <&- >plain
	"$TIMERLEAK" run ./show <&- >under 2>err
	diff plain under
}

@test "SIGCHLD ignored by whoever called" {
	trap '' CHLD
	run "$TIMERLEAK" run sh -c 'exit 3'
	trap - CHLD
	is status "$status" 3
}

@test "stdin goes to the program, its output comes before the report" {
	out=$(echo hello | "$TIMERLEAK" run sh -c 'cat; echo err >&2' 2>&1)
	is lines "$(head -n 2 <<<"$out" | tr '\n' ' ')" "hello err "
	has "$(tail -n 1 <<<"$out")" '^SUMMARY'
}

# ---- signals -------------------------------------------------------------------------------

waiting_program()
{
	cat >waits.sh <<-'EOF'
		for s in TERM HUP USR1 USR2 WINCH INT QUIT; do trap "echo got $s" $s; done
		trap 'echo got CONT; exit 4' CONT
		echo $$ >pid
		echo ready
		while :; do sleep 0.05; done
	EOF
}

@test "TERM HUP USR1 USR2 WINCH CONT are forwarded, INT and QUIT are the program's" {
	waiting_program
	set -m
	"$TIMERLEAK" run sh waits.sh >log 2>err &
	local launcher=$! s
	set +m
	await log ready
	for s in TERM HUP USR1 USR2 WINCH; do
		kill -"$s" $launcher
		await log "got $s"
	done
	kill -INT $launcher
	kill -QUIT $launcher
	sleep 0.2
	hasnt "$(cat log)" 'INT|QUIT'
	kill -CONT $launcher
	status=0
	wait $launcher || status=$?
	is status "$status" 4
	is counts "$(grep -c got log)" 6
	nothing_left
}

@test "a stopped program stops the launcher, either is continued" {
	set -m
	"$TIMERLEAK" run sh -c 'echo $$ >pid; echo ready; while [ ! -e go ]; do sleep 0.05; done; exit 4' \
		>log 2>err &
	local launcher=$! i state
	set +m
	await log ready
	stat_is()
	{
		for i in $(seq 100); do
			state=$(sed 's/.*) //; s/ .*//' "/proc/$1/stat")
			[[ $state == $2 ]] && return 0
			sleep 0.05
		done
		echo "$1 is in state $state, not $2"
		return 1
	}
	kill -STOP "$(cat pid)"
	stat_is $launcher T
	kill -CONT $launcher
	stat_is "$(cat pid)" '[!T]'
	stat_is $launcher '[!T]'
	kill -STOP "$(cat pid)"
	stat_is $launcher T
	kill -CONT "$(cat pid)" # the launcher is not told
	stat_is $launcher '[!T]'
	kill -STOP "$(cat pid)"
	stat_is $launcher T
	touch go
	kill -CONT -$launcher # as a shell does
	status=0
	wait $launcher || status=$?
	is status "$status" 4
}

@test "a program that signals its group does not hear it twice" {
	cat >group.sh <<-'EOF'
		trap 'echo got' USR1
		kill -USR1 0
		sleep 0.3
		exit 0
	EOF
	set -m
	"$TIMERLEAK" run sh group.sh >log 2>err &
	local launcher=$!
	set +m
	wait $launcher
	is counts "$(grep -c got log)" 1
}

# ---- descendants ---------------------------------------------------------------------------

daemon()
{
	leaker 'int main(int c, char **v)
{
	if (fork() == 0) {
		leak();
		close(1); close(2);
		usleep(atoi(v[1]) * 1000);
		_exit(c > 2);
	}
	usleep(100000);
	return 0;
}'
	compile daemon
}

@test "a descendant is waited for" {
	daemon
	runjson ./daemon 800
	is status "$status" 0
	jq_is "$json" '[.processes[].ended]' '["exit","_exit"]'
	jq_is "$json" '[.summary.created, .summary.possible, .complete]' '[1,1,true]'
	nothing_left
}

@test "a descendant that goes on is named after 2 s" {
	daemon
	local start=$SECONDS
	runjson ./daemon 6000
	[ $((SECONDS - start)) -lt 5 ]
	is status "$status" 0
	jq_is "$json" '[.processes[].ended]' '["exit","running"]'
	jq_is "$json" '[.summary.created, .summary.undecided]' '[1,1]'
	split "$TIMERLEAK" run ./daemon 6000
	has "$stderr" 'still runs.*daemon'
	nothing_left
}

@test "--follow waits for the last of them, --follow=SEC that long" {
	daemon
	runjson --follow ./daemon 3500
	jq_is "$json" '[.processes[].ended]' '["exit","_exit"]'
	local start=$SECONDS
	runjson --follow=1 ./daemon 6000
	[ $((SECONDS - start)) -lt 4 ]
	jq_is "$json" '[.processes[].ended]' '["exit","running"]'
}

@test "while descendants are waited for, INT asks for the report" {
	daemon
	set -m
	"$TIMERLEAK" run --follow ./daemon 4000 >log 2>err &
	local launcher=$! status=0
	set +m
	sleep 0.7
	kill -INT $launcher
	wait $launcher || status=$?
	is status "$status" 0
	has "$(cat err)" 'still runs'
	nothing_left
}

@test "a descendant that goes on is seen as running, whatever the name of --trace" {
	daemon
	runjson --trace=kept.bin ./daemon 6000
	jq_is "$json" '[.processes[].ended]' '["exit","running"]'
	jq_is "$json" '.warnings | length' 1
	nothing_left
}

# ---- traces --------------------------------------------------------------------------------

@test "--trace keeps the traces, of the main image and of the others" {
	leaker 'int main(void) { if (fork() == 0) { leak(); _exit(0); } sleep(1); leak(); return 0; }'
	compile forks
	runjson --trace=kept.tlk ./forks
	[ -s kept.tlk ]
	is others "$(find . -maxdepth 1 -name 'kept.tlk.*' | wc -l)" 1
	jq_is "$json" .summary.created 2
	split "$TIMERLEAK" report -o json:again.json kept.tlk kept.tlk.*
	jq_is again.json .summary.created 2
	# Once more: the old trace is replaced, its siblings are not counted again.
	runjson --trace=kept.tlk ./forks
	jq_is "$json" .summary.created 2
	nothing_left
}

@test "a kept trace knows the signal that ended the program" {
	leaker 'int main(void) { leak(); abort(); }'
	compile aborts
	split "$TIMERLEAK" run --trace=kept.tlk ./aborts
	is status "$status" 134
	split "$TIMERLEAK" report -o json:again.json kept.tlk
	jq_is again.json '.processes[0] | [.ended, .signal]' '["signal",6]'
}

@test "--trace does not overwrite what is no trace" {
	echo precious >file
	split "$TIMERLEAK" run --trace=file touch ran
	is status "$status" 2
	is content "$(cat file)" precious
	split "$TIMERLEAK" run --trace=missing/file touch ran
	is status "$status" 2
	[ ! -e ran ]
}

@test "nobody reads the report: the status is the program's all the same" {
	split bash -c '"$@" 2>&1 | true; exit ${PIPESTATUS[0]}' - "$TIMERLEAK" run sh -c 'sleep 0.2; exit 6'
	is status "$status" 6
	split bash -c 'ulimit -f 0; exec "$@"' - "$TIMERLEAK" run sh -c 'exit 7'
	is status "$status" 7
	split bash -c '"$@" 2>&-' - "$TIMERLEAK" run sh -c 'exit 5'
	is status "$status" 5
	nothing_left
}

@test "interrupted while it reports: nothing is left behind" {
	mkfifo fifo
	set -m
	"$TIMERLEAK" run -o text:fifo sh -c 'echo ready' >log 2>err &
	local launcher=$!
	set +m
	await log ready
	sleep 0.5
	has "$(find "$XDG_RUNTIME_DIR" -name 'timerleak-run*')" timerleak-run
	kill -INT $launcher
	status=0
	wait $launcher || status=$?
	is status "$status" 130
	nothing_left
}

@test "two hundred children, one report of one line" {
	split "$TIMERLEAK" run sh -c 'i=0; while [ $i -lt 200 ]; do /bin/true; i=$((i+1)); done'
	is status "$status" 0
	is lines "$(wc -l <err)" 1
	nothing_left
}

@test "--source-root: names are relative to it, also where it is given as a path from here" {
	local file=tests/victims/01_select_timeout_leaking.c root
	root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	cd "$root" || return 1
	for root in "$root" "$root/" .; do
		runjson --source-root="$root" "$VICTIMS/01_select_timeout_leaking"
		is file "$(jq -r '.sites[0].stack[0].file' "$json")" "$file"
	done
}
