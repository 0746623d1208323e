/* SPDX-License-Identifier: MIT */
#include "fdmap.h"
#include "alone.h"
#include "sys.h"
#include <string.h>
#include "tl_format.h"

#define LEAF_SHIFT 12
#define LEAF_SIZE  (1u << LEAF_SHIFT)
#define LEAVES	   1024 /* 4M descriptors: four times the kernel's default fs.nr_open */

TL_BEGIN uint64_t tl_fdmap_bits[TL_FD_BITS / 64];
uint32_t tl_fdmap_count, tl_fdmap_changes;

/* Slot + 1, so that fresh zero pages mean "nothing". */
static TL_BIG uint32_t *leaves[LEAVES];

static TL_INLINE uint32_t *cell(int fd, bool create)
{
	unsigned leaf = (unsigned)fd >> LEAF_SHIFT;
	uint32_t *page, *expected = NULL;

	if (fd < 0 || leaf >= LEAVES)
		return NULL;
	page = tl_load_acquire(&leaves[leaf]);
	if (!page && create) {
		page = tl_sys_mmap(LEAF_SIZE * sizeof(*page));
		if (page && !__atomic_compare_exchange_n(&leaves[leaf], &expected, page, false,
							 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
			tl_sys_munmap(page, LEAF_SIZE * sizeof(*page));
			page = expected;
		}
	}
	return page ? &page[(unsigned)fd % LEAF_SIZE] : NULL;
}

TL_HOT uint32_t tl_fdmap_slot(int fd)
{
	uint32_t *at = tl_fdmap_maybe(fd) ? cell(fd, false) : NULL;

	return at ? tl_load_acquire(at) - 1 : TL_NONE;
}

TL_HOT uint32_t tl_fdmap_set(int fd, uint32_t slot, bool *ok)
{
	uint32_t *at = cell(fd, true);
	uint32_t old;

	*ok = at != NULL;
	if (!at)
		return TL_NONE;
	tl_quick_add(&tl_fdmap_changes, 1);
	old = tl_quick_exchange(at, slot + 1);
	if (!old)
		tl_quick_add(&tl_fdmap_count, 1);
	if (fd < TL_FD_BITS)
		tl_quick_or(&tl_fdmap_bits[fd / 64], 1ull << (fd % 64));
	return old - 1;
}

TL_HOT uint32_t tl_fdmap_clear(int fd)
{
	uint32_t *at = cell(fd, false);
	uint32_t old;

	if (!at)
		return TL_NONE;
	if (fd < TL_FD_BITS)
		tl_quick_and(&tl_fdmap_bits[fd / 64], ~(1ull << (fd % 64)));
	tl_quick_add(&tl_fdmap_changes, 1);
	old = tl_quick_exchange(at, 0);
	if (old)
		tl_quick_add(&tl_fdmap_count, -1u);
	return old - 1;
}

static int next_in_leaf(int fd)
{
	uint32_t *page = tl_load_acquire(&leaves[(unsigned)fd >> LEAF_SHIFT]);

	if (!page)
		return -1;
	for (unsigned i = (unsigned)fd % LEAF_SIZE; i < LEAF_SIZE; i++)
		if (tl_load(&page[i]))
			return (int)((unsigned)fd / LEAF_SIZE * LEAF_SIZE + i);
	return -1;
}

int tl_fdmap_next(int fd)
{
	if (fd < 0)
		fd = 0;
	if (!tl_load(&tl_fdmap_count))
		return -1;
	while ((unsigned)fd >> LEAF_SHIFT < LEAVES) {
		int found = next_in_leaf(fd);

		if (found >= 0)
			return found;
		fd = (int)(((unsigned)fd / LEAF_SIZE + 1) * LEAF_SIZE);
	}
	return -1;
}

void tl_fdmap_reset(void)
{
	if (!tl_load(&tl_fdmap_count))
		return; /* it is empty, and stays untouched */
	for (unsigned i = 0; i < LEAVES; i++)
		if (leaves[i]) /* stays: a handler may have interrupted a reader to fork */
			tl_sys_clear(leaves[i], LEAF_SIZE * sizeof(*leaves[i]));
	memset(tl_fdmap_bits, 0, sizeof(tl_fdmap_bits));
	tl_fdmap_count = 0;
}
