/* SPDX-License-Identifier: MIT */
/* Locks its memory, allocates more, and prints how many MiB are locked then. */
#include "cases.h"
#include <sys/mman.h>

static long locked_mib(void)
{
	FILE *status = fopen("/proc/self/status", "r");
	char line[200];
	long kib = 0;

	MUST(status != NULL);
	while (fgets(line, sizeof(line), status))
		sscanf(line, "VmLck: %ld kB", &kib);
	fclose(status);
	return kib / 1024;
}

int main(void)
{
	void *volatile before = malloc(100000), *volatile after;

	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		skip("memory cannot be locked here");
	after = malloc(64 << 20);
	printf("%ld\n", locked_mib());
	return !before || !after;
}
