#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Fuzzes one reader: fuzz.sh NAME SECONDS, with NAME of tests/fuzz/fuzz_NAME.c. The seeds, and every
# input that ever broke it, are run first. 77: it cannot be built here. What breaks it now is left
# in $BUILD/fuzz/found/ and belongs into tests/fuzz/corpus/NAME once it is mended.
cd "$(dirname "$0")/.." || exit 1
name=$1 seconds=$2
bin=${BUILD:-build}/fuzz/fuzz_$name
[ -x "$bin" ] || { echo "no libFuzzer here" && exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/corpus" "$BUILD/fuzz/found"

cp -r "tests/fuzz/corpus/$name/." "$work/corpus" 2>/dev/null
if [ "$name" = trace ]; then
	cp tests/golden/*.tlk "$work/corpus"
	for old in tests/golden/old/*/*.tlk; do cp "$old" "$work/corpus/${old//\//.}"; done
	cat tests/golden/parent.tlk tests/golden/child.tlk >"$work/corpus/family"
fi
[ "$name" != baseline ] || cp tests/golden/*.json "$work/corpus"
dict=()
[ ! -e "tests/fuzz/$name.dict" ] || dict=(-dict="tests/fuzz/$name.dict")

export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0:quarantine_size_mb=8 UBSAN_OPTIONS=print_stacktrace=1
# What it reads names files: none of them is to be found. Its own stderr goes on.
"$bin" "${dict[@]}" -max_total_time="$seconds" -timeout=60 -rss_limit_mb=1024 -malloc_limit_mb=256 \
	-max_len=65536 -seed="${FUZZ_SEED:-0}" -close_fd_mask=3 -print_final_stats=1 \
	-artifact_prefix="$BUILD/fuzz/found/$name-" "$work/corpus" >"$work/log" 2>&1
status=$?
if [ $status != 0 ]; then
	grep -v '^#[0-9]' "$work/log" | tail -n 60
	echo "fuzz_$name: ended with status $status; the input is in $BUILD/fuzz/found"
	exit 1
fi
awk '/^stat::number_of_executed_units/ {print "'"$name"': " $2 " inputs, nothing found"}' "$work/log"
