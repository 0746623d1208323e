#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The shim exports what preload/hooks.def lists, the timer_* family at every version that this libc
# has (a reference to a version that is missing here goes past the shim in silence), and nothing
# else; to load it needs the libc alone.
cd "$(dirname "$0")/.." || exit 1
so=${1-${BUILD:-build}/libtimerleak.so}
[ -e "$so" ] || { echo "${0##*/}: no $so" && exit 1; }
bad=0

sorted() { LC_ALL=C sort -u; }
# NAME or NAME@VERSION of each function and object that a library defines.
defined() { nm -D --defined-only "$1" | awk '$2 ~ /[TWDBRVi]/ {sub("@@", "@", $3); print $3}' | sorted; }

# "TL_HOOK(need, type, NAME,", also TL_HOOK_HEAP; "TL_HOOK_V(type, NAME,", also TL_HOOK_NEW: a word
# and the name of each row.
rows=$(awk -F, '/^TL_HOOK_V\(/ {print "versioned", $2} /^TL_HOOK(_HEAP)?\(/ {print "plain", $3}
	/^TL_HOOK_NEW\(/ {print "plain", $2}' preload/hooks.def)
[ -n "$rows" ] || { echo "check-exports: no row found in preload/hooks.def" && exit 1; }

libc=$(ldd "$so" | awk '/libc\.so/ {print $3}')
[ -e "$libc" ] || { echo "check-exports: $so is not linked with a libc" && exit 1; }

in_libc=$(defined "$libc")
want=$(while read -r kind name; do
	case $kind in
	versioned) grep "^$name@" <<<"$in_libc" ;;
	plain) echo "$name" ;;
	esac
done <<<"$rows" | sorted)
have=$(defined "$so" | grep -v '^GLIBC_\|^timerleak_')
if ! diff <(echo "$want") <(echo "$have") >/dev/null; then
	echo "check-exports: < is listed (or in the libc) and not exported, > is exported and not listed"
	diff <(echo "$want") <(echo "$have")
	bad=1
fi
# Left out: names that only an older or newer libc has, and those of C++.
absent=$(LC_ALL=C comm -23 <(awk '{print $2}' <<<"$rows" | grep -v '^__\|^_Z' | sorted) \
	<(cut -d@ -f1 <<<"$in_libc" | sorted))
# shellcheck disable=SC2086 # names have no blanks
[ -z "$absent" ] || printf 'check-exports: note: this libc has no %s\n' $absent

# What musl lacks must not keep its loader from starting the program (preload/foreign.h).
strong=$(nm -D --undefined-only "$so" | awk '$1 == "U" {sub(/@.*/, "", $2); print $2}' |
	grep -xE 'dlvsym|dladdr1|__libc_stack_end|__timerleak_default_suppressions')
if [ -n "$strong" ]; then
	echo "check-exports: not weak, include foreign.h: $(tr '\n' ' ' <<<"$strong")"
	bad=1
fi

needed=$(readelf -d "$so" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | tr '\n' ' ')
case $needed in
'libc.so.6 ' | 'libc.so.6 ld-linux'*) ;;
*)
	echo "check-exports: $so needs $needed, not libc.so.6 alone"
	bad=1
	;;
esac
exit $bad
