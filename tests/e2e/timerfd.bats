#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# timerfds: life of the object and of its descriptors.

load common
load expect

VICTIM=fd_life

@test "a create that fails makes no record" {
	verdict create_fails 0 0
}

@test "closed by close, fclose, freopen, dup2, dup3" {
	for c in closed by_fclose by_freopen by_dup2 by_dup3; do
		verdict $c 1 1
		json_is .warnings '[]' # seen by the hooks, not from the kernel at the end
	done
}

@test "closed by close_range and closefrom" {
	verdict by_close_range 2 2
	json_is .warnings '[]'
	verdict by_closefrom 2 2
	json_is .warnings '[]'
}

@test "a second close takes nothing away" {
	verdict closed_twice 2 1 "possible never_stopped 1"
	json_is '.sites[0].timer' '"timerfd"'
	json_is '.sites[0].notify' null
	json_is '.sites[0].stack[0].line' "$(line_of fd_life.c MAKE)"
}

@test "CLOSE_RANGE_CLOEXEC closes nothing" {
	verdict close_range_cloexec 1 0 "possible never_stopped 1"
}

@test "dup2 that fails, or onto itself, ends nothing" {
	verdict dup2_fails 1 0 "possible never_stopped 1"
	verdict dup2_self 1 0 "possible never_stopped 1"
}

@test "dup2 of a timerfd onto another ends the other; a copy keeps the first" {
	verdict dup2_timerfd_onto_timerfd 2 1 "possible never_stopped 1"
}

@test "one object, however many descriptors" {
	verdict copies_none_closed 1 0 "possible never_stopped 1"
	verdict copies_closed 1 1
}

@test "any last copy keeps it: dup dup2 dup3 F_DUPFD F_DUPFD_CLOEXEC" {
	for c in kept_dup kept_dup2 kept_dup3 kept_dupfd kept_dupfd_cloexec; do
		verdict $c 1 0 "possible never_stopped 1"
	done
}

@test "a number that is used again is a new timer" {
	verdict reused_number 2 1 "possible never_stopped 1"
}

@test "closed by an instruction that no hook sees: the kernel is asked" {
	verdict closed_unseen 1 1
	verdict number_taken_by_other 1 1
}

@test "closed unseen and the number used again" {
	verdict closed_unseen_then_reused 2 1 "possible never_stopped 1"
}

@test "a slot that four billion timers were in" {
	runjson "$VICTIMS/generation_wraps"
	status_is 0
	json_is '.summary | [.created, .stopped, .leaked]' '[5,4,1]'
}

@test "a descriptor of 500 and more" {
	verdict big_number 1 0 "possible never_stopped 1"
}

@test "fortified programs: read becomes __read_chk" {
	cat >"$TEST_DIR/f.c" <<-'EOF'
		#include <stdint.h>
		#include <sys/timerfd.h>
		#include <unistd.h>
		int main(int argc, char **argv)
		{
			struct itimerspec every = { { 0, 2000000 }, { 0, 2000000 } };
			uint64_t t[4];
			int fd = timerfd_create(CLOCK_MONOTONIC, 0);
			timerfd_settime(fd, 0, &every, NULL);
			for (int i = 0; i < 4; i++)
				if (read(fd, t, argc * 8) != 8)
					return 1;
			return 0;
		}
	EOF
	${CC:-cc} -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -w -o "$TEST_DIR/f" "$TEST_DIR/f.c"
	nm -D "$TEST_DIR/f" | grep -q __read_chk || skip "the compiler does not fortify"
	runjson "$TEST_DIR/f"
	status_is 0
	json_is '[.sites[] | "\(.kind) \(.class)"]' '["held in_service"]'
}
