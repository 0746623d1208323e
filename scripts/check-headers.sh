#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Each header compiles alone, under gcc and clang: it includes what it needs.
cd "$(dirname "$0")/.." || exit 1

bad=0
for cc in gcc clang; do
	command -v $cc >/dev/null || continue
	for header in preload/*.h analyzer/*.h; do
		[ -e "$header" ] || continue
		if ! echo "#include \"$header\"" | $cc -std=gnu11 -D_GNU_SOURCE -I. -Wall -Wextra \
			-Wstrict-prototypes -Wshadow -Werror -fsyntax-only -x c -; then
			echo "check-headers: $header does not compile alone under $cc"
			bad=1
		fi
	done
done
exit $bad
