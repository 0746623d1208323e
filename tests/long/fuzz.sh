#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Each reader under the fuzzer for ten minutes, as many side by side as there are processors; a
# hundred thousand mutations of the golden traces under ASan; clang's analyzer without its limit.
cd "$(dirname "$0")/../.." || exit 1
export BUILD=${BUILD:-$PWD/build}
seconds=${FUZZ_SECONDS:-600} mutations=${MUTATIONS:-100000}

for f in tests/fuzz/fuzz_*.c; do
	f=${f#*fuzz_}
	echo "${f%.c}"
done | FUZZ_SEED=$(date +%s) xargs -P "$(nproc)" -I NAME scripts/fuzz.sh NAME "$seconds"
bad=$?
MUTATIONS=0:$mutations "$BUILD/asan/unit/test_mutations" || bad=1
scripts/lint.sh --deep tidy analyzer >/dev/null || bad=1
exit $bad
