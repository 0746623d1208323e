/* SPDX-License-Identifier: MIT */
/*
 * peak.c - runs a command and prints its seconds, CPU seconds and peak KiB. Small itself, because
 * the kernel counts from what the child was before its exec.
 */
#include <err.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
	struct timespec begin, end;
	struct rusage usage;
	pid_t child;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	child = argc > 1 ? fork() : -1;
	if (child == 0) {
		execvp(argv[1], argv + 1);
		err(127, "%s", argv[1]);
	}
	if (child < 0 || wait4(child, NULL, 0, &usage) != child)
		err(1, "fork");
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("%.2f %.2f %ld\n",
	       (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9,
	       seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss);
	return 0;
}
