/* SPDX-License-Identifier: MIT */
/*
 * client.h - a program bound to one symbol version of the timer_* family, as a binary from that
 * time is. The includer defines VERSION and the type ID of a timer id at that version.
 *
 * Makes five timers, uses each of the five functions, leaks two. Status 1: a call went wrong; 2:
 * the word next to an id was written (GLIBC_2.2.5 has ids of four bytes; a shim that takes the call
 * for a newer one has the libc write eight).
 */
#ifndef TESTS_ABI_CLIENT_H
#define TESTS_ABI_CLIENT_H

#include <signal.h>
#include <stdio.h>
#include <time.h>

#define BIND(name) __asm__(".symver old_" #name "," #name "@" VERSION)
BIND(timer_create);
BIND(timer_settime);
BIND(timer_gettime);
BIND(timer_getoverrun);
BIND(timer_delete);

int old_timer_create(clockid_t clock, struct sigevent *event, ID *id);
int old_timer_settime(ID id, int flags, const struct itimerspec *value, struct itimerspec *old);
int old_timer_gettime(ID id, struct itimerspec *value);
int old_timer_getoverrun(ID id);
int old_timer_delete(ID id);

#define GUARD 0x5aa5c33c

static struct {
	ID id;
	int guard;
} cell[5];

static int make(int i)
{
	struct sigevent event = {.sigev_notify = SIGEV_NONE};
	struct itimerspec hour = {.it_value.tv_sec = 3600}, left;

	cell[i].guard = GUARD;
	if (old_timer_create(CLOCK_MONOTONIC, &event, &cell[i].id))
		return -1;
	if (old_timer_settime(cell[i].id, 0, &hour, NULL))
		return -1;
	if (old_timer_gettime(cell[i].id, &left) || left.it_value.tv_sec < 3590)
		return -1;
	return old_timer_getoverrun(cell[i].id) == 0 ? 0 : -1;
}

int main(void)
{
	ID lost[2];

	for (int i = 0; i < 5; i++) {
		if (make(i))
			return 1;
	}
	for (int i = 0; i < 5; i++) {
		if (cell[i].guard != GUARD)
			return 2;
	}
	for (int i = 0; i < 3; i++) {
		if (old_timer_delete(cell[i].id))
			return 1;
	}
	/* The two that stay are lost in every sense: no variable has them any more. */
	lost[0] = cell[3].id;
	lost[1] = cell[4].id;
	cell[3].id = cell[4].id = 0;
	printf("%d\n", lost[0] != lost[1]);
	return 0;
}

#endif
