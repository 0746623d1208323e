/* SPDX-License-Identifier: MIT */
#include "heap_samples.h"
#include "sys.h"

#define WINDOW	    16
#define FIRST_SHIFT 10 /* places of the first table: 512 MiB of live blocks, half full */
#define LEVELS	    12 /* each has four times as many as the one before */

enum { FREE, CLAIMED }; /* no addresses of blocks */

/* Addresses apart from the rest, so that a window is two cache lines. */
struct table {
	unsigned shift;
	struct tl_counted *counted;
	uintptr_t addresses[];
};

static struct table *tables[LEVELS];

static size_t size_of(unsigned shift)
{
	return sizeof(struct table) +
	       (sizeof(uintptr_t) + sizeof(struct tl_counted)) * (((size_t)1 << shift) + WINDOW);
}

static TL_COLD struct table *new_table(unsigned level)
{
	unsigned shift = FIRST_SHIFT + 2 * level;
	struct table *t = tl_sys_mmap_sparse(size_of(shift)), *there = NULL;

	if (!t)
		return NULL;
	if (level < 2)
		tl_sys_populate(t, size_of(shift)); /* hashes lie all over it */
	t->shift = shift;
	t->counted = (struct tl_counted *)&t->addresses[((size_t)1 << shift) + WINDOW];
	if (__atomic_compare_exchange_n(&tables[level], &there, t, false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE))
		return t;
	tl_sys_munmap(t, size_of(shift));
	return there;
}

static size_t first_place(const struct table *t, uintptr_t address)
{
	return (size_t)((address >> 4) * 0x9e3779b97f4a7c15u >> (64 - t->shift));
}

static bool claim(uintptr_t *place)
{
	uintptr_t expected = FREE;

	return tl_load(place) == FREE &&
	       __atomic_compare_exchange_n(place, &expected, CLAIMED, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

static bool add_in(struct table *t, uintptr_t address, const struct tl_counted *counted)
{
	size_t first = first_place(t, address);

	for (size_t i = first; i < first + WINDOW; i++)
		if (claim(&t->addresses[i])) {
			t->counted[i] = *counted;
			tl_store_release(&t->addresses[i], address);
			return true;
		}
	return false;
}

bool tl_samples_add(uintptr_t address, const struct tl_counted *counted)
{
	for (unsigned level = 0; level < LEVELS; level++) {
		struct table *t = tl_load_acquire(&tables[level]);

		if (!t)
			t = new_table(level);
		if (!t || add_in(t, address, counted))
			return t != NULL;
	}
	return false;
}

/* Its place, with what it was counted with. */
static uintptr_t *find(uintptr_t address, struct tl_counted *counted)
{
	for (unsigned level = 0; level < LEVELS; level++) {
		struct table *t = tl_load_acquire(&tables[level]);
		size_t first = t ? first_place(t, address) : 0;

		for (size_t i = first; t && i < first + WINDOW; i++)
			if (tl_load_acquire(&t->addresses[i]) == address) {
				*counted = t->counted[i];
				return &t->addresses[i];
			}
		if (!t)
			break;
	}
	return NULL;
}

bool tl_samples_get(uintptr_t address, struct tl_counted *counted)
{
	return find(address, counted) != NULL;
}

bool tl_samples_take(uintptr_t address, struct tl_counted *counted)
{
	uintptr_t *place = find(address, counted);

	if (place)
		tl_store_release(place, FREE);
	return place != NULL;
}

void tl_samples_forked(void)
{
	for (unsigned level = 0; level < LEVELS; level++)
		if (tables[level]) {
			tl_sys_munmap(tables[level], size_of(tables[level]->shift));
			tables[level] = NULL;
		}
}
