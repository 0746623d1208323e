#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What the shim takes from the libc: only the names of undef-allowed.txt. It lives in somebody
# else's process, where stdio, malloc, locale and exit() have no business.
cd "$(dirname "$0")/.." || exit 1
so=${1-${BUILD:-build}/libtimerleak.so}
[ -e "$so" ] || { echo "${0##*/}: no $so" && exit 1; }

allowed=$(sed 's/#.*//' scripts/undef-allowed.txt | awk 'NF {print $1}' | LC_ALL=C sort -u)
used=$(nm -D --undefined-only "$so" | awk '{sub("@.*", "", $2); print $2}' | LC_ALL=C sort -u)
odd=$(LC_ALL=C comm -13 <(echo "$allowed") <(echo "$used"))
if [ -n "$odd" ]; then
	echo "check-undef: not in scripts/undef-allowed.txt:"
	for name in $odd; do
		echo "  $name, by: $(for o in "${so%/*}"/preload/*.o; do
			nm -u "$o" | grep -qE "[Uw] $name$" && basename "$o"
		done | tr '\n' ' ')"
	done
	exit 1
fi
LC_ALL=C comm -23 <(echo "$allowed") <(echo "$used") | sed 's/^/check-undef: note: no longer used: /'
