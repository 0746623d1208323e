#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Traces of processes that died are kept for a while, not for ever: the newest 20, 7 days, 64 MiB.

load common

setup()
{
	common_setup
	DIR=$XDG_RUNTIME_DIR/timerleak-$(id -u)
	mkdir -m 700 "$DIR"
	NOW=$(date +%s)
	DEAD=4194303 # above any pid_max that a machine of today has
	[ ! -e /proc/$DEAD ] || skip "pid $DEAD lives"
	cp "$ROOT/tests/golden/empty.tlk" trace.tlk
}

# dead N [AGE]: the trace of a process that ended so many seconds ago
dead()
{
	local file="$DIR/$DEAD.$((NOW - ${2:-0}))000000$1.tlk"
	echo trace >"$file"
	touch -d "@$((NOW - ${2:-0}))" "$file"
}

count() { find "$DIR" -name '*.tlk' | wc -l; }

sweep() { "$TIMERLEAK" report trace.tlk >/dev/null; }

@test "the newest twenty are kept" {
	local i
	for i in $(seq 10 39); do dead "$i" $((i * 10)); done
	sweep
	is kept "$(count)" 20
	is oldest "$(find "$DIR" -name '*.tlk' -printf '%T@\n' | sort -n | head -n 1 | cut -d. -f1)" \
		$((NOW - 290))
}

@test "seven days" {
	dead 11 $((7 * 24 * 3600 - 60))
	dead 12 $((7 * 24 * 3600 + 60))
	sweep
	is kept "$(count)" 1
}

@test "a trace that was written to lately is not old, whenever it began" {
	local file=$DIR/$DEAD.1000000000000000001.tlk
	cp "$ROOT/tests/golden/leaky.tlk" "$file"
	touch -d "@$((NOW - 30 * 24 * 3600))" "$file"
	# start_realtime, as the header has it, is what counts where the file's time tells less
	python3 -c '
import struct, sys
with open(sys.argv[1], "r+b") as f:
    f.seek(48)
    f.write(struct.pack("<Q", int(sys.argv[2]) * 10**9))' "$file" $((NOW - 3600))
	sweep
	is kept "$(count)" 1
	touch -d "@$((NOW - 30 * 24 * 3600))" "$file"
	python3 -c '
import struct, sys
with open(sys.argv[1], "r+b") as f:
    f.seek(48)
    f.write(struct.pack("<Q", 10**18))' "$file"
	touch -d "@$((NOW - 30 * 24 * 3600))" "$file"
	sweep
	is kept "$(count)" 0
}

@test "64 MiB, but the newest stays" {
	dead 11 10
	fallocate -l 40M "$DIR/$DEAD.111.tlk" && touch -d "@$((NOW - 20))" "$DIR/$DEAD.111.tlk"
	fallocate -l 40M "$DIR/$DEAD.112.tlk" && touch -d "@$((NOW - 30))" "$DIR/$DEAD.112.tlk"
	dead 13 40
	sweep
	is kept "$(count)" 3
	[ ! -e "$DIR/$DEAD.112.tlk" ]
	rm "$DIR"/*
	fallocate -l 80M "$DIR/$DEAD.111.tlk"
	sweep
	is kept "$(count)" 1
}

@test "what is not ours to remove stays" {
	local old=$((30 * 24 * 3600)) file
	echo precious >"$TEST_DIR/target"
	touch -d "@$((NOW - old))" "$TEST_DIR/target"
	ln -s "$TEST_DIR/target" "$DIR/$DEAD.1.tlk"
	for file in notes.txt "$DEAD.tlk" "$DEAD.x.tlk" "x$DEAD.1.tlk" "$DEAD.1.tlk.bak" "$$.1.tlk"; do
		echo precious >"$DIR/$file"
		touch -d "@$((NOW - old))" "$DIR/$file"
	done
	mkdir "$DIR/$DEAD.2.tlk"
	sweep
	is kept "$(find "$DIR" -mindepth 1 | wc -l)" 8
	is target "$(cat "$TEST_DIR/target")" precious
	# It does remove.
	dead 11 $old
	sweep
	is kept "$(find "$DIR" -mindepth 1 | wc -l)" 8
}

@test "a directory that is a link, or open to others, is left alone" {
	dead 11 $((30 * 24 * 3600))
	chmod 755 "$DIR"
	sweep
	is kept "$(count)" 1
	chmod 700 "$DIR"
	mv "$DIR" "$TEST_DIR/elsewhere"
	ln -s "$TEST_DIR/elsewhere" "$DIR"
	sweep
	is kept "$(find "$TEST_DIR/elsewhere" -name '*.tlk' | wc -l)" 1
}

@test "the preload's own report sweeps, too" {
	dead 11 $((30 * 24 * 3600))
	bare "$VICTIMS/01_select_timeout_leaking"
	is status "$status" 0
	is kept "$(count)" 0
}

# A launcher that was killed while its program ran, the program too.
killed_launcher()
{
	set -m
	"$TIMERLEAK" run sh -c 'echo $$ >pid; echo ready; exec sleep 60' >log 2>err &
	local launcher=$! i
	set +m
	for i in $(seq 100); do
		grep -qs ready log && break
		sleep 0.05
	done
	RUN_DIR=$(find "$XDG_RUNTIME_DIR" -maxdepth 1 -name 'timerleak-run.*')
	[ -d "$RUN_DIR" ]
	sweep
	[ -d "$RUN_DIR" ]
	touch -d "@$((NOW - 600))" "$RUN_DIR"
	sweep # it lives, and holds its lock
	[ -d "$RUN_DIR" ]
	kill -KILL $launcher
	wait $launcher || true
}

@test "the directory of a launcher that was killed goes with its traces" {
	killed_launcher
	touch -d "@$((NOW - 600))" "$RUN_DIR"
	sweep # its program still runs
	[ -d "$RUN_DIR" ]
	is traces "$(find "$RUN_DIR" -name "$(cat pid).*.tlk" | wc -l | tr -d 0)" "$(ls "$RUN_DIR" | wc -l)"
	kill -KILL "$(cat pid)"
	local i
	for i in $(seq 100); do
		[ -e "/proc/$(cat pid)" ] || break
		sleep 0.05
	done
	touch -d "@$((NOW - 600))" "$RUN_DIR"
	sweep # young: timerleak report PID may still be asked
	[ -d "$RUN_DIR" ]
	for i in $(seq 10 29); do dead "$i" -100; done
	touch -d "@$((NOW - 600))" "$RUN_DIR"
	sweep
	[ ! -e "$RUN_DIR" ]
}

@test "two hundred that died at once: twenty are left" {
	local i
	for i in $(seq 100 299); do dead "$i" 1; done
	sweep
	is kept "$(count)" 20
}

@test "a launcher's directory that is locked is in use, one that is young may be" {
	need flock
	local run=$XDG_RUNTIME_DIR/timerleak-run.abcdef
	mkdir -m 700 "$run"
	sweep
	[ -d "$run" ]
	touch -d "@$((NOW - 600))" "$run"
	flock "$run" "$TIMERLEAK" report trace.tlk >/dev/null
	[ -d "$run" ]
	ln -s "$SHIM" "$run/libtimerleak.so"
	touch -d "@$((NOW - 600))" "$run"
	sweep
	[ ! -e "$run" ]
	mkdir -m 700 "$run"
	echo precious >"$run/file"
	touch -d "@$((NOW - 600))" "$run"
	sweep
	[ -s "$run/file" ]
}
