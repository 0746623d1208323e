#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Lines and branches of preload/ and analyzer/ that tests run: coverage.sh [BATS...]. A build of its
# own in $BUILD/cov; unit tests, then the cheap files of tests/e2e or those that are named. A worst
# first table, and the sum. A process that is killed, or shares its memory with the program, keeps
# its counts to itself: what only those run shows as not covered.
cd "$(dirname "$0")/.." || exit 1
build=${BUILD:-$PWD/build}
cov=$build/cov
jobs=$(nproc 2>/dev/null || echo 2)
[ $# -gt 0 ] || set -- report run gate golden posix timerfd places process hosts sweep drain \
	baseline hostile odds

make -j"$jobs" -s B="$cov" CFLAGS='-O0 -g --coverage -fprofile-update=atomic' \
	LDFLAGS=--coverage coverage-build >"$build/coverage.log" 2>&1 || {
	tail -n 40 "$build/coverage.log"
	exit 1
}
find "$cov" -name '*.gcda' -delete
for test in "$cov"/unit/*; do
	[ -x "$test" ] || continue
	timeout 300 "$test" >>"$build/coverage.log" 2>&1 || echo "coverage: ${test##*/} failed" >&2
done
for name in "$@"; do
	BUILD=$cov timeout 600 bats "tests/e2e/$name.bats" >>"$build/coverage.log" 2>&1 ||
		echo "coverage: some of $name.bats failed, see coverage.log" >&2
done

# A line that several objects hold (headers) counts once, with all its runs.
find "$cov/preload" "$cov/analyzer" -name '*.gcda' -print0 |
	xargs -0 gcov --json-format --stdout --branch-probabilities 2>/dev/null |
	jq -r '.files[] | .file as $f | select($f | test("^(preload|analyzer)/")) | .lines[] |
		[$f, .line_number, .count, (.branches | map(.count) | join(","))] | @tsv' |
	awk -F'\t' '
		{ lines[$1, $2] += $3; file[$1, $2] = $1
		  n = split($4, b, ",")
		  for (i = 1; i <= n; i++) { branches[$1, $2, i] += b[i]; owner[$1, $2, i] = $1 } }
		END {
			for (k in lines) { total[file[k]]++; hit[file[k]] += lines[k] > 0 }
			for (k in branches) { btotal[owner[k]]++; bhit[owner[k]] += branches[k] > 0 }
			for (f in total) {
				printf "%6.1f %6.1f %6d  %s\n", 100 * hit[f] / total[f],
					btotal[f] ? 100 * bhit[f] / btotal[f] : 100, total[f], f
				side = f; sub(/\/.*/, "", side)
				t[side] += total[f]; h[side] += hit[f]
				bt[side] += btotal[f]; bh[side] += bhit[f]
			}
			for (s in t)
				printf "%6.1f %6.1f %6d  = %s\n", 100 * h[s] / t[s],
					100 * bh[s] / bt[s], t[s], s
		}' >"$cov/table"
echo ' lines  branch  count  file'
grep -v ' = ' "$cov/table" | sort -n
grep ' = ' "$cov/table"
