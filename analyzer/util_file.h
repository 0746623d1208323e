/* SPDX-License-Identifier: MIT */
/*
 * util_file.h - a whole file of text that somebody else wrote, in memory.
 */
#ifndef ANALYZER_UTIL_FILE_H
#define ANALYZER_UTIL_FILE_H

#include <stddef.h>

/* malloc'ed, not NUL-terminated; NULL with errno set, EFBIG if it has more than max bytes. */
char *file_read(const char *path, size_t max, size_t *len);

#endif
