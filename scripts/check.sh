#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Everything that `make check` runs, and one last line: "N passed, N failed[, N skipped]".
#   scripts/check.sh [NAME...]    all suites, or those whose name contains a NAME
# A test file with "# long" among its first lines runs by name alone, as make check-long does.
# Suites run side by side, one more than there are processors, since many of them wait for a clock;
# a test file with "# serial" among its first lines runs alone, after the others. Each has a time
# limit (five minutes, or "# timeout: N").
# What a suite printed lies in $BUILD/check/; what failed is shown here.
cd "$(dirname "$0")/.." || exit 1
export BUILD=${BUILD:-$PWD/build}
out=$BUILD/check
jobs=$(nproc 2>/dev/null || echo 2)
# What takes longest begins first, so that no processor waits for it at the end.
first='static/analyzer static/tidy unit/asan e2e/aarch64 e2e/examples e2e/heap e2e/heap_alloc'
first+=' e2e/interrupted e2e/report e2e/run e2e/truth e2e/unwind'

# ---- one suite: what it runs must print TAP, or anything at all and end with a status ----------

unit_flavour()
{
	local flavour=$1 dir=$BUILD/$1 launch=() test rc
	if [ "$flavour" = tsan ]; then
		# gcc 12's runtime cannot map its shadow where the kernel randomizes more than 28 bits.
		launch=(setarch -R)
		if ! setarch -R true 2>/dev/null; then
			echo "ok 1 - tsan # SKIP cannot switch address randomization off here"
			return 0
		fi
	fi
	export CMOCKA_MESSAGE_OUTPUT=TAP
	export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1
	for test in "$dir"/unit/*; do
		[ -x "$test" ] || continue
		[ -e "tests/unit/${test##*/}.c" ] || continue # built from a source that is gone
		"${launch[@]}" "$test" >"$out/unit.$flavour.one" 2>&1
		rc=$?
		sed "s/^\(\(not \)\?ok [0-9]*\) /\1 ${test##*/}: /" "$out/unit.$flavour.one"
		if [ $rc != 0 ] && ! grep -q '^not ok' "$out/unit.$flavour.one"; then
			echo "not ok 0 ${test##*/}: ended with status $rc"
			sed 's/^/# /' "$out/unit.$flavour.one" | tail -n 60
		fi
	done
	rm -f "$out/unit.$flavour.one"
}

run_static()
{
	case $1 in
	analyzer | cppcheck | tidy) scripts/lint.sh "$1" ;;
	*) "scripts/check-$1.sh" ;;
	esac >"$out/static.$1.one" 2>&1
	case $? in
	0) echo "ok 1 - check-$1" ;;
	77) echo "ok 1 - check-$1 # SKIP $(tail -n 1 "$out/static.$1.one")" ;;
	*) echo "not ok 1 - check-$1" && sed 's/^/# /' "$out/static.$1.one" | head -n 60 ;;
	esac
	rm -f "$out/static.$1.one"
}

run_fuzz()
{
	local said rc
	said=$(scripts/fuzz.sh "$1" 5 2>&1)
	rc=$?
	case $rc in
	0) echo "ok 1 - $said" ;;
	77) echo "ok 1 - $1 # SKIP $said" ;;
	*) echo "not ok 1 - $1" && printf '%s\n' "$said" | sed 's/^/# /' ;;
	esac
}

run_suite()
{
	case $1 in
	static/shellcheck)
		command -v shellcheck >/dev/null || { echo "ok 1 - shellcheck # SKIP not here" && return; }
		shellcheck -x scripts/*.sh .ci/run tests/e2e/*.sh tests/e2e/*.bash && echo "ok 1 - shellcheck"
		;;
	static/*) run_static "${1#*/}" ;;
	unit/*) unit_flavour "${1#*/}" ;;
	fuzz/*) run_fuzz "${1#*/}" ;;
	e2e/*) bats --tap "tests/$1.bats" ;;
	esac
}

# ---- the frame around a suite: time limit, own temporary directory, counts ----------------------

suite_file() { case $1 in e2e/*) echo "tests/$1.bats" ;; *) echo /dev/null ;; esac; }

one()
{
	local name=$1 log=$out/${1//\//.}.log limit start end rc pass fail skip tmp
	limit=$(sed -n '1,6s/^# timeout: \([0-9]*\).*/\1/p' "$(suite_file "$name")")
	tmp=$(mktemp -d "${TMPDIR:-/tmp}/tl.XXXXXX") || exit 1
	start=$(date +%s%N)
	TMPDIR=$tmp timeout -k 5 "${limit:-300}" "$0" --suite "$name" >"$log" 2>&1 </dev/null
	rc=$?
	end=$(date +%s%N)
	rm -rf "$tmp"
	skip=$(grep -cE '^(not )?ok .*# (SKIP|skip)' "$log")
	fail=$(grep -E '^not ok' "$log" | grep -cvE '# (SKIP|skip)')
	pass=$(($(grep -c '^ok ' "$log") - $(grep -cE '^ok .*# (SKIP|skip)' "$log")))
	if [ $rc != 0 ] && [ "$fail" = 0 ]; then
		fail=1
		if [ $rc = 124 ]; then
			echo "not ok - $name: not done after ${limit:-300} s" >>"$log"
		else
			echo "not ok - $name: ended with status $rc" >>"$log"
		fi
	elif [ $((pass + fail + skip)) = 0 ]; then
		fail=1
		echo "not ok - $name: ran no test" >>"$log"
	fi
	echo "$pass $fail $skip" >"${log%.log}.counts"
	printf '%-26s %4d passed %4d failed %4d skipped %7d ms\n' "$name" "$pass" "$fail" "$skip" \
		$(((end - start) / 1000000))
	[ "$fail" = 0 ] || show_failed "$log"
}

# A failed test with what it said; of a suite that broke off, its end.
show_failed()
{
	awk '/^not ok/ && !/# (SKIP|skip)/ {on = 1; print "    " $0; next}
		/^(ok|1\.\.)/ {on = 0} on {print "    " $0}' "$1" | head -n 120
	grep -qE '^(not )?ok [0-9]' "$1" || grep -v '^not ok' "$1" | tail -n 40 | sed 's/^/    /'
}

all_suites()
{
	local s f
	for s in analyzer tidy cppcheck layers format headers words exports undef traps shellcheck; do
		echo "static/$s"
	done
	for s in asan tsan; do
		echo "unit/$s"
	done
	for f in tests/fuzz/fuzz_*.c; do
		f=${f#*fuzz_}
		echo "fuzz/${f%.c}"
	done
	for f in tests/e2e/*.bats; do
		f=${f#tests/}
		echo "${f%.bats}"
	done
}

suites()
{
	all_suites | grep -xF "$(tr ' ' '\n' <<<"$first")"
	all_suites | grep -vxF "$(tr ' ' '\n' <<<"$first")"
}

build()
{
	local start=$SECONDS
	# One make at a time in a tree: the suites find everything built.
	if ! make -k -j"$jobs" B="$BUILD" WERROR=-Werror test-build >"$out/build.log" 2>&1; then
		echo "build: failed"
		grep -v '^  [A-Z]* ' "$out/build.log" | tail -n 60
		echo "0 1 0" >"$out/build.counts"
	else
		echo "1 0 0" >"$out/build.counts"
	fi
	echo "build: $((SECONDS - start)) s"
}

case ${1-} in
--suite)
	run_suite "$2"
	exit
	;;
--one)
	one "$2"
	exit
	;;
esac

# A launcher in front of python3, as pyenv has, takes ten times as long as python3 does.
python=$(python3 -c 'import sys; print(sys.executable)' 2>/dev/null)
[ ! -x "$python" ] || [ "$python" -ef "$(command -v python3)" ] || PATH=${python%/*}:$PATH

rm -rf "$out"
mkdir -p "$out"
build
side=()
alone=()
while read -r name; do
	[ $# = 0 ] || grep -qF -e "$(printf '%s\n' "$@")" <<<"$name" || continue
	[ $# != 0 ] || ! head -n 6 "$(suite_file "$name")" | grep -q '^# long' || continue
	if head -n 6 "$(suite_file "$name")" | grep -q '^# serial'; then
		alone+=("$name")
	else
		side+=("$name")
	fi
done <<<"$(suites)"
printf '%s\n' "${side[@]}" | xargs -r -P $((jobs + 1)) -n 1 "$0" --one
printf '%s\n' "${alone[@]}" | xargs -r -P 1 -n 1 "$0" --one

read -r pass fail skip <<<"$(cat "$out"/*.counts | awk '{p += $1; f += $2; s += $3} END {print p+0, f+0, s+0}')"
if [ $# = 0 ] && [ "$fail" = 0 ] && ! scripts/outcomes.sh --check "$skip"; then
	fail=1
fi
echo "total: $SECONDS s"
line="$pass passed, $fail failed"
[ "$skip" = 0 ] || line="$line, $skip skipped"
echo "$line"
[ "$fail" = 0 ] && [ "$pass" -gt 0 ]
