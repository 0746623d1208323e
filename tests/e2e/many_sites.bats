# SPDX-License-Identifier: MIT
# What a report costs follows the number of sites. Instructions, not seconds: the same every time.
load common

# instructions SITES OUTPUT...
instructions()
{
	local sites=$1 output options=()
	shift
	for output; do options+=(-o "$output"); done
	python3 "$ROOT/tests/bench/sites.py" one.tlk "$VICTIMS/01_select_timeout_leaking" \
		many.tlk "$sites" 400 4 &&
		valgrind --tool=callgrind --callgrind-out-file=/dev/null "$TIMERLEAK" report \
			"${options[@]}" many.tlk 2>&1 | sed -n 's/.*Collected : //p'
}

# follows SITES OUTPUT...: four times as many sites are less than five times the work.
follows()
{
	local few many sites=$1
	shift
	few=$(instructions "$sites" "$@")
	many=$(instructions $((4 * sites)) "$@")
	echo "$sites sites: $few, $((4 * sites)) sites: $many"
	[ "$few" -gt 1000000 ] && [ "$many" -gt "$few" ] && [ "$many" -lt $((5 * few)) ]
}

@test "four times the sites: less than five times the work" {
	need valgrind python3 nm
	bare env TIMERLEAK_OPTIONS=trace=one.tlk "$VICTIMS/01_select_timeout_leaking"
	# The less is written of each site, the smaller what is seen of each pair of them.
	follows 2000 heap:a.pb.gz
	follows 300 a.txt a.json a.pb.gz a.folded a.html
	jq_is a.json .summary.created 1200
}

@test "a report that cannot be written whole leaves nothing behind, however much was written" {
	need python3 nm
	bare env TIMERLEAK_OPTIONS=trace=one.tlk "$VICTIMS/01_select_timeout_leaking"
	python3 "$ROOT/tests/bench/sites.py" one.tlk "$VICTIMS/01_select_timeout_leaking" \
		many.tlk 1000 400
	mkdir full
	echo old >full/a.json
	# shellcheck disable=SC2016
	split bash -c 'trap "" XFSZ; ulimit -f 2048; exec "$0" report -o full/a.json many.tlk' \
		"$TIMERLEAK"
	is status "$status" 2
	has "$stderr" 'full/a.json: cannot write: File too large'
	is files "$(ls full)" a.json
	is content "$(cat full/a.json)" old
}
