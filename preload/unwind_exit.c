/* SPDX-License-Identifier: MIT */
#include "unwind_exit.h"
#include "foreign.h"
#include "unwind.h"
#include "unwind_object.h"
#include <link.h>

#define DEEP 512 /* 4 KiB of stack, in the rare case that 64 frames were not all */

static struct {
	uintptr_t start, end; /* end 0: it was not asked for yet */
} ranges[2];

static uintptr_t end_by_symbol(void *function)
{
	const ElfW(Sym) *symbol = NULL;
	Dl_info info;

	if (!dladdr1(function, &info, (void **)&symbol, RTLD_DL_SYMENT) || !symbol)
		return (uintptr_t)function;
	return (uintptr_t)function + symbol->st_size;
}

static void find(unsigned i, const char *name)
{
	void *function = dlsym(RTLD_NEXT, name);

	ranges[i].start = (uintptr_t)function;
	if (function && !tl_object_map((uintptr_t)function))
		ranges[i].end = end_by_symbol(function);
}

void tl_unwind_exit_init(void)
{
	find(0, "exit");
	find(1, "quick_exit");
}

static uintptr_t end_of(unsigned i)
{
	uintptr_t end = tl_load(&ranges[i].end), start = ranges[i].start;
	struct tl_fde fde;

	if (end)
		return end;
	end = tl_object_describe(start, false, &fde) == TL_DESCRIBED ? fde.end : start;
	tl_store(&ranges[i].end, end);
	return end;
}

/* They do not return: the return address into them may be their end. */
static bool any(void *const *ips, unsigned depth)
{
	for (unsigned k = 0; k < TL_ARRAY_LEN(ranges); k++) {
		uintptr_t start = ranges[k].start, end = end_of(k);

		for (unsigned i = 0; i < depth; i++)
			/* cppcheck-suppress uninitvar ; tl_unwind wrote as many as it says */
			if ((uintptr_t)ips[i] - 1 >= start && (uintptr_t)ips[i] - 1 < end)
				return true;
	}
	return false;
}

static TL_COLD bool any_deeper(void)
{
	void *ips[DEEP];
	uint16_t flags = 0;

	return any(ips, tl_unwind(NULL, ips, DEEP, &flags));
}

bool tl_unwind_in_exit(void *const *ips, unsigned depth, bool cut)
{
	return any(ips, depth) || (cut && any_deeper());
}
