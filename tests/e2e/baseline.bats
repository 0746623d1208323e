#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A baseline of another build of the same source: only what is new counts.
load common
load expect

# source LINES MORE: a program that leaks five timers at two sites; LINES empty ones on top, MORE in
# the first of its functions.
source_of()
{
	for ((i = 0; i < $1; i++)); do echo; done
	[ "$1" = 0 ] || echo "int never_called(int n) { return n * 3; }"
	cat <<-END
		#include <stdlib.h>
		#include <sys/timerfd.h>
		static inline int make(void) { return timerfd_create(1, 0); }
		static __attribute__((noinline)) int two(void) { int a = make(); return a + make(); }
		static __attribute__((noinline)) int three(void)
		{
			int i, sum = 0;
			for (i = 0; i < 3 + (rand() & 0); i++)
				sum += make();
			return sum;
		}
		$2
		int main(void) { return two() + three() + $3 < 0; }
	END
}

build()
{
	mkdir -p "$1"
	source_of "$2" "$4" "$5" >"$1/program.c"
	(cd "$1" && "${CC:-cc}" $3 -g -o "$6" program.c)
}

@test "two builds of one source have the same fingerprints; what is new is found" {
	need "${CC:-cc}"
	build a 0 -O2 "" 0 program
	build b 41 -O2 "" 0 renamed
	build c 7 "-O2 -fPIE -pie -DX" "static __attribute__((noinline)) int four(void) { return make(); }" \
		"four() + two()" program
	for dir in a b c; do
		split "$TIMERLEAK" run -o "$dir.json" -- "$dir/"[pr][re]*[!c]
		status_is 0
	done
	jq -S '[.sites[] | [.fingerprint, .count]] | sort' a.json >a.prints
	jq -S '[.sites[] | [.fingerprint, .count]] | sort' b.json >b.prints
	diff a.prints b.prints
	# The lines did move: the test would else show nothing.
	[ "$(jq -c '[.sites[].stack[0].line]' a.json)" != "$(jq -c '[.sites[].stack[0].line]' b.json)" ]

	split "$TIMERLEAK" run --max-leaks=0 --baseline=a.json -o json:new.json -- b/renamed
	status_is 0
	json=new.json
	json_is '[.summary.leaked, .summary.baselined, .gate.passed]' '[0,5,true]'
	json_is "$SANE" '[true,0,0,0,0,0]'

	# One new site, and two more timers at an old one.
	split "$TIMERLEAK" run --max-leaks=0 --baseline=a.json -o json:new.json -o new.txt -- c/program
	status_is 23
	json_is '[.summary.leaked, .summary.baselined, .summary.sites, .gate.passed]' '[3,5,3,false]'
	json_is "$SANE" '[true,0,0,0,0,0]'
	grep -q '2 timerfds leaked\|1 timerfd leaked' new.txt
	grep -q '^SUMMARY: timerleak: 3 timers leaked at 3 sites' new.txt
	# Its own report is a baseline again.
	split "$TIMERLEAK" run --max-leaks=0 --baseline=new.json -- c/program
	status_is 0
}

@test "a baseline that cannot be read: 2, file and place are named, nothing is run" {
	printf '{\n "schema": "timerleak/1",\n "sites": [}\n' >bad.json
	split "$TIMERLEAK" run --baseline=bad.json touch ran
	status_is 2
	said '^timerleak: baseline: bad.json:3:[0-9]*: '
	split "$TIMERLEAK" run --baseline=missing.json touch ran
	status_is 2
	said 'missing.json: cannot open: No such file'
	[ ! -e ran ]
	split "$TIMERLEAK" report --baseline=bad.json "$BATS_TEST_DIRNAME/../golden/leaky.tlk"
	status_is 2
	is stdout "$stdout" ""
}
