/* SPDX-License-Identifier: MIT */
#include "under.h"
#include "sys.h"
#include <sys/syscall.h>

static long first_parent;

static long parent(void)
{
	return tl_syscall(SYS_getppid, 0, 0, 0, 0, 0, 0);
}

void tl_under_init(void)
{
	first_parent = parent();
}

bool tl_under_parent(void)
{
	struct tl_lines lines;
	char path[32], *line;
	bool found = false;
	long now = parent();

	if (now != first_parent)
		return true;
	tl_format(path, sizeof(path), "/proc/%ld/maps", now);
	if (!tl_lines_open(&lines, path))
		return false;
	while (!found && (line = tl_lines_next(&lines)))
		found = tl_strstr(line, "/libtimerleak.so") != NULL;
	tl_lines_close(&lines);
	return found;
}
