# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2034
# A program of more than 100 MB with debug info, which leaks a timer in each of its units.

# N functions, each of which the compiler keeps, calls the one of half its number.
large_unit()
{
	printf '#include <%s>\n' signal.h stddef.h time.h
	awk -v n="$1" 'BEGIN {
		for (i = 0; i < n; i++) {
			printf "struct s%d { int a%d; long b%d[%d]; struct s%d *next%d; };\n", i, i, i, i % 9 + 1, i, i
			printf "static __attribute__((used)) int f%d(struct s%d *s, int depth)\n{\n", i, i
			printf "\tlong local%d = s ? s->b%d[0] : depth;\n", i, i
			printf "\tfor (int i = 0; i < depth; i++) { int square = i * i; local%d += square; }\n", i
			if (i)
				printf "\treturn f%d(NULL, depth + 1) + (int)local%d;\n}\n", int(i / 2), i
			else
				print "\tstruct sigevent event = {.sigev_notify = SIGEV_NONE};\n\ttimer_t timer;\n" \
					"\treturn timer_create(CLOCK_MONOTONIC, &event, &timer);\n}"
		}
		printf "int entry(void)\n{\n\treturn f%d(NULL, 0);\n}\n", n - 1
	}'
}

large_main()
{
	local i
	for ((i = 0; i < $1; i++)); do
		echo "int entry_$i(void);"
	done
	echo 'int main(void) {'
	for ((i = 0; i < $1; i++)); do
		echo "entry_$i();"
	done
	echo 'return 0; }'
}

# Prints its path. It is compiled once and copied, which takes half a minute, and kept.
large_binary()
{
	local kept=$build/bench/large.$shrink copies=22 i
	if [ ! -x "$kept" ]; then
		large_unit "$(count 12000)" >"$work/unit.c"
		large_main $copies >"$work/large_main.c"
		${CC:-cc} -O0 -g -c -o "$work/unit.o" "$work/unit.c" 1>&2 || return 1
		for ((i = 0; i < copies; i++)); do
			objcopy --redefine-sym "entry=entry_$i" "$work/unit.o" "$work/unit_$i.o" || return 1
		done
		mkdir -p "$build/bench"
		${CC:-cc} -g -o "$kept" "$work/large_main.c" "$work"/unit_*.o 1>&2 || return 1
		rm -f "$work"/unit*
	fi
	echo "$kept"
}
