#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Suppressions as users make, forget and mistype them. Matching itself: tests/unit/test_suppress.c.
load common
load expect

GOLDEN=$BATS_TEST_DIRNAME/../golden

@test "--gen-suppressions: its rules suppress what they were made for, and only that" {
	need "${CC:-cc}"
	cat >p.c <<-'END'
		#include <stdlib.h>
		#include <sys/timerfd.h>
		__attribute__((noinline)) int odd(void) __asm__("\"^a;b c;...;*x$\"");
		__attribute__((noinline)) int odd(void) { return timerfd_create(1, 0); }
		__attribute__((noinline)) int make(void) { return timerfd_create(1, 0) + 1; }
		static int compare(const void *a, const void *b) { return a == b ? 0 : make() < 0; }
		__attribute__((noinline)) int other(void) { return make() + 1; }
		int main(void)
		{
			int two[2] = {1, 2};
			qsort(two, 2, sizeof(int), compare);
			return odd() + other() < 0;
		}
	END
	"${CC:-cc}" -g -O1 -o p p.c
	split "$TIMERLEAK" run --trace=p.tlk --gen-suppressions -o p.txt -o p.json -- ./p
	status_is 0
	grep '^stack:' p.txt >rules
	is rules "$(wc -l <rules)" 3
	grep -qxF 'stack:^make$;^compare$;...;^main$' rules
	diff <(sort rules) <(jq -r '.sites[].suppression' p.json | sort)
	split "$TIMERLEAK" report --suppressions=rules --max-leaks=0 -o q.json p.tlk
	status_is 0
	json=q.json
	json_is '[.summary.suppressed, [.suppressions[].hits]]' '[3,[1,1,1]]'
	# Each one takes its own.
	while read -r rule; do
		echo "$rule" >one
		split "$TIMERLEAK" report --suppressions=one -o q.json p.tlk
		json_is '.summary.suppressed' 1
	done <rules
	split "$TIMERLEAK" report --gen-suppressions "$GOLDEN/heap.tlk"
	has "$stdout" '^# a frame has no function: any of its module is covered$'
}

@test "--gen-suppressions: a star is a star; what else a rule covers is told; each stands once" {
	need "${CC:-cc}"
	cat >p.c <<-'END'
		#include <pthread.h>
		#include <signal.h>
		#include <sys/timerfd.h>
		#include <time.h>
		#define NOINLINE __attribute__((noinline))
		NOINLINE int times(void) __asm__("\"operator*\"");
		NOINLINE int times(void) { return timerfd_create(1, 0); }
		NOINLINE int plus(void) __asm__("\"operator+\"");
		NOINLINE int plus(void) { return timerfd_create(1, 0); }
		NOINLINE void *worker(void *arg) { return timerfd_create(1, 0) < 0 ? arg : NULL; }
		NOINLINE int both(void)
		{
			struct sigevent none = {.sigev_notify = SIGEV_NONE};
			timer_t timer;
			return timer_create(CLOCK_MONOTONIC, &none, &timer) + timerfd_create(1, 0);
		}
		int main(void)
		{
			pthread_t thread;
			if (pthread_create(&thread, NULL, worker, NULL) == 0)
				pthread_join(thread, NULL);
			return times() + plus() + both() < (worker(NULL) != NULL);
		}
	END
	"${CC:-cc}" -D_GNU_SOURCE -g -O1 -pthread -o p p.c
	split "$TIMERLEAK" run --trace=p.tlk --gen-suppressions -o p.txt -- ./p
	status_is 0
	diff <(grep '^[s#]' p.txt | LC_ALL=C sort) - <<-'END'
		# a rule above covers this
		# this covers 1 other site too
		# this covers 1 other site too
		stack:^"operator+"$;^main$
		stack:^"operator\*"$;^main$
		stack:^both$;^main$
		stack:^worker$
		stack:^worker$;^main$
	END
	is remarks "$(grep -A1 covers\ 1 p.txt | grep ^stack: | sort | xargs)" 'stack:^both$;^main$ stack:^worker$'
	grep 'operator.\*' p.txt >one
	split "$TIMERLEAK" report --suppressions=one -o q.json p.tlk
	json=q.json
	json_is '[.summary.suppressed, (.sites[] | select(.suppressed_by) | .stack[0].function)]' '[1,"\"operator*\""]'
}

@test "rules that match nothing, or too much, are told" {
	printf '# mine\nleak:nobody\n\nmodule:app\n' >rules
	split "$TIMERLEAK" report --suppressions=rules "$GOLDEN/every_class.tlk"
	status_is 0
	has "$stdout" 'note: 1 suppression matched nothing: rules:2: leak:nobody$'
	has "$stdout" 'note: a suppression matches 9 of all 9 sites, .*: rules:4: module:app$'
	has "$stdout" 'suppressed: 9 timers by module:app'
	# One site is too few to tell, and no timer at all is nobody's fault.
	echo 'module:app' >rules
	split "$TIMERLEAK" report --suppressions=rules "$GOLDEN/leaky.tlk"
	hasnt "$stdout" 'suppression (matched|matches)'
	split "$TIMERLEAK" report --suppressions=rules "$GOLDEN/empty.tlk"
	is stdout "$stdout" "SUMMARY: timerleak: 0 timers leaked"
}

@test "a mistake in a file: the preload tells it and reports without those rules" {
	printf 'leak:main\nwhat is this\n' >bad
	TIMERLEAK_OPTIONS=suppressions=bad bare "$VICTIMS/01_select_timeout_leaking"
	status_is 0
	said 'note: suppressions: bad:2: a rule begins with .*; no rule of that file is used'
	said 'answer_or_timeout'
	summary_is 5
	TIMERLEAK_OPTIONS=suppressions=missing:max_leaks=0 bare "$VICTIMS/01_select_timeout_fixed"
	status_is 0
	said 'note: suppressions: missing: No such file'
}

@test "a program's own rules: a function or data, also of one that is killed" {
	need "${CC:-cc}"
	local source=$BATS_TEST_DIRNAME/../victims/own_rules.c flags
	flags='-O1 -g -D_GNU_SOURCE -Wl,--export-dynamic-symbol=__timerleak_default_suppressions'
	bare "$VICTIMS/own_rules"
	status_is 0
	summary_is 1
	said "suppressed: 1 timer by the program's own rule leak:\^wanted\\$"
	runjson "$VICTIMS/own_rules"
	json_is '[.summary.leaked, .summary.suppressed, .sites[0].stack[0].function]' '[1,1,"leaked"]'
	split "$TIMERLEAK" run -o page.html -- "$VICTIMS/own_rules"
	has "$(cat page.html)" "1 timer suppressed by the program's own rule <code>"
	runjson --no-default-suppressions "$VICTIMS/own_rules"
	json_is '[.summary.leaked, .summary.suppressed]' '[2,0]'
	runjson "$VICTIMS/own_rules" kill
	json_is '[.summary.undecided, .summary.suppressed]' '[1,1]'
	# The rules are the program's alone: its child, another one, leaks as it would.
	runjson sh -c "'$VICTIMS/own_rules'; '$VICTIMS/01_select_timeout_leaking'"
	json_is '[.summary.leaked, .summary.suppressed]' '[6,1]'

	# shellcheck disable=SC2086 # several flags
	"${CC:-cc}" $flags -DAS_DATA -DRULES='"leak:^wanted$\n"' -o data "$source"
	bare ./data
	summary_is 1
	# shellcheck disable=SC2086
	"${CC:-cc}" $flags -DRULES='"leak:^wanted$\nnonsense\n"' -o wrong "$source"
	bare ./wrong
	summary_is 2
	said "note: suppressions: __timerleak_default_suppressions:2: .*; none of the program's own"
	# shellcheck disable=SC2086
	"${CC:-cc}" $flags -DRULES='0' -o none "$source"
	bare ./none
	summary_is 2
}
