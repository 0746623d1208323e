/* SPDX-License-Identifier: MIT */
#include "unwind_memory.h"
#include "sys.h"
#include <sys/mman.h>
#include <sys/syscall.h>

#define THREADS 256 /* more than these walk without memory */
#define NOBODY	1   /* is no thread pointer */

static char *blocks; /* one more, that is always busy, for the rest */
static size_t each;
static uintptr_t owners[THREADS];

/* ---- of all threads ----------------------------------------------------------------------- */

static size_t size_of_all(void)
{
	return (THREADS + 1) * each;
}

static uintptr_t *busy(char *all, unsigned i)
{
	return (uintptr_t *)(void *)(all + i * each);
}

static void give_back(char *all, unsigned from)
{
	uintptr_t start = ((uintptr_t)busy(all, from) + 4095) & ~(uintptr_t)4095;
	uintptr_t end = (uintptr_t)busy(all, THREADS) & ~(uintptr_t)4095;

	tl_syscall(SYS_munlock, (long)all, (long)size_of_all(), 0, 0, 0, 0);
	if (start < end)
		tl_syscall(SYS_madvise, (long)start, (long)(end - start), MADV_DONTNEED, 0, 0, 0);
}

static bool is_owned_by(unsigned i, uintptr_t self)
{
	uintptr_t owner = 0;

	return __atomic_compare_exchange_n(&owners[i], &owner, self, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED) ||
	       owner == self;
}

/* Those behind the last that has an owner get one for the time. */
void tl_walk_unlock(void)
{
	static uint32_t at_it;
	char *all = tl_load_acquire(&blocks);
	unsigned from = THREADS;

	if (!all || __atomic_exchange_n(&at_it, 1, __ATOMIC_ACQUIRE))
		return;
	while (from > 0 && is_owned_by(from - 1, NOBODY))
		from--;
	give_back(all, from);
	while (from < THREADS)
		tl_store_release(&owners[from++], 0);
	tl_store_release(&at_it, 0);
}

static char *all_blocks(void)
{
	static uint32_t refused;
	char *expected = NULL, *fresh;

	if (tl_load_acquire(&blocks) || tl_load(&refused))
		return tl_load_acquire(&blocks);
	fresh = tl_sys_mmap_sparse(size_of_all());
	if (!fresh) {
		tl_store(&refused, !tl_load(&tl_sys_quiet));
		return NULL;
	}
	*busy(fresh, THREADS) = UINTPTR_MAX;
	if (__atomic_compare_exchange_n(&blocks, &expected, fresh, false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE))
		return fresh;
	tl_sys_munmap(fresh, size_of_all());
	return expected;
}

/* ---- of one ------------------------------------------------------------------------------- */

void *tl_walk_claim(size_t size)
{
	uintptr_t self = (uintptr_t)__builtin_thread_pointer();
	unsigned i = 0;
	char *all;

	tl_store(&each, size);
	all = all_blocks();
	if (!all)
		return NULL;
	while (i < THREADS && !is_owned_by(i, self))
		i++;
	if (i < THREADS)
		*busy(all, i) = 0;
	return busy(all, i);
}

void tl_walk_forked(void)
{
	uintptr_t self = (uintptr_t)__builtin_thread_pointer();

	for (unsigned i = 0; i < THREADS; i++)
		if (owners[i] != self)
			owners[i] = 0;
}
