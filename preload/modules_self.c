/* SPDX-License-Identifier: MIT */
#include "modules_scan.h"
#include "real.h"
#include "sys.h"
#include <link.h>
#include <sys/syscall.h>

static TL_BEGIN char self_path[4096];

const char *tl_modules_self_path(void)
{
	return self_path;
}

static int find_self(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size;
	(void)data;
	if (info->dlpi_addr != (uintptr_t)__ehdr_start)
		return 0;
	tl_strcopy(self_path, sizeof(self_path), info->dlpi_name);
	return 1;
}

size_t tl_modules_absolute(char *to, size_t size, const char *path)
{
	size_t length;

	if (!path[0] || path[0] == '/' || tl_load(&tl_sys_quiet) ||
	    tl_syscall(SYS_getcwd, (long)to, (long)size, 0, 0, 0, 0) <= 0 || to[0] != '/')
		return tl_strcopy(to, size, path);
	length = tl_strlen(to);
	if (length > 1)
		length += tl_strcopy(to + length, size - length, "/");
	path += path[0] == '.' && path[1] == '/' ? 2 : 0;
	return length < size ? length + tl_strcopy(to + length, size - length, path) : length;
}

void tl_modules_find_self(void)
{
	char name[1024];

	tl_real_dl_iterate_phdr(find_self, NULL);
	if (self_path[0] == '/')
		return;
	tl_strcopy(name, sizeof(name), self_path);
	tl_modules_absolute(self_path, sizeof(self_path), name);
}
