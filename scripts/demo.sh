#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The three shapes of a timer that outlives its use, each right, leaking and mended, with the report
# that the user of a program gets; then a gate as a CI job would set it. Fails if a report is not
# the expected one.
cd "$(dirname "$0")/.." || exit 1
build=${BUILD:-build}
shim=$build/libtimerleak.so
bad=0

say() { printf '\n%s\n' "$*"; }

# show WORD VICTIM: runs it and shows its report; WORD: clean, leaks, or any.
show()
{
	local victim=$build/victims/$2 out
	printf '$ LD_PRELOAD=%s %s\n' "$shim" "$victim"
	out=$(LD_PRELOAD=$(readlink -f "$shim") "$victim" 2>&1)
	printf '%s\n' "$out" | sed 's/^/  /'
	case $1 in
	clean) grep -q '^SUMMARY: timerleak: 0 timers leaked' <<<"$out" ;;
	leaks) grep -q '^SUMMARY: timerleak: [1-9][0-9]* timers\? leaked' <<<"$out" ;;
	any) grep -q '^SUMMARY: timerleak: ' <<<"$out" ;;
	esac || complain "$2 did not give the expected report"
}

# gate STATUS VICTIM
gate()
{
	local victim=$build/victims/$2 status
	printf '$ %s run --max-leaks=0 -- %s\n' "$build/timerleak" "$victim"
	"$build/timerleak" run --max-leaks=0 -- "$victim" 2>&1 | sed 's/^/  /'
	status=${PIPESTATUS[0]}
	echo "status: $status"
	[ "$status" = "$1" ] || complain "expected $1"
}

complain()
{
	echo "demo: $*"
	bad=1
}

say '--- 1. Wait for an answer or a timeout (Go: select with time.After) ---'
say 'Right: only the timeout can win, and it is read and closed.'
show clean 01_select_timeout_valid
say 'Leaking: the answer comes first, and the function returns without closing the timer.'
show leaks 01_select_timeout_leaking
say 'Mended: one way out for both.'
show clean 01_select_timeout_fixed

say '--- 2. A timer that is used again (Go: Reset without draining the channel) ---'
say 'Leaking its tick: the timer goes back to the pool unread, and the next user wakes up at once.'
show any 02_pool_stale_tick_leaking
say 'Mended: setting it again clears the tick.'
show clean 02_pool_stale_tick_fixed

say '--- 3. A POSIX timer and sigwaitinfo (Go: a Stop that is forgotten) ---'
say 'Right: wait, then delete.'
show clean 03_sigwait_timeout_valid
say 'Leaking: the reply comes first, and nobody deletes the timer.'
show leaks 03_sigwait_timeout_leaking
say 'Mended: delete, then take what is still pending.'
show clean 03_sigwait_timeout_fixed

say '--- A gate, as a CI job sets it: the status is 23 when a timer leaks ---'
gate 23 01_select_timeout_leaking
gate 0 01_select_timeout_fixed

say "Now yours: LD_PRELOAD=$shim ./your-program"
exit $bad
