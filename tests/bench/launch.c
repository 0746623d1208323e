/* SPDX-License-Identifier: MIT */
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double cpu_of(const struct rusage *used)
{
	return (double)(used->ru_utime.tv_sec + used->ru_stime.tv_sec) * 1e6 +
	       (double)(used->ru_utime.tv_usec + used->ru_stime.tv_usec);
}

static int same_name(const char *a, const char *b)
{
	size_t n = strcspn(a, "=");

	return strncmp(a, b, n + 1) == 0;
}

/* The environment with the first N words instead of what has their names; to be freed. */
static char **with(char **words, size_t n)
{
	size_t count = 0, old = 0;
	char **env;

	while (environ[old])
		old++;
	env = calloc(old + n + 1, sizeof(*env));
	for (size_t i = 0; i < old; i++) {
		size_t w = 0;

		while (w < n && !same_name(words[w], environ[i]))
			w++;
		if (w == n)
			env[count++] = environ[i];
	}
	memcpy(env + count, words, n * sizeof(*env));
	return env;
}

pid_t launch(char **words)
{
	posix_spawn_file_actions_t quiet;
	posix_spawnattr_t group;
	pid_t child = -1;
	size_t n = 0;
	char **env;

	while (words[n] && strchr(words[n], '='))
		n++;
	if (!words[n])
		return -1;
	env = with(words, n);
	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
	posix_spawnattr_init(&group);
	posix_spawnattr_setflags(&group, POSIX_SPAWN_SETPGROUP);
	if (posix_spawnp(&child, words[n], &quiet, &group, words + n, env) != 0)
		child = -1;
	posix_spawnattr_destroy(&group);
	posix_spawn_file_actions_destroy(&quiet);
	free(env);
	return child;
}

static void interrupt(int signal)
{
	(void)signal;
}

/* Every second, not once: one that comes before wait4 sleeps would be lost. */
static void tick(int seconds)
{
	struct sigaction action = {.sa_handler = interrupt};
	struct itimerval each = {.it_interval.tv_sec = seconds, .it_value.tv_sec = seconds};

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &each, NULL);
}

int launch_wait(pid_t child, int limit, struct usage *used)
{
	double start = now();
	int status = -1, one;
	struct rusage use;
	pid_t pid;

	tick(1);
	while ((pid = wait4(-1, &one, 0, &use)) > 0 || errno == EINTR) {
		if (pid < 0 && now() - start > limit * 1e6)
			kill(-child, SIGKILL);
		if (pid > 0 && (double)use.ru_maxrss > used->peak)
			used->peak = (double)use.ru_maxrss;
		if (pid == child)
			status = one;
	}
	tick(0);
	return status;
}

int launch_run(char **words, int limit, struct usage *used)
{
	struct rusage before, after;
	double start = now();
	int status;
	pid_t child;

	*used = (struct usage){0};
	getrusage(RUSAGE_CHILDREN, &before);
	child = launch(words);
	if (child < 0)
		return -1;
	status = launch_wait(child, limit, used);
	getrusage(RUSAGE_CHILDREN, &after);
	used->wall = now() - start;
	used->cpu = cpu_of(&after) - cpu_of(&before);
	return status;
}
