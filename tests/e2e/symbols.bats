#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Files and functions as compilers and linkers name them.

load common

# compile DWARF-VERSION SOURCE in a directory named relatively to the mapped root
mapped()
{
	mkdir -p "$PWD/top/sub"
	printf '#include <sys/timerfd.h>\nint main(void) { return timerfd_create(1, 0) < 0; }\n' >top/sub/x.c
	(cd top/sub && "${CC:-cc}" -g "-gdwarf-$1" "-ffile-prefix-map=${PWD%/sub}=." "$2" -o ../../mapped)
}

@test "a directory that was mapped to a relative one stands once before a file's name" {
	local version
	for version in 4 5; do
		mapped "$version" x.c
		split "$TIMERLEAK" run ./mapped
		has "$stderr" '#0 main ./sub/x.c:2'
	done
}
