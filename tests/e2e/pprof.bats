#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Profiles for other tools: what pprof's own reader makes of them, what the engines of a fleet
# demand, and lines for flame graphs.
load common
load expect

READER=$BATS_TEST_DIRNAME/pprof_reader.py
GOLDEN=$BATS_TEST_DIRNAME/../golden

# pprof OPTION... FILE: Go's reader, with its settings here and no look at the files of the system
pprof() {
	split env HOME="$TEST_DIR" PPROF_TMPDIR="$TEST_DIR" TZ=UTC go tool pprof -symbolize=none "$@"
	status_is 0
}

# profile NAME VICTIM: its timers and its heap
profile() {
	split "$TIMERLEAK" run --heap=full -o "$1.pb.gz" -o "heap:$1.heap.pb.gz" "$VICTIMS/$2"
	status_is 0
}

# flat_of FUNCTION: its own number in a table that was printed
flat_of() { awk -v name="$1" '$6 == name {print $1}' <<<"$stdout"; }

@test "pprof: top, tree, peek, traces, tags and list say where the five timers come from" {
	need go
	profile a 01_select_timeout_leaking
	pprof -top a.pb.gz
	has "$stdout" '^Type: leaked_objects$'
	has "$stdout" '^File: 01_select_timeout_leaking$'
	is "leaked at answer_or_timeout" "$(flat_of answer_or_timeout)" 5
	pprof -tree a.pb.gz
	has "$stdout" '^ +5 +100%.* +answer_or_timeout'
	pprof -peek '^main$' a.pb.gz
	has "$stdout" '^ +0 +0% .* 5 +100% +\| +main$'
	pprof -traces a.pb.gz
	has "$stdout" '^ +kind: +possible$'
	has "$stdout" '^ +class: +never_stopped$'
	has "$stdout" '^ +5 +answer_or_timeout'
	pprof -tags a.pb.gz
	has "$stdout" '^ +5.0 \( +100%\): armed$'
	pprof -list answer_or_timeout a.pb.gz
	has "$stdout" '^ +5 +5 .*timerfd_create.*LEAK'
	pprof -top -sample_index=alloc_objects -tagfocus kind=possible a.pb.gz
	is "made at answer_or_timeout" "$(flat_of answer_or_timeout)" 5
}

@test "pprof: a base is subtracted, whatever address the program was loaded at" {
	need go
	profile a 01_select_timeout_leaking
	profile b 01_select_timeout_leaking
	profile fixed 01_select_timeout_fixed
	pprof -top -diff_base a.pb.gz b.pb.gz
	hasnt "$stdout" 'answer_or_timeout'
	pprof -top -diff_base fixed.pb.gz b.pb.gz
	is "more than fixed" "$(flat_of answer_or_timeout)" 5
	# The fixed one leaks nothing, and made as many.
	pprof -top -sample_index=alloc_objects fixed.pb.gz
	is "made when fixed" "$(awk '$1 == 5 && /answer_or_timeout/ {print $1}' <<<"$stdout")" 5
}

@test "pprof: its pages are served" {
	local url='' page i
	need go curl
	profile a 01_select_timeout_leaking
	env HOME="$TEST_DIR" PPROF_TMPDIR="$TEST_DIR" go tool pprof -no_browser -http=localhost: \
		a.pb.gz >served 2>&1 </dev/null 3>&- &
	for ((i = 0; i < 300 && ${#url} == 0; i++)); do
		sleep 0.1
		url=$(sed -n 's/^Serving web UI on //p' served)
	done
	for page in top flamegraph peek?f=main; do
		curl -sS --retry 20 --retry-connrefused --retry-delay 1 "$url/ui/$page" >page ||
			echo "$page: no answer" >page
		grep -q answer_or_timeout page || { cp page "$page.failed" && break; }
	done
	# go is a parent that waits for the server.
	pkill -P $! 2>/dev/null || true
	kill $! 2>/dev/null || true
	is "pages without the function" "$(ls ./*.failed 2>/dev/null)" ""
}

@test "pprof: another language's reader counts the same" {
	local modules
	need node npm
	modules=$(npm root -g)
	NODE_PATH=$modules node -e 'require("pprof-format")' 2>/dev/null ||
		skip "npm's pprof-format is not installed"
	profile a 01_select_timeout_leaking
	cat >count.js <<-'END'
		const {Profile} = require('pprof-format'), fs = require('fs'), zlib = require('zlib');
		const p = Profile.decode(zlib.gunzipSync(fs.readFileSync('a.pb.gz')));
		const at = p.sampleType.findIndex(t => p.stringTable.strings[t.type] == 'leaked_objects');
		console.log(p.sample.reduce((sum, s) => sum + Number(s.value[at]), 0));
	END
	is leaked "$(NODE_PATH=$modules node count.js)" 5
}

# sums FILE: of each value over all samples
sums() {
	python3 "$READER" text "$1" |
		awk '/^sample:/ {for (i = 2; i <= NF && $i !~ /=/; i++) sum[i] += $i}
			END {for (i = 2; i in sum; i++) printf "%d ", sum[i]}'
}

@test "heap: allocated and live, exact or estimated, as the heap profile has them" {
	local mode
	need go
	"${CC:-cc}" -O1 -g -fno-inline -o blocks -xc - <<-'END'
		#include <stdlib.h>
		#include <sys/timerfd.h>
		static void *volatile kept[10];
		static void keep(void) { for (int i = 0; i < 10; i++) kept[i] = malloc(100000); }
		static void churn(void) { for (int i = 0; i < 500; i++) free((kept[0] = malloc(40000))); }
		int main(void) { timerfd_create(CLOCK_MONOTONIC, 0); churn(); keep(); return 0; }
	END
	for mode in full sampled; do
		split "$TIMERLEAK" run --heap=$mode --trace=t.tlk -o heap:run.pb.gz ./blocks
		split "$TIMERLEAK" report --heap-profile -o pprof:heap.pb.gz -o json:heap.json t.tlk
		split "$TIMERLEAK" report -o heap:again.pb.gz t.tlk
		cmp heap.pb.gz again.pb.gz
		is "$mode" "$(sums heap.pb.gz)" "$(jq -r '[.stacks[] | [.alloc_objects, .alloc_bytes,
			.live_objects, .live_bytes]] | transpose | map(add) | join(" ")' heap.json) "
		python3 "$READER" check run.pb.gz heap.pb.gz
	done
	split "$TIMERLEAK" report --heap-profile -o pprof:heap.pb.gz t.tlk
	pprof -top heap.pb.gz
	has "$stdout" '^Type: inuse_space$'
	split "$TIMERLEAK" run --heap=full -o heap:full.pb.gz ./blocks
	pprof -top -unit=B full.pb.gz
	has "$stdout" '^ *10000[0-9][0-9]B .* keep$'
	pprof -top -sample_index=alloc_objects full.pb.gz
	is "allocated by churn" "$(flat_of churn)" 500
}

@test "what Parca and Pyroscope demand of a profile holds for all of ours" {
	local name traces
	while read -r name traces; do
		# shellcheck disable=SC2086 # several traces
		(cd "$GOLDEN" && "$TIMERLEAK" report -o "$TEST_DIR/$name.pb.gz" \
			-o "heap:$TEST_DIR/$name.heap.pb.gz" $traces 2>/dev/null)
	done <"$GOLDEN/cases"
	profile a 01_select_timeout_leaking
	python3 "$READER" check ./*.pb.gz
	python3 "$READER" config "$ROOT/analyzer/pyroscope.json" ./*.pb.gz
	# It can fail: another profile's values, a text that is not there.
	gzip -dc a.pb.gz | sed 's/leaked_objects/leaked_objectz/' | gzip >bad.pb.gz
	run python3 "$READER" config "$ROOT/analyzer/pyroscope.json" bad.pb.gz
	[ "$status" != 0 ]
	gzip -dc a.pb.gz | tail -c +12 | gzip >cut.pb.gz
	run python3 "$READER" check cut.pb.gz
	[ "$status" != 0 ]
}

@test "folded: each line is what flamegraph.pl, inferno and speedscope read" {
	split "$TIMERLEAK" run -o folded:- "$VICTIMS/01_select_timeout_leaking"
	is folded "$(sed 1d <<<"$stdout")" 'main;answer_or_timeout 5'
	split "$TIMERLEAK" report -o odd.folded "$GOLDEN/every_class.tlk"
	is "lines that are none" "$(grep -vE '^[^;]+(;[^;]+)* [0-9]+$' odd.folded)" ""
	is "timers" "$(awk '{sum += $NF} END {print sum}' odd.folded)" \
		"$(jq .summary.leaked "$GOLDEN/every_class.json")"
	# Nothing leaked: nothing in it.
	split "$TIMERLEAK" run -o empty.folded "$VICTIMS/01_select_timeout_fixed"
	[ -e empty.folded ]
	[ ! -s empty.folded ]
}

@test "Pyroscope's rules are installed" {
	split make -C "$ROOT" -n B="$BUILD" install DESTDIR=/d PREFIX=/usr
	has "$stdout" 'analyzer/pyroscope.json /d/usr/share/timerleak/pyroscope.json'
}
