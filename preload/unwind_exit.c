/* SPDX-License-Identifier: MIT */
#include "unwind_exit.h"
#include "foreign.h"
#include "unwind.h"
#include <link.h>

#define DEEP 512 /* 4 KiB of stack, in the rare case that 64 frames were not all */

static struct {
	uintptr_t start, end;
} ranges[2];

static void find(unsigned i, const char *name)
{
	void *function = dlsym(RTLD_NEXT, name);
	const ElfW(Sym) *symbol = NULL;
	Dl_info info;

	if (!function || !dladdr1(function, &info, (void **)&symbol, RTLD_DL_SYMENT) || !symbol)
		return;
	ranges[i].start = (uintptr_t)function;
	ranges[i].end = (uintptr_t)function + symbol->st_size;
}

void tl_unwind_exit_init(void)
{
	find(0, "exit");
	find(1, "quick_exit");
}

/* They do not return: the return address into them may be their end. */
static bool any(void *const *ips, unsigned depth)
{
	for (unsigned i = 0; i < depth; i++)
		for (unsigned k = 0; k < TL_ARRAY_LEN(ranges); k++)
			/* cppcheck-suppress uninitvar ; tl_unwind wrote as many as it says */
			if ((uintptr_t)ips[i] - 1 >= ranges[k].start &&
			    (uintptr_t)ips[i] - 1 < ranges[k].end)
				return true;
	return false;
}

static TL_COLD bool any_deeper(void)
{
	void *ips[DEEP];
	uint16_t flags = 0;

	return any(ips, tl_unwind(ips, DEEP, &flags));
}

bool tl_unwind_in_exit(void *const *ips, unsigned depth, bool cut)
{
	return any(ips, depth) || (cut && any_deeper());
}
