/* SPDX-License-Identifier: MIT */
#include "report_spawn.h"
#include "sys.h"

#define VARIABLES_MAX 65536

static bool for_host(const char *variable)
{
	return tl_starts(variable, "LD_") || tl_starts(variable, "MALLOC_") ||
	       tl_starts(variable, "TIMERLEAK_") || tl_starts(variable, "DEBUGINFOD_URLS=");
}

/* Programs that set their title overwrite what environ points to: look before reading, once for
 * neighbours on a page. A pointer of the array lies within one page, of a string the first byte. */
static bool readable(const void *p, uintptr_t *known_page)
{
	uintptr_t page = (uintptr_t)p | 4095;

	if (page == *known_page)
		return true;
	if (!tl_sys_readable(p, 1))
		return false;
	*known_page = page;
	return true;
}

char **tl_report_environment(char **from, size_t *bytes)
{
	size_t count = 0, kept = 0;
	uintptr_t page = 0;
	char **to;

	while (from && count < VARIABLES_MAX && readable(&from[count], &page) && from[count])
		count++;
	*bytes = (count + 1) * sizeof(*to);
	to = tl_sys_mmap(*bytes);
	for (size_t i = 0; to && i < count; i++)
		if (readable(from[i], &page) && !for_host(from[i]))
			to[kept++] = from[i];
	return to;
}
