/* SPDX-License-Identifier: MIT */
#include "util_path.h"

#include <stdlib.h>
#include <string.h>

static size_t drop_last(const char *path, size_t len, size_t root)
{
	while (len > root && path[len - 1] != '/')
		len--;
	return len > root ? len - 1 : len;
}

static bool ends_above(const char *path, size_t len, size_t root)
{
	return len == root || (len - root >= 2 && memcmp(path + len - 2, "..", 2) == 0 &&
			       (len - root == 2 || path[len - 3] == '/'));
}

char *path_clean(const char *file)
{
	size_t root = file[0] == '/', len = root;
	char *path = malloc(strlen(file) + 2);

	if (!path)
		return NULL;
	path[0] = '/';
	while (*file) {
		size_t n = strcspn(file, "/");

		if (n == 2 && memcmp(file, "..", 2) == 0 && !ends_above(path, len, root)) {
			len = drop_last(path, len, root);
		} else if (n && !(n == 1 && *file == '.') &&
			   !(root && n == 2 && memcmp(file, "..", 2) == 0)) {
			if (len > root)
				path[len++] = '/';
			memcpy(path + len, file, n);
			len += n;
		}
		file += n + (file[n] == '/');
	}
	path[len] = '\0';
	return path;
}

bool path_inside(const char *path)
{
	long depth = 0;

	if (!*path || *path == '/')
		return false;
	while (*path && depth >= 0) {
		size_t n = strcspn(path, "/");

		if (n == 2 && memcmp(path, "..", 2) == 0)
			depth--;
		else if (n && !(n == 1 && *path == '.'))
			depth++;
		path += n + (path[n] == '/');
	}
	return depth > 0;
}
