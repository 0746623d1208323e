/* SPDX-License-Identifier: MIT */
/*
 * Live timers over time, as told: each argument is a number of timers that one site is to have from
 * then on; a pause follows. With "fork" the rest goes on in a child, the parent waiting for it.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

static int fds[1024];
static int live;

static void make(void)
{
	fds[live] = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	if (fds[live++] < 0)
		err(99, "timerfd_create");
}

static void have(int wanted)
{
	while (live < wanted)
		make();
	while (live > wanted)
		close(fds[--live]);
	usleep(200000);
}

/* Its own timers, from none on: those of the parent are none of its. */
static int go_on_in_child(void)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		live = 0;
		return -1;
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		err(99, "fork");
	return WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		int status = -1;

		if (strcmp(argv[i], "fork") == 0)
			status = go_on_in_child();
		else
			have(atoi(argv[i]));
		if (status >= 0)
			return status;
	}
	return 0;
}
