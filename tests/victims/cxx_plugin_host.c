/* SPDX-License-Identifier: MIT */
/*
 * A C program that loads a C++ plugin which throws: the unwinder must stay the plugin's own. Prints
 * which library the global name of the unwinder comes from, if any.
 */
#include <dlfcn.h>
#include <libgen.h>
#include <unistd.h>

#include "cases.h"

int main(int argc, char **argv)
{
	int (*throw_and_catch)(int);
	char path[4096];
	void *plugin;

	printf("global unwinder: %s\n",
	       dlsym(RTLD_DEFAULT, "_Unwind_RaiseException") ? "yes" : "no");
	snprintf(path, sizeof(path), "%s/libthrow.so", dirname(argv[argc - 1]));
	MUST((plugin = dlopen(path, RTLD_NOW)) != NULL);
	*(void **)&throw_and_catch = dlsym(plugin, "throw_and_catch");
	printf("caught %c\n", throw_and_catch(1));
	return dlclose(plugin);
}
