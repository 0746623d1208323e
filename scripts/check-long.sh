#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The tests that need minutes: tests/long/*.sh and the bare root. One status for all.
cd "$(dirname "$0")/.." || exit 1
export BUILD=${BUILD:-$PWD/build}
pass=0 fail=0 skip=0
# shellcheck disable=SC2046 # names have no blanks
scripts/check.sh $(grep -lx '# long' tests/e2e/*.bats | sed 's,^tests/\(.*\)\.bats,\1,') || fail=1
for test in tests/long/*.sh tests/e2e/bare_root.sh; do
	[ -x "$test" ] || continue
	start=$SECONDS
	if timeout -k 10 3600 "$test"; then
		pass=$((pass + 1)) word=passed
	elif [ $? = 77 ]; then
		skip=$((skip + 1)) word=skipped
	else
		fail=$((fail + 1)) word=failed
	fi
	echo "== $test: $word, $((SECONDS - start)) s"
done
echo "$pass passed, $fail failed, $skip skipped"
[ $fail = 0 ]
