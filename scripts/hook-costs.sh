#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What each hook adds to a call, in instructions (by heap mode, counted by Callgrind) and in system
# calls (counted by strace), against tests/bench/hook-costs.txt. No time is taken: it repeats.
#   scripts/hook-costs.sh --measure       prints the table of this build
#   scripts/hook-costs.sh --check FILE    fails where such a table is dearer than the stored one
#   scripts/hook-costs.sh --write         stores the table of this build
# 77: nothing to compare with here, and why. What is far cheaper is said, to be stored.
cd "$(dirname "$0")/.." || exit 1
build=${BUILD:-$PWD/build}
stored=tests/bench/hook-costs.txt
modes='off sampled full'
# Of every block a number, of none a stack: the sampled ones would come at random.
options=sample=1099511627776:symbolize=0:verbosity=0

# Counts are those of a compiler's code, of a libc's and an unwinder's.
made_with()
{
	local compiler unwind
	# What clang makes says gcc too: of the objects that every library begins and ends with.
	compiler=$(readelf -p .comment "$build/libtimerleak.so" |
		sed -n 's/.*\(clang\) version \([0-9]*\).*/\1 \2/p; s/.*\(GCC\): .* \([0-9]*\)\..*/\1 \2/p' |
		sort -r | head -n 1)
	unwind=$(readlink -f "$(ldconfig -p | sed -n 's/.*libunwind\.so\.8 .* => //p' | head -n 1)")
	echo "$(uname -m), $compiler, $(getconf GNU_LIBC_VERSION), ${unwind##*/}"
}

reason_to_skip()
{
	local program
	for program in valgrind strace setarch readelf; do
		command -v $program >/dev/null || { echo "$program is not installed" && return; }
	done
	[ -e /usr/include/valgrind/callgrind.h ] || { echo "no valgrind/callgrind.h" && return; }
	[ "$(uname -m)" = x86_64 ] || { echo "counted for x86-64 alone" && return; }
	strace -o /dev/null true 2>/dev/null || { echo "strace may not trace here" && return; }
	# The flags of the shim come before the warnings.
	sed 's/ -Wall.*//' "$build/flags" | grep -qE -- '-O2( |$)' &&
		! sed 's/ -Wall.*//' "$build/flags" | grep -qE -- '-O[03]|-flto|-fsanitize|--coverage' ||
		echo "counted for -O2 alone"
}

# under MODE COMMAND...: in an environment of its own, plain or preloaded. The libc chooses its memcpy
# by processor, unless told that this one can do nothing special.
under()
{
	local mode=$1 preload=()
	shift
	[ "$mode" = plain ] || preload=("LD_PRELOAD=$build/libtimerleak.so"
		"TIMERLEAK_OPTIONS=heap=$mode:trace=$work/$mode.tlk:$options")
	env -i PATH="$PATH" TMPDIR="$work" "${preload[@]}" \
		GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-AVX_Fast_Unaligned_Load,-ERMS,-AVX512F "$@"
}

# each N: lines "NAME COUNT TOTAL", with COUNT of N and 2 N, become "NAME what one call costs".
each()
{
	awk -v n="$1" '
		!($1 in seen) {seen[$1] = 1; name[++names] = $1}
		{total[$1, $2] = $3}
		END {
			for (i = 1; i <= names; i++)
				printf "%s %.0f\n", name[i],
					(total[name[i], 2 * n] - total[name[i], n]) / n + 0.001
		}'
}

instructions()
{
	local dumps=$work/$1.out
	if ! under "$1" setarch -R valgrind --tool=callgrind --callgrind-out-file="$dumps" \
		"$build/victims/hook_costs" 400 2>"$work/$1.log"; then
		cat "$work/$1.log" >&2
		return 1
	fi
	# shellcheck disable=SC2046 # names of files without blanks
	awk '/^desc: Trigger: Client Request: / {what = $5 " " $6}
		/^totals: / {print what, $2}' $(ls -v "$dumps".*) | each 400
}

system_calls()
{
	under "$1" strace -f -o "$work/$1.strace" "$build/victims/hook_costs" 50 2>/dev/null || return 1
	awk -F '"' '/write\(-1, "begin"/ {calls = 0; next}
		/write\(-1, "/ {print $2, calls; next}
		{calls++}' "$work/$1.strace" | each 50
}

# The heap mode is taken from the trace: where it switched itself off, counts would be a lie.
heap_was()
{
	[ "$("$build/timerleak" report -o json:- "$work/$1.tlk" 2>/dev/null | jq -r .heap.mode)" = "$1" ] ||
		{ echo "hook-costs: the heap was not $1 under Callgrind" >&2 && return 1; }
}

measure()
{
	local mode
	for mode in plain $modes; do
		instructions "$mode" >"$work/$mode" || return 1
		[ "$mode" = plain ] || heap_was "$mode" || return 1
	done
	rm -f "$work"/*.tlk
	system_calls plain >"$work/calls.plain" && system_calls sampled >"$work/calls.sampled" || return 1
	echo "# What a hook adds to a call: scripts/hook-costs.sh --write. Made with:"
	echo "# $made"
	printf '%-22s %7s %7s %7s %7s\n' "# instructions, heap:" off sampled full syscalls
	(cd "$work" && paste -d ' ' plain off sampled full calls.plain calls.sampled) |
		awk '{printf "%-22s %7d %7d %7d %7d\n", $1, $4 - $2, $6 - $2, $8 - $2, $12 - $10}'
}

# Another compiler, libc or unwinder counts otherwise, but not twice as much.
check()
{
	local same=0
	if grep -qxF "# $made" $stored; then
		same=1
	else
		echo "# stored for another machine ($made here): twice as much would fail"
	fi
	awk -v same="$same" -v file="$stored" '
		function dearer(was, now, column) {
			if (column == 5)
				return now > was
			return now > (same ? was * 1.1 + 3 : was * 2 + 50)
		}
		/^#/ {next}
		FNR == NR {for (c = 2; c <= 5; c++) was[$1, c] = $c; known[$1] = 1; next}
		!($1 in known) {print "new, not in " file ": " $1; bad = 1; next}
		{
			delete known[$1]
			for (c = 2; c <= 5; c++) {
				what = $1 ", " name[c] ": " $c ", was " was[$1, c]
				if (dearer(was[$1, c], $c, c)) {
					print "dearer: " what
					bad = 1
				} else if (same && (c == 5 ? $c < was[$1, c] : $c < was[$1, c] * 0.75 - 3))
					print "# cheaper: " what "; scripts/hook-costs.sh --write"
			}
		}
		BEGIN {split("- off sampled full syscalls", name, " ")}
		END {
			for (k in known) {print "gone, but in " file ": " k; bad = 1}
			exit bad
		}' $stored "$1"
}

why=$(reason_to_skip)
[ -z "$why" ] || { echo "$why" && exit 77; }
made=$(made_with)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
case ${1-} in
--measure) measure ;;
--write) measure >"$work/table" && cp "$work/table" $stored ;;
--check) [ -s "${2-}" ] && check "$2" ;;
*) sed -n '3,8s/^# \{0,1\}//p' "$0" && exit 2 ;;
esac
