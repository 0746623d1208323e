#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The HTML report: one file, no script, nothing that a name could break out of, and what a browser
# makes of it.
bats_require_minimum_version 1.5.0
load common
load expect

BROWSER=(--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --hide-scrollbars)

need_browser() {
	need python3
	browser=$(command -v chromium || command -v chromium-browser) || skip "no Chromium"
}

# well_formed FILE
well_formed() { python3 "$ROOT/tests/e2e/html_check.py" "$1"; }

# html_of CMD...: the report of a run in $html
html_of() {
	split "$TIMERLEAK" run --source-root="$ROOT" -o page.html -- "$@"
	status_is 0
	html=$(cat page.html)
	well_formed page.html
}

@test "a leak: numbers, verdict, stack with the source around it, advice, process" {
	html_of "$VICTIMS/04_thread_timeout_leaking"
	has "$html" '<h1>5 timers leaked at 1 site</h1>'
	has "$html" 'definite</span> orphaned'
	has "$html" '<b>start_request</b> <span class=soft>tests/victims/04_thread_timeout_leaking.c:'
	has "$html" '<mark> *[0-9]+  .*timer_create\('
	has "$html" '<h3>Freed by</h3>'
	has "$html" 'Advice: disarm or delete them'
	has "$html" 'aria-label="open descriptors"'
	has "$html" 'id=timers>Leaked timers by call'
	has "$html" '<title>start_request tests/victims'
}

@test "nothing leaked: it says so, and draws nothing" {
	html_of "$VICTIMS/01_select_timeout_fixed"
	has "$html" '<h1>0 timers leaked</h1>'
	has "$html" '<p>None.</p>'
	hasnt "$html" 'by call'
}

@test "gate, suppressions and what is not counted" {
	echo "leak:answer_or_timeout" >rules
	split "$TIMERLEAK" run --max-leaks=0 --suppressions=rules -o page.html -- \
		"$VICTIMS/01_select_timeout_leaking"
	status_is 0
	has "$(cat page.html)" 'badge good">gate passed'
	has "$(cat page.html)" 'suppressed by <span class=mono>leak:answer_or_timeout'
	split "$TIMERLEAK" run --max-leaks=0 -o page.html -- "$VICTIMS/01_select_timeout_leaking"
	status_is 23
	has "$(cat page.html)" 'badge bad">gate failed'
	well_formed page.html
}

@test "names that are markup, escapes and controls stay text" {
	local name=$'<script>alert("1")<\/script>\'&\e[31m'
	mkdir bin
	cp "$VICTIMS/01_select_timeout_leaking" "bin/${name//\//-}"
	html_of "bin/${name//\//-}" "</td><img src=x onerror=alert(1)>" "]]>" $'\xff\xfe\u202e'
	has "$html" '&lt;script&gt;alert\(&quot;1&quot;\)'
	hasnt "$html" '<img'
}

@test "live timers over time: a line a site, from nothing to what was left" {
	need "${CC:-cc}"
	printf '%s\n' '#include <sys/timerfd.h>' '#include <unistd.h>' \
		'static void first(void) { timerfd_create(1, 0); }' \
		'static void second(void) { timerfd_create(1, 0); }' 'int main(void) {' \
		'for (int i = 0; i < 20; i++) { first(); usleep(5000); }' 'second();' \
		'return 0; }' >grow.c
	"${CC:-cc}" -g -O1 -fno-inline -o grow grow.c
	html_of ./grow
	has "$html" 'id=timeline>Live timers over time'
	has "$html" '>first</a>: 20 at most, 20 at the end'
	has "$html" '>second</a>: 1 at most, 1 at the end'
	has "$html" '<polyline class=s0 [^>]*points="0.0,100 0.0,9[0-9.]+ .* 1000.0,0.00"'
}

@test "a source outside the root is not shown, nor a link that leads out of it" {
	need "${CC:-cc}"
	mkdir tree secret
	echo "the secret line" >secret/key.c
	ln -s ../secret/key.c tree/link.c
	printf '%s\n' '#include <sys/timerfd.h>' 'int main(void)' '{' \
		"#line 1 \"$PWD/secret/key.c\"" 'timerfd_create(1, 0);' \
		"#line 1 \"$PWD/tree/link.c\"" 'timerfd_create(1, 0);' '}' >tree/a.c
	"${CC:-cc}" -g -o a tree/a.c
	split "$TIMERLEAK" run --source-root="$PWD/tree" -o page.html -- ./a
	has "$(cat page.html)" '2 timers leaked at 2 sites'
	hasnt "$(cat page.html)" 'secret line'
}

@test "debug info does not choose what is published: no root no sources, nothing hidden, no other file" {
	need "${CC:-cc}"
	mkdir -p tree/.aws
	for file in .aws/credentials .aws/key.c .env notes.txt shown.c; do
		echo "the text of $file" >"tree/$file"
	done
	{
		printf '%s\n' '#include <sys/timerfd.h>' 'int main(void)' '{'
		for file in .aws/credentials .aws/key.c .env notes.txt shown.c; do
			printf '#line 1 "%s"\ntimerfd_create(1, 0);\n' "$PWD/tree/$file"
		done
		echo '}'
	} >a.c
	"${CC:-cc}" -g -o a a.c
	split "$TIMERLEAK" run --trace=a.tlk --source-root="$PWD/tree" -o page.html -- ./a
	has "$(cat page.html)" '5 timers leaked at 5 sites'
	is texts "$(grep -o 'the text of [a-z./]*' page.html | sort -u)" 'the text of shown.c'
	(cd tree && split "$TIMERLEAK" report -o ../page.html ../a.tlk)
	hasnt "$(cat page.html)" 'the text of'
}

@test "hundreds of sites: the biggest are shown, the others counted" {
	need "${CC:-cc}"
	{
		echo '#include <sys/timerfd.h>'
		for i in $(seq 520); do echo "void f$i(void) { timerfd_create(1, 0); }"; done
		echo 'int main(void) {'
		for i in $(seq 520); do echo "f$i();"; done
		echo '}'
	} >many.c
	"${CC:-cc}" -g -o many many.c
	html_of ./many
	has "$html" 'The biggest 500 are shown, 20 more are in the JSON report'
}

@test "a long line of source scrolls by itself: the table is as wide as the page" {
	need "${CC:-cc}"
	need_browser
	printf '%s\n' '#include <sys/timerfd.h>' 'int main(void)' '{' \
		"return timerfd_create(1, 0) < 0; /*$(printf ' long%.0s' {1..200}) */" '}' >long.c
	"${CC:-cc}" -g -o long long.c
	split "$TIMERLEAK" run --source-root="$PWD" -o page.html -- ./long
	{
		sed '/http-equiv/d' page.html
		echo '<script>for (const e of document.querySelectorAll(".scroll, pre.source"))' \
			'document.body.append(`${e.className} ${e.scrollWidth > e.clientWidth};`)</script>'
	} >measured.html
	grep -q 'long long' measured.html
	timeout 60 "$browser" "${BROWSER[@]}" --window-size=1200,1600 --dump-dom \
		"file://$PWD/measured.html" >dom.html 2>browser.log
	is widths "$(grep -oE '(scroll|source) (true|false);' dom.html | sort -u | xargs)" \
		"scroll false; source true;"
}

@test "a browser shows it whole: wide and narrow, light, dark and on paper" {
	need_browser
	html_of sh -c "$VICTIMS/04_thread_timeout_leaking; $VICTIMS/01_select_timeout_leaking"
	# Folded, the flame graph is in sight.
	sed 's/<details open>/<details>/' page.html >folded.html
	timeout 60 "$browser" "${BROWSER[@]}" --window-size=1100,700 --screenshot=light.png \
		"file://$PWD/folded.html" >browser.log 2>&1
	timeout 60 "$browser" "${BROWSER[@]}" --window-size=500,700 --screenshot=dark.png \
		--blink-settings=preferredColorScheme=0 "file://$PWD/folded.html" >>browser.log 2>&1
	timeout 60 "$browser" "${BROWSER[@]}" --print-to-pdf=page.pdf "file://$PWD/page.html" \
		>>browser.log 2>&1
	python3 "$ROOT/tests/e2e/picture_check.py" light.png light
	python3 "$ROOT/tests/e2e/picture_check.py" dark.png dark
	[ "$(head -c 5 page.pdf)" = "%PDF-" ]
}
