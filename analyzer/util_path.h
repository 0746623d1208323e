/* SPDX-License-Identifier: MIT */
/*
 * util_path.h - names of files as text: nothing looks at the files.
 */
#ifndef ANALYZER_UTIL_PATH_H
#define ANALYZER_UTIL_PATH_H

#include <stdbool.h>

/* Without "." and "..", as far as it goes; malloc'ed, NULL on lack of memory. */
char *path_clean(const char *file);

/* Relative, and leads nowhere above where it starts. */
bool path_inside(const char *path);

#endif
