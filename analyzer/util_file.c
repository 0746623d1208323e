/* SPDX-License-Identifier: MIT */
#include "util_file.h"
#include "util.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static char *read_all(FILE *file, size_t max, size_t *len)
{
	size_t capacity = 0;
	char *text = NULL;

	*len = 0;
	do {
		if (*len > max) {
			errno = EFBIG;
			goto failed;
		}
		if (!array_grow(&text, *len, &capacity, 1))
			goto failed;
		*len += fread(text + *len, 1, capacity - *len, file);
	} while (!feof(file) && !ferror(file));
	if (!ferror(file))
		return text;
failed:
	free(text);
	return NULL;
}

char *file_read(const char *path, size_t max, size_t *len)
{
	FILE *file = fopen(path, "re");
	char *text;
	int error;

	if (!file)
		return NULL;
	text = read_all(file, max, len);
	error = errno;
	fclose(file);
	errno = error;
	return text;
}
