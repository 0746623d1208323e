/* SPDX-License-Identifier: MIT */
#include "launch_kin.h"
#include "util.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENVIRON_MAX (4u << 20) /* ARG_MAX is 2 MiB with the default stack limit */

void launch_kin_free(struct launch_kin *kin)
{
	free(kin->pids);
	*kin = (struct launch_kin){NULL, 0, 0};
}

static size_t read_environ(const char *pid, char *text, size_t size)
{
	char path[300];
	ssize_t got = 0;
	size_t have = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/environ", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && have < size && (got = read(fd, text + have, size - have)) > 0)
		have += (size_t)got;
	if (fd >= 0)
		close(fd);
	return have;
}

static bool has_item(const char *text, size_t size, const char *item)
{
	size_t len = strlen(item) + 1; /* with its NUL */

	while (size >= len) {
		const char *end = memchr(text, '\0', size);

		if (!memcmp(text, item, len))
			return true;
		if (!end)
			return false;
		size -= (size_t)(end + 1 - text);
		text = end + 1;
	}
	return false;
}

static int add(struct launch_kin *kin, const char *pid)
{
	if (!array_grow(&kin->pids, kin->count, &kin->capacity, sizeof(*kin->pids)))
		return -1;
	kin->pids[kin->count++] = (pid_t)atoi(pid);
	return 0;
}

static int search(struct launch_kin *kin, const char *item, char *text)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	int status = 0;

	while (proc && !status && (entry = readdir(proc))) {
		size_t size;

		if (!isdigit((unsigned char)entry->d_name[0]) || atoi(entry->d_name) == getpid())
			continue;
		size = read_environ(entry->d_name, text, ENVIRON_MAX);
		if (has_item(text, size, item))
			status = add(kin, entry->d_name);
	}
	if (proc)
		closedir(proc);
	return status;
}

/* Where nobody is found it is asked again: one that was in the list may have ended before its turn
 * came, and left a child behind that is not in the list. */
int launch_kin_find(struct launch_kin *kin, const char *dir)
{
	char *text = malloc(ENVIRON_MAX);
	char item[PATH_MAX];
	int status;

	*kin = (struct launch_kin){NULL, 0, 0};
	if (!text)
		return -1;
	snprintf(item, sizeof(item), "TIMERLEAK_RUN=%s", dir);
	status = search(kin, item, text);
	if (!status && !kin->count)
		status = search(kin, item, text);
	free(text);
	return status;
}
