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
mapfile -d '' files < <(find preload analyzer tests -name '*.[ch]' -print0 -o -name '*.cc' -print0)
if [ "${1-}" = --fix ]; then
	"$tool" -i "${files[@]}"
	exit
fi
bad=0
for file in "${files[@]}"; do
	"$tool" --dry-run -Werror "$file" >/dev/null 2>&1 && continue
	echo "check-format: $file: make format"
	bad=1
done
exit $bad
