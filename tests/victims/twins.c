/* SPDX-License-Identifier: MIT */
/*
 * A library makes a timer and goes; another comes to lie in its place, and makes one by a call from
 * the same address.
 */
#include <dlfcn.h>
#include <libgen.h>

#include "cases.h"

int main(int argc, char **argv)
{
	static const char *const names[] = {"libelder.so", "liblater.so"};
	int (*twin)(void), (*first)(void) = NULL;
	char dir[4096], path[8192];
	void *library;

	(void)argc;
	snprintf(dir, sizeof(dir), "%s", argv[0]);
	snprintf(path, sizeof(path), "%s", dirname(dir));
	snprintf(dir, sizeof(dir), "%s", path);
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		MUST((library = dlopen(path, RTLD_NOW | RTLD_LOCAL)) != NULL);
		*(void **)&twin = dlsym(library, "twin");
		if (i == 0)
			first = twin;
		else if (twin != first)
			skip("the second library lies elsewhere");
		MUST(twin() == 0);
		MUST(dlclose(library) == 0);
	}
	return 0;
}
