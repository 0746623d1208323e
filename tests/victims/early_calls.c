/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -Wl,-rpath,$ORIGIN -lclean */
/*
 * Calls before our constructor has run: from .preinit_array of the program and from the constructor
 * of a library it is linked with. The library deletes what it made in its destructor.
 */
#include <signal.h>
#include <stdio.h>
#include <time.h>

int libclean_timerfd(void);

static int made;

static void make_early(int argc, char **argv, char **env)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	timer_t t;

	(void)argc, (void)argv, (void)env;
	made = timer_create(CLOCK_MONOTONIC, &ev, &t) == 0; /* LEAK */
}

__attribute__((section(".preinit_array"), used)) static void (*early)(int, char **,
								      char **) = make_early;

int main(void)
{
	printf("%d made early, library %s\n", made, libclean_timerfd() >= 0 ? "ready" : "failed");
	return 0;
}
