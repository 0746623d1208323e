/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -Wl,-rpath,$ORIGIN */
/*
 * Loads a library that makes six timers and stops two of them: as usual, bound past what was
 * preloaded, or with a libc of its own. It is found by the RUNPATH of this program alone.
 */
#include <dlfcn.h>

#include "cases.h"

static void with(void *library)
{
	int (*plugin_run)(void);

	if (!library)
		errx(99, "%s", dlerror());
	*(void **)&plugin_run = dlsym(library, "plugin_run");
	MUST(plugin_run() == 0);
	puts("six made, two stopped");
}

static void as_usual(void)
{
	with(dlopen("libplugin.so", RTLD_NOW));
}

static void deep(void)
{
	with(dlopen("libplugin.so", RTLD_NOW | RTLD_DEEPBIND));
}

static void own_space(void)
{
	with(dlmopen(LM_ID_NEWLM, "libplugin.so", RTLD_NOW));
}

/* Nothing may be different where nothing is loaded. */
static void failing(void)
{
	if (dlopen("libnone.so", RTLD_NOW) || dlmopen(LM_ID_BASE, "libnone.so", RTLD_NOW) ||
	    dlopen("libnone.so", RTLD_NOW | RTLD_DEEPBIND))
		exit(98);
	puts(dlerror());
	MUST(dlopen(NULL, RTLD_NOW) != NULL);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {CASE(as_usual), CASE(deep), CASE(own_space),
						 CASE(failing)};

	return RUN_CASE(cases, argc, argv);
}
