# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# For the survive_*.bats files, on top of common.bash and expect.bash: hosts that make six timers
# and stop two of them, whatever else they do (tests/victims/survive_host.c).

SIX='six made, two stopped'
COUNTS="$SANE + [.summary.created, .summary.stopped, .gate.leaked, .summary.untracked]"
LIMIT=30 # seconds; outside of what is watched, since timeout makes a timer itself

# unharmed: what the program does, and its status, are as ever
unharmed() {
	status_is 0
	is stdout "$stdout" "$SIX"
}

# six_bare CMD...: by the preload alone
six_bare() {
	rm -rf gone
	split timeout $LIMIT env LD_PRELOAD="${PRELOAD:-$SHIM}" "$@"
	[ "$status" -ne 77 ] || skip "$stderr"
	unharmed
}

# full_report: of the bare route, with verdicts
full_report() {
	said '^==[0-9]+== +6 +2 +4 +4$'
	said '^SUMMARY: timerleak: 4 timers leaked at 4 sites$'
}

# short_report: of the bare route, from inside
short_report() {
	said '^SUMMARY: timerleak: 4 timers not stopped at 4 sites$'
}

# six_run [OPTION... --] CMD...: by the launcher, exact counts
six_run() {
	rm -rf gone
	within $LIMIT "$@"
	[ "$status" -ne 77 ] || skip "$stderr"
	unharmed
	counted
}

counted() {
	json_is "$COUNTS" '[true,0,0,0,0,0,6,2,4,0]'
}

# warned REGEX: a warning of the JSON report
warned() {
	json_is "[.warnings[] | test(\"$1\")] | any" true
}

# refused REGEX CMD...: by the launcher with status 3 and the reason; not started
refused() {
	local reason=$1
	shift
	split timeout $LIMIT "$TIMERLEAK" run "$@"
	status_is 3
	said "$reason"
	is stdout "$stdout" ""
}

# host ROW BARE RUN: for the table of hosts
host() {
	outcome hosts "$1" bare "$2"
	outcome hosts "$1" run "$3"
}
