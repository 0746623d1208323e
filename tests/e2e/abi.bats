#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Programs bound to each symbol version of the timer_* family: all five calls are seen and forwarded
# at their own version.
load common

check_client()
{
	local client=$BUILD/abi/$1
	split "$client"
	[ "$status" != 77 ] || skip "no such symbol version on this machine"
	is "status without the shim" "$status" 0

	barejson "$client"
	is status "$status" 0
	is stdout "$stdout" 1
	jq_is "$json" '.summary | [.created, .stopped, .leaked, .untracked]' '[5,3,2,0]'
	jq_is "$json" '[.sites[] | select(.timer == "posix") | .stack[0].function] | unique' '["make"]'
}

@test "a client of GLIBC_2.2.5 keeps its four-byte ids" { check_client glibc_2_2_5; }
@test "a client of GLIBC_2.3.3" { check_client glibc_2_3_3; }
@test "a client of GLIBC_2.34" { check_client glibc_2_34; }

@test "the clients are bound to the versions that they name" {
	[ "$(uname -m)" = x86_64 ] || skip "other versions here"
	for v in 2.2.5 2.3.3 2.34; do
		symbols=$(nm -D "$BUILD/abi/glibc_${v//./_}")
		for f in create settime gettime getoverrun delete; do
			has "$symbols" "timer_$f@GLIBC_${v//./\\.}\$"
		done
	done
}
