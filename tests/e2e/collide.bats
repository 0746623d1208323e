#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Names of the shim's insides belong to the host as well: neither side sees the other's.
load common

runs_unharmed()
{
	barejson "$1"
	is status "$status" 0
	is stdout "$stdout" "host done"
	jq_is "$json" '.summary | [.created, .stopped, .leaked]' '[4,2,2]'
	runjson "$1"
	is status "$status" 0
	is stdout "$stdout" "host done"
	jq_is "$json" '.summary | [.created, .stopped, .leaked]' '[4,2,2]'
}

@test "a host with some of our names" { runs_unharmed "$BUILD/collide/host"; }

@test "a host with all of our names" {
	need gcc nm
	# Functions alone: a host's variable of the same name is as harmless, and has a type.
	# T: what is seen, although it should not be.
	nm "$SHIM" | awk '$2 == "t" && $3 ~ /^[a-z][a-z0-9_]*$/ || $2 == "T" && $3 ~ /^tl_[a-z0-9_]*$/ {
		print $3}' | sort -u |
		grep -vxE '(de)?register_tm_clones|frame_dummy|main|atexit' |
		sed 's/.*/void &(void); void &(void) { _Exit(99); }/' >names.h
	[ "$(wc -l <names.h)" -ge 20 ]
	gcc -D_GNU_SOURCE -fno-builtin -rdynamic -DNAMES="\"$PWD/names.h\"" -o host \
		"$ROOT/tests/collide/host.c"
	runs_unharmed ./host
	outcome hosts "symbols with our internal names" bare "full report"
	outcome hosts "symbols with our internal names" run "full report"
}
