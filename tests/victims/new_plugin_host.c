/* SPDX-License-Identifier: MIT */
/*
 * A C program that loads a C++ plugin, twice: new_plugin_host PLUGIN
 */
#include <dlfcn.h>

#include "cases.h"

int main(int argc, char **argv)
{
	for (int round = 0; argc > 1 && round < 2; round++) {
		void *plugin = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
		int (*run)(int);

		MUST(plugin != NULL);
		*(void **)&run = dlsym(plugin, "new_run");
		for (int what = 0; what < 5; what++)
			printf("%d", run(what));
		printf(", closed: %d\n", dlclose(plugin));
	}
	return 0;
}
