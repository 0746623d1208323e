/* SPDX-License-Identifier: MIT */
/*
 * plugin_host NAME: loads libNAME.so from its own directory, runs it and unloads it.
 */
#include <dlfcn.h>
#include <libgen.h>

#include "cases.h"

int main(int argc, char **argv)
{
	int (*plugin_run)(void);
	char path[4096];
	void *plugin;

	if (argc != 2)
		return 0;
	snprintf(path, sizeof(path), "%s/lib%s.so", dirname(argv[0]), argv[1]);
	MUST((plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL)) != NULL);
	*(void **)&plugin_run = dlsym(plugin, "plugin_run");
	MUST(plugin_run() == 0);
	MUST(dlclose(plugin) == 0 && !dlopen(path, RTLD_NOW | RTLD_NOLOAD));
	puts("unloaded");
	return 0;
}
