#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `timerleak report`: its statuses, outputs, inputs and the shape of what it says.

load common
load expect

# LEAKY has two leaked timers, CLEAN none, CUT and LOST are not whole, the rest is no trace.
setup()
{
	common_setup
	local golden=$ROOT/tests/golden
	cp "$golden/leaky.tlk" leaky.tlk
	cp "$golden/empty.tlk" clean.tlk
	head -c $(($(stat -c %s leaky.tlk) - 4096)) leaky.tlk >cut.tlk
	: >nothing.tlk
	echo garbage of some length >garbage.tlk
	cp leaky.tlk newer.tlk
	printf '\377' | dd of=newer.tlk bs=1 seek=8 conv=notrunc status=none
}

report() { split "$TIMERLEAK" report "$@"; }

# ---- status --------------------------------------------------------------------------------

@test "status: gate, unreadable and incomplete inputs, in every combination" {
	local gate traces want got=
	while read -r gate traces; do
		want=${traces##* }
		# shellcheck disable=SC2086 # several traces
		report ${gate/#none/} ${traces% *}
		[ "$status" = "$want" ] || got+="$gate $traces: $status"$'\n'
	done <<-'EOF'
		none leaky.tlk 0
		none clean.tlk 0
		none cut.tlk 0
		none nothing.tlk 2
		none garbage.tlk 2
		none newer.tlk 2
		none missing.tlk 2
		none / 2
		none clean.tlk garbage.tlk 2
		--max-leaks=0 leaky.tlk 23
		--max-leaks=0 clean.tlk 0
		--max-leaks=0 cut.tlk 23
		--max-leaks=0 clean.tlk cut.tlk 23
		--max-leaks=0 clean.tlk leaky.tlk 23
		--max-leaks=0 nothing.tlk 2
		--max-leaks=0 newer.tlk 2
		--max-leaks=0 leaky.tlk missing.tlk 2
		--max-leaks=0 clean.tlk newer.tlk 2
		--max-leaks=0 clean.tlk 4194303 2
		--max-leaks=999 leaky.tlk 0
		--max-leaks=999 cut.tlk 23
		--max-leaks=999 leaky.tlk garbage.tlk 2
		--max-undrained=999 cut.tlk 23
		--max-undrained=999 clean.tlk 0
	EOF
	is statuses "$got" ""
}

@test "an unreadable input does not keep the others from being reported" {
	report -o json:all.json missing.tlk leaky.tlk garbage.tlk
	is status "$status" 2
	has "$stderr" 'missing.tlk: cannot open'
	has "$stderr" 'garbage.tlk: at byte 0'
	jq_is all.json '[.complete, (.sites | length > 0)]' '[false,true]'
	report --max-leaks=999 -o json:all.json missing.tlk leaky.tlk
	jq_is all.json '[.gate.passed, .gate.reasons]' '[false,["incomplete"]]'
}

@test "values that are none: 2, and they are named" {
	local value
	for value in '' x -1 +0 ' 0' 1x 0x0 1.5 1e3 9223372036854775808 99999999999999999999; do
		report --max-leaks="$value" leaky.tlk
		is "--max-leaks=$value" "$status" 2
		has "$stderr" 'max-leaks='
		report --max-undrained="$value" leaky.tlk
		is "--max-undrained=$value" "$status" 2
	done
	for value in '' 0 256 -1 x 1x 0x10; do
		report --max-leaks=0 --error-exitcode="$value" leaky.tlk
		is "--error-exitcode=$value" "$status" 2
	done
	for value in 1 255; do
		report --max-leaks=0 --error-exitcode="$value" leaky.tlk
		is "--error-exitcode=$value" "$status" "$value"
	done
	for value in '' definite, ,definite live undecided DEFINITE 'definite possible'; do
		report --leak-kinds="$value" leaky.tlk
		is "--leak-kinds=$value" "$status" 2
	done
}

@test "leak kinds change what is leaked, not what is what" {
	local json=$TEST_DIR/kinds.json kinds
	cp "$ROOT/tests/golden/every_class.tlk" every.tlk
	for kinds in definite possible held definite,possible definite,possible,held; do
		report --leak-kinds=$kinds -o "json:$json" every.tlk
		jq_is "$json" '.summary | .leaked == ([.definite, .possible, .held]
			| [.[0] * '"$([[ $kinds = *definite* ]] && echo 1 || echo 0)"',
			   .[1] * '"$([[ $kinds = *possible* ]] && echo 1 || echo 0)"',
			   .[2] * '"$([[ $kinds = *held* ]] && echo 1 || echo 0)"'] | add)' true
		jq_is "$json" '.gate.leak_kinds | join(",")' "$kinds"
	done
}

# ---- outputs -------------------------------------------------------------------------------

@test "-o: several outputs, by prefix and by suffix; SUMMARY on stderr" {
	report -o a.txt -o a.json -o json:a.weird -o odd:name.json -o json:- leaky.tlk
	is status "$status" 0
	is stderr "$stderr" "$(tail -n 1 a.txt)"
	has "$stderr" '^SUMMARY: timerleak: '
	cmp a.json a.weird
	cmp a.json odd:name.json
	cmp a.json out
	report -o text:- leaky.tlk
	cmp out a.txt
	report leaky.tlk
	cmp out a.txt
	is stderr "$stderr" ""
}

@test "-o: unknown suffixes and no file: 2, nothing is written" {
	local output
	for output in a a.foo a.JSON TEXT:a json: text: - odd:a; do
		report -o "$output" leaky.tlk
		is "-o $output" "$status" 2
		is stdout "$stdout" ""
	done
	is files "$(find . -maxdepth 1 -name 'a*')" ""
}

@test "-o: whole or not at all" {
	mkdir full
	mount -t tmpfs -o size=8k none full 2>/dev/null || skip "cannot mount"
	echo old >full/a.json
	dd if=/dev/zero of=full/fill bs=4k count=4 2>/dev/null || true
	report -o full/a.json -o b.json leaky.tlk
	local left content
	left=$(find full -mindepth 1 -printf '%f ')
	content=$(cat full/a.json)
	umount full
	is status "$status" 2
	has "$stderr" 'full/a.json: cannot write: No space'
	is files "$(tr ' ' '\n' <<<"$left" | sort | tr '\n' ' ')" " a.json fill "
	is content "$content" old
	[ -s b.json ]
	for output in json:/dev/full /nowhere/a.json /proc/a.json json:"$TEST_DIR"; do
		report -o "$output" leaky.tlk
		is "-o $output" "$status" 2
		has "$stderr" 'cannot (write|create|open)'
		has "$stderr" '^SUMMARY'
	done
}

@test "-o: a link stays one, the mode stays, a new file follows umask" {
	echo old >target.json
	chmod 640 target.json
	ln -s target.json link.json
	(umask 027 && "$TIMERLEAK" report -o link.json -o new.json leaky.tlk 2>/dev/null)
	[ -L link.json ]
	cmp target.json new.json
	is mode "$(stat -c %a target.json new.json | tr '\n' ' ')" "640 640 "
}

@test "closed and full streams" {
	split bash -c '"$@" >/dev/full' - "$TIMERLEAK" report leaky.tlk
	is status "$status" 2
	has "$stderr" 'No space left'
	split bash -c '"$@" >&-' - "$TIMERLEAK" report leaky.tlk
	is status "$status" 2
	split bash -c '"$@" 2>&-' - "$TIMERLEAK" report -o a.json leaky.tlk
	is status "$status" 0
	jq_is a.json .schema timerleak/1
	split bash -c '"$@" 2>/dev/full' - "$TIMERLEAK" report --max-leaks=0 -o a.json leaky.tlk
	is status "$status" 23
}

# ---- inputs --------------------------------------------------------------------------------

@test "stdin, a file of digits, a pid that is none" {
	cp leaky.tlk 123
	report ./123
	is status "$status" 0
	cp out want
	"$TIMERLEAK" report - <leaky.tlk | cmp - want
	cat leaky.tlk | "$TIMERLEAK" report - | cmp - want
	for pid in 4194303 0 99999999999999999999; do
		cp leaky.tlk $pid
		report $pid
		is "report $pid" "$status" 2
		has "$stderr" "process $pid: no such process"
		is stdout "$stdout" ""
	done
	report
	is status "$status" 2
}

# sleeper [OPTION]: a process with three timers that waits, its pid in $pid
sleeper()
{
	cat >sleeper.c <<-'EOF'
		#define _GNU_SOURCE
		#include <sys/timerfd.h>
		#include <stdio.h>
		#include <unistd.h>
		int main(void)
		{
			for (int i = 0; i < 3; i++)
				timerfd_create(1, TFD_CLOEXEC);
			puts("ready");
			fflush(stdout);
			pause();
			return 0;
		}
	EOF
	"${CC:-cc}" -g -o sleeper sleeper.c
	local i
	LD_PRELOAD=$SHIM TIMERLEAK_OPTIONS=${1-} ./sleeper >said 3>&- &
	pid=$!
	for i in $(seq 100); do
		grep -q ready said && return
		sleep 0.05
	done
	return 1
}

@test "a live pid, and once it was killed" {
	sleeper
	report --max-leaks=0 -o json:live.json $pid
	is status "$status" 0
	jq_is live.json '[.processes[0].ended, .summary.undecided, .complete]' '["running",3,true]'
	kill -KILL $pid
	wait $pid || true
	report -o json:dead.json -o text:dead.txt $pid
	is status "$status" 0
	jq_is dead.json '[.processes[0].ended, .summary.undecided]' '["unknown",3]'
	has "$(cat dead.txt)" 'killed, or crashed'
}

@test "a live pid whose trace has a name of the user's" {
	sleeper "trace=$PWD/any name"
	report -o json:live.json $pid
	is status "$status" 0
	jq_is live.json '[.processes[0].ended, .summary.created]' '["running",3]'
	report -o json:live.json "any name"
	jq_is live.json '.processes[0].ended' running
	kill -KILL $pid
	wait $pid || true
}

@test "a process without a trace" {
	report $$
	is status "$status" 2
	has "$stderr" "process $$: the process has no trace"
}

# ---- what it says --------------------------------------------------------------------------

@test "over and over, and in any order: the same bytes" {
	local golden=$ROOT/tests/golden
	report -o json:a.json -o text:a.txt "$golden"/{child,parent}.tlk leaky.tlk
	report -o json:b.json -o text:b.txt leaky.tlk "$golden"/{parent,child}.tlk
	report -o json:c.json -o text:c.txt "$golden"/parent.tlk leaky.tlk "$golden"/child.tlk
	cmp a.json b.json && cmp a.txt b.txt
	cmp a.json c.json && cmp a.txt c.txt
	json=a.json
	json_is '.summary | .created == .stopped + .live' true
	json_is '.summary.live == ([.sites[].count] | add)' true
}

@test "fingerprints: the same over shifted lines, optimization, load addresses" {
	cat >one.c <<-'EOF'
		#include <sys/timerfd.h>
		static inline __attribute__((always_inline)) int inner(void)
		{
			return timerfd_create(1, 0);
		}
		__attribute__((noinline)) int outer(void)
		{
			int fd = inner();
			__asm__ volatile("");
			return fd;
		}
		int main(void) { return outer() < 0; }
	EOF
	(seq -f '/* %g */' 20 && echo 'int more(int x) { return x * x; }' && cat one.c) >two.c
	local prints
	prints=$(for how in "one.c -O0" "two.c -O0" "one.c -O2" "two.c -O2 -no-pie" "one.c -O2"; do
		# shellcheck disable=SC2086
		"${CC:-cc}" -g -o program $how
		runjson ./program
		jq -r '.sites[].fingerprint' "$json"
	done | sort | uniq -c | awk '{print $1}')
	is prints "$prints" 5
}

@test "nothing that a program calls itself reaches the terminal raw" {
	local name=$'ev\033[31mil\nname\001\177'
	cp "$VICTIMS/12_fork_leaking" "$name"
	split "$TIMERLEAK" run "./$name" $'\033]0;title\007'
	is raw "$(tr -d '\n\t -~' <err | wc -c)" 0
	has "$stderr" 'ev.x1b.31mil'
	runjson "./$name" $'\033]0;title\007' $'\377'
	jq_is "$json" '.processes[0].argv[1] == "\u001b]0;title\u0007"' true
}

@test "colour: the option, then the variables, then the terminal" {
	need script
	esc() { grep -c $'\033' || true; }
	tty() { script -qec "$TIMERLEAK report $1 leaky.tlk" /dev/null </dev/null; }
	unset NO_COLOR CLICOLOR_FORCE
	export TERM=xterm
	is pipe "$("$TIMERLEAK" report leaky.tlk | esc)" 0
	[ "$(tty "" | esc)" -gt 0 ]
	is never "$(tty --color=never | esc)" 0
	[ "$("$TIMERLEAK" report --color=always leaky.tlk | esc)" -gt 0 ]
	[ "$(CLICOLOR_FORCE=1 "$TIMERLEAK" report leaky.tlk | esc)" -gt 0 ]
	is no_color "$(NO_COLOR=1 tty "" | esc)" 0
	is both "$(NO_COLOR=1 CLICOLOR_FORCE=1 tty "" | esc)" 0
	[ "$(NO_COLOR=1 tty --color=always | esc)" -gt 0 ]
	[ "$(NO_COLOR='' tty "" | esc)" -gt 0 ]
	is dumb "$(TERM=dumb tty "" | esc)" 0
	CLICOLOR_FORCE=1 split "$TIMERLEAK" report -o a.txt leaky.tlk
	is file "$(esc <a.txt)" 0
	split "$TIMERLEAK" report --color=always -o a.txt leaky.tlk
	[ "$(esc <a.txt)" -gt 0 ]
	report --color=red leaky.tlk
	is status "$status" 2
}

@test "a timerfd that goes through exec: one row an image, and its site is named" {
	cat >goes.c <<-'EOF'
		#include <sys/timerfd.h>
		#include <unistd.h>
		int main(int argc, char **argv)
		{
			if (argc > 1)
				return 0;
			timerfd_create(1, 0); /* HERE */
			timerfd_create(1, TFD_CLOEXEC);
			execl(*argv, *argv, "again", (char *)0);
			return 1;
		}
	EOF
	"${CC:-cc}" -g -o goes goes.c
	runjson -o text:text ./goes
	is status "$status" 0
	json_is '[.processes[] | .ended]' '["exec","exit"]'
	json_is '.processes[0].pid == .processes[1].pid' true
	json_is '[.summary.inherited, .summary.created, .summary.undecided]' '[1,2,2]'
	json_is '[.hazards[] | [.hazard, .count, .stack[0].line]]' '[["cloexec_missing",1,7]]'
	json_is '.hazards[0].fingerprint | length' 16
	has "$(cat text)" '^==[0-9]+== hazard: cloexec_missing, 1 time: .* made in main .*goes.c:7$'
}

@test "a shared signal counts once, to the process and to each thread" {
	cat >pending.c <<-'EOF'
		#define _GNU_SOURCE
		#include <signal.h>
		#include <time.h>
		#include <unistd.h>
		#ifndef sigev_notify_thread_id
		#define sigev_notify_thread_id _sigev_un._tid
		#endif
		static void fire(int signal, int tid)
		{
			struct sigevent event = {.sigev_signo = signal,
						 .sigev_notify = tid ? SIGEV_THREAD_ID : SIGEV_SIGNAL};
			struct itimerspec soon = {.it_value.tv_nsec = 1000000};
			timer_t timer;
			if (tid)
				event.sigev_notify_thread_id = tid;
			timer_create(CLOCK_MONOTONIC, &event, &timer);
			timer_settime(timer, 0, &soon, NULL);
		}
		int main(int argc, char **argv)
		{
			sigset_t all;
			sigfillset(&all);
			sigprocmask(SIG_BLOCK, &all, NULL);
			fire(SIGUSR1, 0);
			fire(SIGUSR1, 0);
			fire(SIGUSR2, 0);
			fire(SIGUSR1, getpid());
			usleep(argc > 1 && *argv[1] == 'y' ? 20000 : 250000);
			if (argc > 1 && *argv[1] == 'k')
				kill(getpid(), SIGKILL);
			return 0;
		}
	EOF
	"${CC:-cc}" -g -o pending pending.c
	runjson --max-undrained=3 ./pending
	is status "$status" 0
	json_is .summary.undrained 3
	runjson --max-undrained=2 ./pending
	is status "$status" 23
	json_is .gate.reasons '["max_undrained"]'
	runjson --max-undrained=0 ./pending young
	is status "$status" 0
	json_is .summary.undrained 0
	runjson -o text:text ./pending killed
	is status "$status" 137
	json_is '[.summary.undrained, .summary.undrained_unknown, .summary.undecided]' '[0,4,4]'
	has "$(cat text)" 'undrained is unknown for 4 timers'
}
