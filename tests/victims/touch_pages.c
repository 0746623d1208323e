/* SPDX-License-Identifier: MIT */
/* touch_pages blocks N: N blocks that stay, from 1,024 stacks. touch_pages timers N: as many timers
 * at once, status 77 if the kernel gives fewer. touch_pages forks N: N children one by one. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void *last;

static __attribute__((noinline)) void allocate(void)
{
	void **p = malloc(100);

	if (!p)
		exit(1);
	*p = last;
	last = p;
}

/* Each way through is a stack of its own. */
static __attribute__((noinline)) void descend(unsigned way, int steps)
{
	if (!steps)
		allocate();
	else if (way & 1)
		descend(way >> 1, steps - 1);
	else
		descend(way >> 1, steps - 1);
	__asm__ volatile("");
}

static void make_timers(unsigned n)
{
	struct sigevent none = {.sigev_notify = SIGEV_NONE};
	timer_t *timers = calloc(n, sizeof(*timers));
	unsigned made = 0;

	while (timers && made < n && !timer_create(CLOCK_MONOTONIC, &none, &timers[made]))
		made++;
	for (unsigned i = 0; i < made; i++)
		timer_delete(timers[i]);
	free(timers);
	if (made < n)
		exit(77);
}

static void fork_all(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			exit(1);
	}
}

int main(int argc, char **argv)
{
	unsigned n = argc == 3 ? (unsigned)atoi(argv[2]) : 0;

	if (argc == 3 && strcmp(argv[1], "timers") == 0)
		make_timers(n);
	else if (argc == 3 && strcmp(argv[1], "forks") == 0)
		fork_all(n);
	else if (argc == 3 && strcmp(argv[1], "blocks") == 0)
		for (unsigned i = 0; i < n; i++)
			descend(i, 10);
	else
		return 2;
	return 0;
}
