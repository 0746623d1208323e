#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Is all C formatted as .clang-format says, by version 14 (others differ)? --fix formats it.
cd "$(dirname "$0")/.." || exit 1

tool=
for t in clang-format-14 clang-format; do
	if $t --version 2>/dev/null | grep -q 'version 14\.'; then
		tool=$t
		break
	fi
done
if [ -z "$tool" ]; then
	echo "check-format: needs clang-format 14"
	exit 77
fi
mode=(--dry-run -Werror)
[ "${1-}" = --fix ] && mode=(-i)
# Many files a call: most of what a call costs is its start.
if ! find preload analyzer tests \( -name '*.[ch]' -o -name '*.cc' \) -print0 |
	xargs -0 -n 64 -P 2 "$tool" "${mode[@]}"; then
	echo "check-format: make format"
	exit 1
fi
