/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -Wl,--export-dynamic-symbol=__timerleak_default_suppressions */
/* own_rules.c - a program that brings its own suppressions; killed with the argument "kill". */
#include <signal.h>
#include <sys/timerfd.h>
#include <unistd.h>

#ifdef AS_DATA
extern const char __timerleak_default_suppressions[];
const char __timerleak_default_suppressions[] = RULES;
#else
#ifndef RULES
/* More than one slot of the trace holds. */
#define FILLER "# a comment that is long enough to fill the place of a note, and some more of it\n"
#define RULES  FILLER FILLER FILLER FILLER "leak:^wanted$\n"
#endif
const char *__timerleak_default_suppressions(void);
const char *__timerleak_default_suppressions(void)
{
	return RULES;
}
#endif

static __attribute__((noinline)) int wanted(void)
{
	return timerfd_create(CLOCK_MONOTONIC, 0);
}

static __attribute__((noinline)) int leaked(void)
{
	return timerfd_create(CLOCK_MONOTONIC, 0) + 1;
}

int main(int argc, char **argv)
{
	int sum = wanted() + leaked();

	(void)argv;
	if (argc > 1)
		kill(getpid(), SIGKILL);
	return sum < 0;
}
