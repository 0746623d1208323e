/* SPDX-License-Identifier: MIT */
#include "launch_env.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#define SHIM_NAME "libtimerleak.so"

#ifndef TL_LIBDIR
#define TL_LIBDIR "/usr/local/lib"
#endif

/* As Debian's multiarch has it: /usr/bin/timerleak, /usr/lib/x86_64-linux-gnu/libtimerleak.so. */
#if defined(__x86_64__)
#define MULTIARCH_LIB "/../lib/x86_64-linux-gnu"
#elif defined(__aarch64__)
#define MULTIARCH_LIB "/../lib/aarch64-linux-gnu"
#elif defined(__i386__)
#define MULTIARCH_LIB "/../lib/i386-linux-gnu"
#else
#define MULTIARCH_LIB "/../lib"
#endif

/* Absolute and without "..", so that it is right from every directory; NULL if it is not there. */
static char *existing(const char *dir, const char *below)
{
	char *path, *real = NULL;

	if (asprintf(&path, "%s%s/" SHIM_NAME, dir, below) < 0)
		return NULL;
	if (access(path, R_OK) == 0)
		real = realpath(path, NULL);
	free(path);
	return real;
}

/* Where there is no /proc, the kernel still tells what execve was given. */
static char *own_path(void)
{
	const char *given = (const char *)getauxval(AT_EXECFN);
	char *self = realpath("/proc/self/exe", NULL);

	return self || !given ? self : realpath(given, NULL);
}

char *launch_find_shim(void)
{
	static const char *const below[] = {"", "/../lib", "/../lib64", MULTIARCH_LIB};
	char *self = own_path(), *found = NULL;
	size_t i;

	if (self)
		*strrchr(self, '/') = '\0';
	for (i = 0; self && !found && i < sizeof(below) / sizeof(below[0]); i++)
		found = existing(self, below[i]);
	free(self);
	return found ? found : existing(TL_LIBDIR, "");
}

bool launch_preloadable(const char *path)
{
	return !path[strcspn(path, " :\t\n")];
}

static bool names_already(const char *list, const char *path)
{
	size_t len = strlen(path), item;

	for (; *list; list += item + !!list[item]) {
		item = strcspn(list, " :");
		if (item == len && !memcmp(list, path, len))
			return true;
	}
	return false;
}

/* What was preloaded before stays in front: it may be what the program does not run without. */
static int set_preload(const struct launch_env *env)
{
	const char *old = getenv("LD_PRELOAD");
	bool have_shim = old && names_already(old, env->shim);
	char *value;
	int status;

	if (asprintf(&value, "%s%s%s%s%s", env->sanitizer, *env->sanitizer ? ":" : "",
		     old ? old : "", old && *old && !have_shim ? ":" : "",
		     have_shim ? "" : env->shim) < 0)
		return -1;
	status = setenv("LD_PRELOAD", value, 1);
	free(value);
	return status;
}

/* Of two items with one key the last one counts. */
static int add_options(const char *item)
{
	const char *old = getenv("TIMERLEAK_OPTIONS");
	char *value;
	int status;

	if (asprintf(&value, "%s%s%s", old ? old : "", old && *old ? ":" : "", item) < 0)
		return -1;
	status = setenv("TIMERLEAK_OPTIONS", value, 1);
	free(value);
	return status;
}

int launch_env_apply(const struct launch_env *env)
{
	char *mine;
	int status;

	if (asprintf(&mine, "%d:%s", (int)getpid(), env->trace) < 0)
		return -1;
	status = setenv("TIMERLEAK_TRACE_MAIN", mine, 1);
	free(mine);
	if (status || setenv("TIMERLEAK_RUN", env->run_dir, 1) || set_preload(env))
		return -1;
	return env->heap ? add_options(env->heap) : 0;
}
