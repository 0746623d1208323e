#!/bin/sh
# SPDX-License-Identifier: MIT
# The shim as others may build it: without optimization, with more of it, link-time and by clang. It
# exports the same, and programs of every symbol version are seen. BUILD is where the programs are.
set -eu

build=${BUILD:?}
cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
for part in abi victims timerleak; do
	ln -s "$build/$part" "$dir/$part"
done

# with WORD VARIABLE=VALUE...: built so, the other programs as they are
with()
{
	word=$1
	shift
	rm -rf "$dir/preload" "$dir/libtimerleak.so"
	make -s B="$dir" "$@" "$dir/libtimerleak.so" >"$dir/log" 2>&1 || { cat "$dir/log"; exit 1; }
	scripts/check-exports.sh "$dir/libtimerleak.so" >"$dir/log" || { cat "$dir/log"; exit 1; }
	BUILD=$dir bats tests/e2e/abi.bats tests/e2e/posix.bats tests/e2e/children.bats \
		tests/e2e/unwind_objects.bats >"$dir/log" || {
		cat "$dir/log"
		exit 1
	}
	echo "ok: built with $word"
}

with -O0 CFLAGS='-O0 -g'
with -O3 CFLAGS='-O3 -g'
with -flto CFLAGS='-O2 -g -flto'
if command -v clang >/dev/null; then
	with clang CC=clang
fi
