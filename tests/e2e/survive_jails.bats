#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Hosts that shut themselves in or change who they are: six timers, whatever happens halfway.

load common
load expect
load survive

HOST=$VICTIMS/survive_host

# kept_trace KIND: the one trace that is left explains the process afterwards
kept_trace() {
	local trace
	trace=$(find "$XDG_RUNTIME_DIR" -name '*.tlk')
	json=$TEST_DIR/kept.json
	"$TIMERLEAK" report -o "json:$json" "$trace" 2>>"$TEST_DIR/err"
	json_is "$SANE + [.summary.created, .summary.stopped, .summary.$1]" '[true,0,0,0,0,0,6,2,4]'
	rm "$trace"
}

# jailed CASE KIND: a write of ours might be the end of it; the launcher's report comes from outside
jailed() {
	six_bare "$HOST" "$1"
	is stderr "$stderr" ""
	kept_trace "$2"
	six_run "$HOST" "$1"
	warned 'seccomp sandbox: no audit and no report from inside'
	host "${1/_/ }" "no report from inside, the trace is kept" \
		"full report, no evidence from the end (said)"
}

@test "seccomp: a filter that allows what the program itself does" {
	jailed seccomp_filter possible
}

# The bare call that ends it is seen by nobody.
@test "seccomp: strict" {
	jailed seccomp_strict undecided
}

@test "privileges dropped" {
	six_bare "$HOST" privileges_dropped
	full_report
	six_run "$HOST" privileges_dropped
	host "privileges dropped" "full report" "full report"
}

@test "namespaces unshared" {
	six_bare "$HOST" namespaces_unshared
	full_report
	six_run "$HOST" namespaces_unshared
	host "unshare: mount, net, uts, ipc" "full report" "full report"
}

@test "unshare(CLONE_FILES)" {
	six_bare "$HOST" files_unshared
	full_report
	six_run "$HOST" files_unshared
	host "unshare(CLONE_FILES)" "full report" "full report"
}

@test "chroot" {
	six_bare "$HOST" chrooted
	short_report
	# A name from where the program began is of use outside alone, as a whole path.
	TIMERLEAK_OPTIONS=trace=here.tlk six_bare "$HOST" chrooted
	said "timerleak report $PWD/here\.tlk"
	six_run "$HOST" chrooted
	host "chroot" "short report: the analyzer is out of reach" "full report"
}

# In a mount namespace: nothing at /proc.
@test "no /proc" {
	unshare -m true 2>/dev/null || skip "no mount namespace"
	local hide='mount -t tmpfs none /proc && exec "$@"'
	split unshare -m sh -c "$hide" - env LD_PRELOAD="$SHIM" "$HOST" plain
	unharmed
	said '^SUMMARY: timerleak: 4 timers (leaked|not stopped) at 4 sites$'
	said 'could not be (read|asked)'
	json=$TEST_DIR/run.json
	split unshare -m sh -c "$hide" - "$TIMERLEAK" run -o "json:$json" "$HOST" plain
	unharmed
	counted
	warned '/proc/self'
	host "no /proc" "report, not compared with the kernel (said)" \
		"full report, not compared with the kernel (said)"
}

@test "set-uid: the loader leaves the library out" {
	[ "$(id -u)" = 0 ] || skip "needs root"
	chmod 755 "$TEST_DIR"
	cp "$HOST" uid
	chown nobody uid
	chmod u+s uid
	six_bare ./uid plain
	not_said SUMMARY
	refused set-uid ./uid plain
	host "set-uid" "runs, not recorded: the loader ignores LD_PRELOAD" "refused: set-uid, status 3"
}

# Linked with the library, a set-uid program does have it. What its caller may say ends there.
@test "AT_SECURE: a caller names no files" {
	[ "$(id -u)" = 0 ] || skip "needs root"
	chmod 755 "$TEST_DIR"
	gcc -D_GNU_SOURCE -O1 -g -I"$ROOT/tests/victims" -o linked -Wl,--no-as-needed,--disable-new-dtags \
		"$ROOT/tests/victims/survive_host.c" "$SHIM" -Wl,-rpath,"$BUILD"
	for options in "trace=$TEST_DIR/t.tlk" "log_path=$TEST_DIR/log"; do
		TIMERLEAK_OPTIONS=$options split ./linked plain
		unharmed
	done
	[ -e t.tlk ] && ls log.* # they hold where nobody is to be protected
	rm t.tlk log.*
	chown nobody linked
	chmod u+s linked
	chmod 777 "$TEST_DIR"
	for options in "trace=$TEST_DIR/t.tlk" "log_path=$TEST_DIR/log"; do
		TIMERLEAK_OPTIONS=$options split ./linked plain
		unharmed
		short_report
	done
	is written "$(find . -name "t.tlk*" -o -name "log*")" ""
	host "AT_SECURE, linked with the library" "short report; options that name files ignored" \
		"refused: set-uid, status 3"
	refused set-uid ./linked plain
}
