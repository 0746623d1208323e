# SPDX-License-Identifier: MIT
# For tests of the shim that makes each stack twice: by rules and by libunwind.
# shellcheck shell=bash disable=SC2154

counted() { od -An -t u8 -j "$1" -N 8 "$TEST_DIR/compared" | tr -d ' '; }

# compared PERCENT CMD...: under it; no difference, and so much of all was made by rules.
compared()
{
	local share=$1 traces differences
	shift
	truncate -s 0 "$TEST_DIR/compared"
	truncate -s 4096 "$TEST_DIR/compared"
	split env TL_UNWIND_CHECK="$TEST_DIR/compared" LD_PRELOAD="$BUILD/unwind/libtimerleak.so" \
		TIMERLEAK_OPTIONS="heap=full:verbosity=0:${TIMERLEAK_OPTIONS-}" "$@"
	traces=$(counted 0) differences=$(counted 8) by_libunwind=$(counted 16)
	if [ "$status" != 0 ] || [ "$traces" = 0 ] || [ "$differences" != 0 ] ||
		[ $((100 * traces)) -lt $((share * (traces + by_libunwind))) ]; then
		echo "$*: status $status, $traces by rules, $by_libunwind by libunwind, $differences differ"
		od -A d -t x8 -w8 -j 32 "$TEST_DIR/compared" | head -n 150
		return 1
	fi
	total=$((${total-0} + traces))
}
