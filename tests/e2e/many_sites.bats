# SPDX-License-Identifier: MIT
# What a report costs follows the number of sites. Instructions, not seconds: the same every time.
load common

# instructions SITES
instructions()
{
	python3 "$ROOT/tests/bench/sites.py" one.tlk "$VICTIMS/01_select_timeout_leaking" \
		many.tlk "$1" 400 4 &&
		valgrind --tool=callgrind --callgrind-out-file=/dev/null "$TIMERLEAK" report \
			-o a.txt -o a.json -o a.pb.gz -o a.folded -o a.html many.tlk 2>&1 | sed -n 's/.*Collected : //p'
}

@test "four times the sites: less than five times the work" {
	need valgrind python3 nm
	bare env TIMERLEAK_OPTIONS=trace=one.tlk "$VICTIMS/01_select_timeout_leaking"
	local few many
	few=$(instructions 600)
	many=$(instructions 2400)
	echo "600 sites: $few, 2400 sites: $many"
	[ "$few" -gt 1000000 ]
	[ "$many" -gt "$few" ]
	[ "$many" -lt $((5 * few)) ]
	jq_is a.json .summary.created 2400
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
