/* SPDX-License-Identifier: MIT */
/*
 * spawn_cost N LIBRARY -- COMMAND...: what the preload costs a whole process. Runs the command N
 * times plain and N times under the preload, by turns, so that both see the same machine, and
 * prints medians, plain and preloaded, of wall time and of CPU time (user + system) in microseconds
 * and of peak memory in KiB, then the least and the most CPU time of each.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

struct cost {
	double wall, cpu, memory;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double microseconds(struct timeval t)
{
	return (double)t.tv_sec * 1e6 + (double)t.tv_usec;
}

static struct cost run(char **command)
{
	posix_spawn_file_actions_t quiet;
	struct rusage used;
	double start = now();
	pid_t pid;
	int status;

	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
	if (posix_spawnp(&pid, command[0], &quiet, NULL, command, environ) != 0 ||
	    wait4(pid, &status, 0, &used) != pid || status != 0) {
		fprintf(stderr, "spawn_cost: %s failed\n", command[0]);
		exit(1);
	}
	posix_spawn_file_actions_destroy(&quiet);
	return (struct cost){now() - start,
			     microseconds(used.ru_utime) + microseconds(used.ru_stime),
			     (double)used.ru_maxrss};
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, int n)
{
	qsort(values, (size_t)n, sizeof(*values), ascending);
	return values[n / 2];
}

int main(int argc, char **argv)
{
	int n = argc > 4 ? atoi(argv[1]) : 0;
	double *wall[2], *cpu[2], *memory[2];

	if (n < 1)
		return 2;
	for (int i = 0; i < 2; i++) {
		wall[i] = calloc((size_t)n, sizeof(double));
		cpu[i] = calloc((size_t)n, sizeof(double));
		memory[i] = calloc((size_t)n, sizeof(double));
	}
	for (int i = 0; i < 2 * n; i++) {
		struct cost cost;

		if (i % 2)
			setenv("LD_PRELOAD", argv[2], 1);
		else
			unsetenv("LD_PRELOAD");
		cost = run(argv + 4);
		wall[i % 2][i / 2] = cost.wall;
		cpu[i % 2][i / 2] = cost.cpu;
		memory[i % 2][i / 2] = cost.memory;
	}
	printf("%.0f %.0f ", median(wall[0], n), median(wall[1], n));
	printf("%.0f %.0f ", median(cpu[0], n), median(cpu[1], n));
	printf("%.0f %.0f ", median(memory[0], n), median(memory[1], n));
	printf("%.0f %.0f %.0f %.0f\n", cpu[0][0], cpu[0][n - 1], cpu[1][0], cpu[1][n - 1]);
	return 0;
}
