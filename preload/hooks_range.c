/* SPDX-License-Identifier: MIT */
#include "hooks_range.h"
#include "fdmap.h"
#include "sys.h"
#include "watch.h"

void tl_range_unlink(struct tl_range *range, unsigned first, unsigned last)
{
	size_t most = TL_ARRAY_LEN(range->few);
	size_t tracked = tl_load(&tl_fdmap_count);

	range->count = range->size = 0;
	range->items = range->few;
	if (tracked > most) {
		struct tl_range_item *mapping = tl_sys_mmap(tracked * sizeof(*mapping));

		if (mapping) {
			range->items = mapping;
			range->size = tracked * sizeof(*mapping);
			most = tracked;
		}
	}
	for (int fd = tl_fdmap_next(first > INT32_MAX ? INT32_MAX : (int)first);
	     fd >= 0 && (unsigned)fd <= last && range->count < most; fd = tl_fdmap_next(fd + 1)) {
		struct tl_ref ref = tl_registry_unlink_fd(fd);

		tl_watch_closing(ref, fd);
		range->items[range->count++] = (struct tl_range_item){ref, fd};
	}
}

void tl_range_end(struct tl_range *range, bool closed)
{
	for (size_t i = 0; i < range->count; i++) {
		if (closed)
			tl_registry_drop(range->items[i].ref);
		else
			tl_registry_relink_fd(range->items[i].ref, range->items[i].fd);
	}
	if (range->size)
		tl_sys_munmap(range->items, range->size);
}
