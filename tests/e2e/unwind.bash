# SPDX-License-Identifier: MIT
# For tests of the shim that makes each stack twice: by rules and by libunwind.
# shellcheck shell=bash disable=SC2154

counted() { od -An -t u8 -j "$1" -N 8 "$TEST_DIR/compared" | tr -d ' '; }

# compare CMD...: under it; $traces, and of them $differences, $by_frames without rules and $shorter
# than libunwind's.
compare()
{
	truncate -s 0 "$TEST_DIR/compared"
	truncate -s 4096 "$TEST_DIR/compared"
	split env TL_UNWIND_CHECK="$TEST_DIR/compared" LD_PRELOAD="$BUILD/unwind/libtimerleak.so" \
		TIMERLEAK_OPTIONS="heap=full:verbosity=0:${TIMERLEAK_OPTIONS-}" "$@"
	traces=$(counted 0) differences=$(counted 8) by_frames=$(counted 16) shorter=$(counted 24)
	total=$((${total-0} + traces))
}

# not_compared CMD...: what was found, for whoever looks at a test that fails.
not_compared()
{
	echo "$*: status $status, $traces stacks, $by_frames without rules, $differences differ," \
		"$shorter shorter"
	od -A d -t x8 -w8 -j 32 "$TEST_DIR/compared" | head -n 150
	return 1
}

# compared PERCENT CMD...: no difference, and so much of all was made by rules.
compared()
{
	local share=$1 traces differences shorter
	shift
	compare "$@"
	if [ "$status" != 0 ] || [ "$traces" = 0 ] || [ "$differences" != 0 ] ||
		[ $((100 * (traces - by_frames))) -lt $((share * traces)) ]; then
		not_compared "$@"
	fi
}

# compared_longer CMD...: where libunwind is no judge, since it guesses or stops without a word: at
# least as long, and nearly always the same.
compared_longer()
{
	local traces differences shorter
	compare "$@"
	if [ "$status" != 0 ] || [ "$traces" = 0 ] || [ "$shorter" != 0 ] ||
		[ $((100 * differences)) -gt "$traces" ]; then
		not_compared "$@"
	fi
}
