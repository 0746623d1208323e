/* SPDX-License-Identifier: MIT */
/* Locks its memory, allocates more, and prints how many MiB are locked then. With the name of a
 * library whose constructor makes timers, by how many KiB that made it more. */
#include "cases.h"
#include <dlfcn.h>
#include <signal.h>
#include <sys/mman.h>
#include <time.h>

static long locked_kib(void)
{
	FILE *status = fopen("/proc/self/status", "r");
	char line[200];
	long kib = 0;

	MUST(status != NULL);
	while (fgets(line, sizeof(line), status))
		sscanf(line, "VmLck: %ld kB", &kib);
	fclose(status);
	return kib;
}

/* Else it is a part of what is measured. */
static void begin_trace(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	timer_t t;

	MUST(!timer_create(CLOCK_MONOTONIC, &ev, &t));
	MUST(!timer_delete(t));
}

static long load(const char *name)
{
	long before = locked_kib();

	MUST(dlopen(name, RTLD_NOW));
	return locked_kib() - before;
}

int main(int argc, char **argv)
{
	void *volatile before = malloc(100000), *volatile after;

	begin_trace();
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		skip("memory cannot be locked here");
	after = malloc(64 << 20);
	printf("%ld\n", argc > 1 ? load(argv[1]) : locked_kib() / 1024);
	return !before || !after;
}
