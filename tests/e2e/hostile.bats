#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Traces that somebody made, or put in the way, to hurt whoever looks at them.

load common
load expect

setup()
{
	common_setup
	cp "$ROOT/tests/golden/leaky.tlk" .
	# Address space, in KiB: what trace_read.h states, and the program itself.
	BOUND=$((3 * 1024 * 1024))
}

teardown()
{
	[ -z "${PRIVATE-}" ] || rm -rf "$PRIVATE"
	common_teardown
}

# refused STATUS WORDS FILE...: within seconds and the bound
refused() {
	local want=$1 words=$2
	shift 2
	status=0
	(ulimit -v "$BOUND" && exec timeout 60 "$TIMERLEAK" report "$@") \
		>"$TEST_DIR/out" 2>"$TEST_DIR/err" || status=$?
	stderr=$(cat "$TEST_DIR/err")
	is "$* status" "$status" "$want"
	has "$stderr" "$words"
}

@test "no trace at all: a directory, devices, a pipe without an end, one nobody writes to" {
	mkdir dir
	refused 2 'dir: .*[Dd]irectory' dir
	refused 2 'is a device' /dev/zero
	refused 2 'is a device' /dev/full
	mkfifo fifo
	yes >fifo 2>/dev/null &
	refused 2 'not a timerleak trace' fifo
	wait
	: >fifo &
	refused 2 'empty' fifo
	wait
	ln -s loop loop
	refused 2 'loop: cannot open' loop
	: >empty
	refused 2 'empty' empty
}

@test "a link to a trace is the trace; a pipe is read to its end" {
	ln -s leaky.tlk link
	split "$TIMERLEAK" report link
	has "$stdout" 'SUMMARY: timerleak: [1-9]'
	cp "$TEST_DIR/out" direct
	mkfifo fifo
	cat leaky.tlk >fifo &
	split "$TIMERLEAK" report fifo
	wait
	is text "$(cat out)" "$(cat direct)"
}

@test "a hundred gigabytes of nothing" {
	truncate -s 100G huge 2>/dev/null || skip "no sparse files of that size here"
	refused 2 'not a timerleak trace' huge
	# With a header that says all of it is in use, and one that says what is.
	cp leaky.tlk long
	truncate -s 100G long
	split timeout 60 "$TIMERLEAK" report long
	status_is 0
	has "$stdout" 'SUMMARY: timerleak: [1-9]'
	printf '\377\377\377\377\027' | dd of=long bs=1 seek="$(used_at)" conv=notrunc status=none
	refused 23 'SUMMARY' -o json:long.json --max-leaks=99 long
	jq_is long.json '[.complete, .gate.passed]' '[false,false]'
}

# used_at: where bytes_used stands in the header
used_at() { echo 72; }

@test "it changes while it is read: shorter, longer, rewritten" {
	local i end=$((SECONDS + 4))
	cp leaky.tlk live.tlk
	: >go
	while [ -e go ]; do
		truncate -s $((RANDOM % 20480)) live.tlk
		dd if=leaky.tlk of=live.tlk bs=4096 conv=notrunc status=none
		head -c 4096 /dev/urandom |
			dd of=live.tlk bs=4096 seek=$((RANDOM % 5)) conv=notrunc status=none
	done >/dev/null 2>&1 3>&- &
	for ((i = 0; i < 5 || (i < 200 && SECONDS < end); i++)); do
		status=0
		timeout 60 "$TIMERLEAK" report --max-leaks=0 live.tlk >out 2>err || status=$?
		case $status in 0 | 2 | 23) ;; *) break ;; esac
	done
	rm go
	wait
	case $status in 0 | 2 | 23) ;; *) cat out err && false ;; esac
}

# ---- in the way ----------------------------------------------------------------------------

# planted WHAT: in the trace directory of another user, as the trace of a process that is gone
planted() {
	local dir=$TMPDIR/timerleak-65534
	rm -rf "$dir"
	mkdir -m 700 "$dir"
	"$@" "$dir/$DEAD.1.tlk"
	chown -h -R 65534:65534 "$dir"
}

@test "root looks for the trace of a process where another user plants things" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	unset XDG_RUNTIME_DIR
	DEAD=$(sh -c 'echo $$')
	planted mkfifo
	refused 2 "$DEAD.1.tlk: is not a regular file" "$DEAD"
	planted ln -s /dev/zero
	refused 2 "is not a regular file" "$DEAD"
	planted ln -s "$PWD/leaky.tlk"
	refused 2 "is not a regular file" "$DEAD"
	planted mkdir
	refused 2 "is not a regular file" "$DEAD"
	planted cp "$ROOT/tests/golden/leaky.tlk"
	split "$TIMERLEAK" report "$DEAD"
	has "$stdout" 'SUMMARY: timerleak: [1-9]'
	# What is there is not root's to remove, by age or else.
	touch -d '30 days ago' "$TMPDIR/timerleak-65534/$DEAD.1.tlk"
	split "$TIMERLEAK" report leaky.tlk
	[ -e "$TMPDIR/timerleak-65534/$DEAD.1.tlk" ]
}

@test "another user: the directory is 0700, the trace 0600, and neither is another's to prepare" {
	local user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	"${user[@]}" true 2>/dev/null || skip "setpriv cannot change the user here"
	"${user[@]}" test -x "$SHIM" || skip "the build is not readable for others"
	unset XDG_RUNTIME_DIR
	# Not below a directory that only root may enter.
	PRIVATE=$(mktemp -d /tmp/tl-private.XXXXXX)
	chmod 1777 "$PRIVATE"
	TMPDIR=$PRIVATE
	"${user[@]}" env LD_PRELOAD="$SHIM" "$VICTIMS/process_ends" by_kill >/dev/null 2>&1 || true
	is files "$(find "$TMPDIR" -name '*.tlk' -printf '%m %U %n\n')" "600 65534 1"
	is directory "$(stat -c '%a %u' "$TMPDIR/timerleak-65534")" "700 65534"
	# Root's own, and one that others may write, are not used by that user.
	rm -rf "$TMPDIR/timerleak-65534"
	mkdir -m 777 "$TMPDIR/timerleak-65534"
	"${user[@]}" env LD_PRELOAD="$SHIM" "$VICTIMS/process_ends" by_kill >/dev/null 2>&1 || true
	is files "$(find "$TMPDIR" -name '*.tlk' | wc -l)" 0
}

@test "what the command line and a rules file say is made harmless, too" {
	local name=$'no\033]0;x\007\nfile\342\200\256'
	split "$TIMERLEAK" report "$name"
	is raw "$(tr -d '\n\t -~' <err | wc -c)" 0
	has "$stderr" 'no.x1b.0;x.x07.x0afile.u202e: cannot open'
	printf 'wro\033ng:x\n' >"$name"
	for option in "--suppressions=$name" "--leak-kinds=$name" "--$name" "--baseline=$name" "-o$name"; do
		split "$TIMERLEAK" report "$option" leaky.tlk
		is "status of $option" "$status" 2
		is "raw after $option" "$(tr -d '\n\t -~' <err | wc -c)" 0
	done
	split "$TIMERLEAK" "$name"
	is raw "$(tr -d '\n\t -~' <err | wc -c)" 0
	split "$TIMERLEAK" run "./$name"
	is raw "$(tr -d '\n\t -~' <err | wc -c)" 0
}

@test "the analyzer under Valgrind: nothing unwritten is read, nothing is lost" {
	local trace
	command -v valgrind >/dev/null || skip "no valgrind here"
	for trace in leaky every_class heap killed; do
		split valgrind -q --leak-check=full --errors-for-leak-kinds=definite \
			--error-exitcode=99 "$TIMERLEAK" report -o text:- -o json:o.json -o x.html \
			-o x.folded -o x.pb.gz "$ROOT/tests/golden/$trace.tlk"
		is "$trace" "$status" 0
	done
	head -c 10000 leaky.tlk >cut.tlk
	split valgrind -q --error-exitcode=99 "$TIMERLEAK" report cut.tlk
	is cut "$status" 0
}
