#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What the commands say on stderr, and where their words must fit the numbers.

load common

@test "an incomplete trace is named so on stderr, whatever -o writes" {
	local golden=$ROOT/tests/golden
	head -c $(($(stat -c %s "$golden/leaky.tlk") - 4096)) "$golden/leaky.tlk" >cut.tlk
	split "$TIMERLEAK" report -o a.json cut.tlk
	is status "$status" 0
	has "$stderr" '^==[0-9]+== note: the data is incomplete'
	split "$TIMERLEAK" report --max-leaks=999 -o a.json cut.tlk
	is status "$status" 23
	is lines "$(grep -c incomplete <<<"$stderr")" 1
	split "$TIMERLEAK" report -o a.json "$golden/leaky.tlk"
	hasnt "$stderr" incomplete
}

@test "a limit on file size is an error with the file's name, and leaves nothing behind" {
	local format
	for format in json html; do
		split bash -c 'ulimit -f 1 && exec "$@"' - \
			"$TIMERLEAK" report -o "$format:big" "$ROOT/tests/golden/every_class.tlk"
		is status "$status" 2
		has "$stderr" '^timerleak: big: cannot write: File too large'
	done
	is files "$(find . -name 'big*')" ""
}

@test "a log that cannot be written is named on standard error" {
	mkdir full
	mount -t tmpfs -o size=8k none full 2>/dev/null || skip "cannot mount"
	dd if=/dev/zero of=full/fill bs=4k count=4 2>/dev/null || true
	TIMERLEAK_OPTIONS=log_path=full/log bare "$VICTIMS/01_select_timeout_leaking"
	umount full
	is status "$status" 0
	has "$stderr" '^timerleak: the report in log_path is not whole: timerleak ended with status 2'
	TIMERLEAK_OPTIONS=log_path=log bare "$VICTIMS/01_select_timeout_leaking"
	is stderr "$stderr" ''
}

@test "a leak of one more than in the baseline is spoken of as one" {
	cat >some.c <<-'EOF'
		#include <sys/timerfd.h>
		#include <stdlib.h>
		int main(int argc, char **argv)
		{
			for (int i = argc - argc; i < atoi(argv[1]); i++)
				timerfd_create(1, 0);
			return 0;
		}
	EOF
	"${CC:-cc}" -g -o some some.c
	split "$TIMERLEAK" run -o base.json ./some 1
	split "$TIMERLEAK" run --baseline=base.json ./some 2
	has "$stderr" ' 1 timerfd leaked \(possible, never_stopped\)'
	has "$stderr" '; of 2 live ones 1 is in the baseline'
	has "$stderr" 'advice: close it on every path'
}

@test "the JSON of a heap profile says whether it is complete" {
	cp "$ROOT/tests/golden/heap.tlk" whole.tlk
	head -c $(($(stat -c %s whole.tlk) - 4096)) whole.tlk >cut.tlk
	split "$TIMERLEAK" report --heap-profile -o whole.json whole.tlk
	split "$TIMERLEAK" report --heap-profile -o cut.json cut.tlk
	split "$TIMERLEAK" report --heap-profile -o some.json whole.tlk missing.tlk
	is status "$status" 2
	is complete "$(jq -c .complete whole.json cut.json some.json | xargs)" "true false false"
}

@test "timers that fail --max-undrained are named for GitHub and in JUnit" {
	cat >late.c <<-'EOF'
		#include <sys/timerfd.h>
		#include <unistd.h>
		int main(void)
		{
			struct itimerspec soon = {{0, 0}, {0, 1000000}};
			timerfd_settime(timerfd_create(1, 0), 0, &soon, NULL);
			usleep(150000);
			return 0;
		}
	EOF
	"${CC:-cc}" -g -o late late.c
	split "$TIMERLEAK" run --leak-kinds=definite --max-undrained=0 -o github:a.github -o a.xml ./late
	is status "$status" 23
	has "$(<a.github)" '^::error title=timerleak::1 undrained, at most 0 allowed%0A.*main .*late.c:6$'
	has "$(<a.xml)" '^1 timerfd undrained, made here:'
	has "$(<a.xml)" '#0 main .*late.c:6'
	split "$TIMERLEAK" run --leak-kinds=definite --max-undrained=1 -o github:a.github -o a.xml ./late
	is status "$status" 0
	is github "$(<a.github)" ''
	hasnt "$(<a.xml)" undrained
}

@test "run under enabled=0: no trace, and that is the reason given" {
	TIMERLEAK_OPTIONS=enabled=0 split "$TIMERLEAK" run true
	is status "$status" 3
	has "$stderr" '^timerleak: true: no trace appeared: TIMERLEAK_OPTIONS has enabled=0$'
}

@test "help COMMAND is COMMAND --help" {
	local command
	for command in run report diff; do
		split "$TIMERLEAK" help "$command"
		is status "$status" 0
		has "$stdout" "^Usage: timerleak $command "
	done
	split "$TIMERLEAK" help
	has "$stdout" '^Usage: timerleak COMMAND '
	split "$TIMERLEAK" help rum
	is status "$status" 2
	has "$stderr" "unknown command 'rum'; did you mean 'run'"
}
