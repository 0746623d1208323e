#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What recording the heap costs: CPU time of the whole process tree and peak memory, as ratios of runs
# that alternate. One table, a row a workload, for heap=off, sampled and full; part of run.sh.
cd "$(dirname "$0")/../.." || exit 1
build=${BUILD:-$PWD/build}
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
rounds=$((${ROUNDS:-15} / 3 + 1))

cc=${CC:-cc}
$cc -O2 -D_GNU_SOURCE -o "$work/spawn_cost" tests/bench/spawn_cost.c || exit 1
for program in alloc_churn alloc_live; do
	$cc -O2 -D_GNU_SOURCE -pthread -o "$work/$program" "tests/bench/$program.c" || exit 1
done

# Numbers, dates and words enough to keep each of them busy for a second or so.
make_inputs()
{
	{
		echo 'create table t(a integer, b text, c real);begin;'
		for ((i = 0; i < 30000; i++)); do
			echo "insert into t values($i,'text of row $i',$i.5);"
		done
		echo 'commit;create index i on t(b);select sum(a),count(distinct b) from t;'
	} >"$work/bulk.sql"
	for ((i = 0; i < 500; i++)); do
		echo "struct s$i { int a[$((i % 7 + 1))]; double b; }; double f$i(struct s$i *p, int n)"
		echo "{ double x = 0; for (int i = 0; i < n; i++) x += p[i].b * p[i].a[0]; return x + n % $((i + 3)); }"
	done >"$work/large.c"
	cat >"$work/words.pl" <<'EOF'
my (%h, @l); for my $i (1..200000) { my $k = "word" . ($i * 7919 % 50021); $h{$k} .= chr(65 + $i % 26);
push @l, $k if $i % 3 == 0; } print scalar(keys %h), " ", length(join ",", sort @l), "\n";
EOF
	cat >"$work/rows.py" <<'EOF'
import json
rows = [{"id": i, "name": "row %d" % i, "list": list(range(i % 40))} for i in range(12000)]
print(len(json.dumps(json.loads(json.dumps(rows)))))
EOF
}

# row NAME CMD...
row()
{
	local name=$1 mode line='' spread='' c0 c1 m0 m1 b0 b1
	shift
	command -v "$1" >/dev/null || { printf '%-30s not installed\n' "$name" && return; }
	for mode in off sampled full; do
		read -r _ _ c0 c1 m0 m1 _ _ b0 b1 < <(TIMERLEAK_OPTIONS=heap=$mode:verbosity=0 \
			"$work/spawn_cost" "$rounds" "$build/libtimerleak.so" -- "$@")
		line=$line$(awk -v c0="$c0" -v c1="$c1" -v m0="$m0" -v m1="$m1" \
			'BEGIN {printf "%8.2f %+7.1f", c1 / c0, (m1 - m0) / 1024}')
		spread="$spread $(awk -v c0="$c0" -v b0="$b0" -v b1="$b1" \
			'BEGIN {printf "%.2f-%.2f", b0 / c0, b1 / c0}')"
	done
	printf '%-30s %7d %7.1f%s  %s\n' "$name" $((c0 / 1000)) \
		"$(awk -v m="$m0" 'BEGIN {print m / 1024}')" "$line" "$spread"
}

make_inputs
echo
printf '%-30s %15s %16s%16s%16s\n' '' 'plain' 'heap=off' 'heap=sampled' 'heap=full'
printf '%-30s %7s %7s%8s %7s%8s %7s%8s %7s  %s\n' 'CPU ratio, MiB more' 'CPU ms' 'MiB' \
	ratio MiB ratio MiB ratio MiB 'spread of the ratios'
for threads in 1 2 4; do
	row "alloc_churn, $threads threads" "$work/alloc_churn" $threads $((800000 / threads)) 25
done
for depth in 10 60; do
	row "alloc_churn, depth $depth" "$work/alloc_churn" 1 600000 $depth
done
row 'alloc_live, 500,000 blocks' "$work/alloc_live" 500000
row sqlite3 sqlite3 -batch :memory: ".read $work/bulk.sql"
row perl perl "$work/words.pl"
row python3 env PYTHONMALLOC=malloc python3 "$work/rows.py"
row 'gcc -O2 (cc1)' "$cc" -O2 -c -o "$work/large.o" "$work/large.c"
