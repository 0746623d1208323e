/* SPDX-License-Identifier: MIT */
#include "modules.h"
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

void tl_modules_find_self(void)
{
	char name[1024];
	size_t length;

	tl_real_dl_iterate_phdr(find_self, NULL);
	if (self_path[0] == '/' || !self_path[0])
		return;
	/* LD_PRELOAD=build/libtimerleak.so: relative to where the program was started. */
	tl_strcopy(name, sizeof(name), self_path);
	if (tl_syscall(SYS_getcwd, (long)self_path, sizeof(self_path), 0, 0, 0, 0) <= 0)
		return;
	length = tl_strlen(self_path);
	tl_format(self_path + length, sizeof(self_path) - length, "/%s", name);
}
