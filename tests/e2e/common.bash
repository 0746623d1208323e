# SPDX-License-Identifier: MIT
# What every .bats file here loads. Each test runs in a directory of its own, with TMPDIR and
# XDG_RUNTIME_DIR in it, so that no trace of another test is in sight.
# shellcheck shell=bash

# A process is the dearest thing here: where the shell can do it, no program is started.
ROOT=${BATS_TEST_DIRNAME%/*/*}
BUILD=${BUILD:-$ROOT/build}
case $BUILD in /*) ;; *) BUILD=$ROOT/$BUILD ;; esac
TIMERLEAK=$BUILD/timerleak
SHIM=$BUILD/libtimerleak.so
VICTIMS=$BUILD/victims
export ROOT BUILD TIMERLEAK SHIM VICTIMS

common_setup()
{
	TEST_DIR=$BATS_TEST_TMPDIR # bats removes it
	OLD_TMPDIR=${TMPDIR-}
	export TMPDIR=$TEST_DIR/tmp XDG_RUNTIME_DIR=$TEST_DIR/run
	mkdir -m 700 "$TMPDIR" "$XDG_RUNTIME_DIR"
	unset TIMERLEAK_OPTIONS LD_PRELOAD
	cd "$TEST_DIR" || return 1
}

common_teardown()
{
	cd / || return 1
	if [ -n "$OLD_TMPDIR" ]; then TMPDIR=$OLD_TMPDIR; else unset TMPDIR; fi
}

# A file that needs more of its own calls these two from its own.
setup() { common_setup; }
teardown() { common_teardown; }

# gone FILE: it is, of a run before
gone() { [ ! -e "$1" ] || rm -f "$1"; }

# split CMD...: runs it; $status, $stdout and $stderr (also in the files out and err).
split()
{
	status=0
	"$@" >"$TEST_DIR/out" 2>"$TEST_DIR/err" </dev/null || status=$?
	stdout=$(<"$TEST_DIR/out")
	stderr=$(<"$TEST_DIR/err")
	export status stdout stderr
}

# bare CMD...: under the preload alone.
bare() { LD_PRELOAD=$SHIM split "$@"; }

# barejson CMD...: the same, its trace then reported as JSON into $json.
barejson()
{
	local options=${TIMERLEAK_OPTIONS-}
	gone "$TEST_DIR/bare.tlk"
	TIMERLEAK_OPTIONS="trace=$TEST_DIR/bare.tlk:$options" LD_PRELOAD=$SHIM split "$@"
	json=$TEST_DIR/bare.json
	"$TIMERLEAK" report -o "json:$json" "$TEST_DIR/bare.tlk" 2>>"$TEST_DIR/err"
}

# runjson [OPTION...] [--] CMD...: under the launcher, the report as JSON in $json.
runjson()
{
	json=$TEST_DIR/run.json
	gone "$json"
	split "$TIMERLEAK" run -o "json:$json" "$@"
}

# jq_is FILE FILTER EXPECTED: what the filter gives, compact, raw strings.
jq_is()
{
	local got
	got=$(jq -rc "$2" "$1") || return 1
	[ "$got" = "$3" ] && return 0
	echo "$2: expected $3, got $got"
	jq -c '.summary, .sites[]?' "$1" | head -n 20
	return 1
}

# is WHAT GOT EXPECTED: equal, or both are shown.
is()
{
	[ "$2" = "$3" ] && return 0
	printf '%s: expected\n%s\ngot\n%s\n' "$1" "$3" "$2"
	return 1
}

# has TEXT REGEX / hasnt TEXT REGEX: a line that matches (grep -E), or the text is shown.
has()
{
	grep -Eq -- "$2" <<<"$1" && return 0
	printf 'no line like: %s\nin:\n%s\n' "$2" "$1"
	return 1
}
hasnt()
{
	grep -Eq -- "$2" <<<"$1" || return 0
	printf 'a line like: %s\nin:\n%s\n' "$2" "$1"
	return 1
}

# need CMD...: skip the test where a program is not installed.
need()
{
	local cmd
	for cmd in "$@"; do
		command -v "$cmd" >/dev/null || skip "$cmd is not installed"
	done
}

# outcome TABLE ROW COLUMN TEXT: called last, when all that is claimed was seen to hold.
# scripts/outcomes.sh makes the tables of tests/README.md of these.
outcome()
{
	mkdir -p "$BUILD/check"
	printf '%s\t%s\t%s\t%s\n' "$@" >>"$BUILD/check/outcomes.tsv"
}
