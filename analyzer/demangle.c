/* SPDX-License-Identifier: MIT */
#include "demangle.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <libiberty/demangle.h>

static bool is_clone_suffix(const char *text)
{
	static const char *const suffixes[] = {
	    ".part.", ".constprop.", ".isra.", ".cold", ".lto_priv.", ".localalias", ".llvm.",
	};
	size_t i;

	for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (!strncmp(text, suffixes[i], strlen(suffixes[i])))
			return true;
	return false;
}

static void cut_clone_suffix(char *name)
{
	char *dot;

	for (dot = strchr(name + 1, '.'); dot; dot = strchr(dot + 1, '.')) {
		if (is_clone_suffix(dot)) {
			*dot = '\0';
			return;
		}
	}
}

static void cut_version(char *name)
{
	char *at = strchr(name + 1, '@');

	if (at)
		*at = '\0';
}

char *demangle(const char *symbol)
{
	char *name = strdup(symbol);
	char *readable;

	if (!name || !*name)
		return name;
	cut_version(name);
	cut_clone_suffix(name);
	if (name[0] != '_')
		return name;
	/* Without DMGL_VERBOSE the Rust hash goes, without DMGL_PARAMS the parameter list. */
	readable = cplus_demangle(name, DMGL_ANSI | DMGL_AUTO);
	if (!readable)
		return name;
	free(name);
	return readable;
}
