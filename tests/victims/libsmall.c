/* SPDX-License-Identifier: MIT */
/*
 * A small plugin that allocates when it is loaded, run and unloaded.
 */
#include <stdlib.h>

int plugin_run(void);

static void *volatile of_library;

static void __attribute__((constructor)) start(void)
{
	of_library = malloc(65536);
}

int plugin_run(void)
{
	for (int i = 0; i < 16; i++) {
		char *volatile block = malloc(65536);

		if (!block)
			return 1;
		block[i] = 1;
		free(block);
	}
	return of_library == NULL;
}

static void __attribute__((destructor)) stop(void)
{
	free(of_library);
}
