#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Each header compiles alone: it includes what it needs. Where its own X.c includes it before
# anything else, every build shows that; the others are compiled here, under gcc and clang.
cd "$(dirname "$0")/.." || exit 1

first=$(awk '/^#[ \t]*include/ {print FILENAME ":" $2; nextfile}' preload/*.c analyzer/*.c)
bad=0
for header in preload/*.h analyzer/*.h; do
	grep -qxF -e "${header%.h}.c:\"${header##*/}\"" -e "${header%.h}.c:\"$header\"" <<<"$first" &&
		continue
	for cc in gcc clang; do
		command -v $cc >/dev/null || continue
		if ! echo "#include \"$header\"" | $cc -std=gnu11 -D_GNU_SOURCE -I. -Wall -Wextra \
			-Wstrict-prototypes -Wshadow -Werror -fsyntax-only -x c -; then
			echo "check-headers: $header does not compile alone under $cc"
			bad=1
		fi
	done
done
exit $bad
