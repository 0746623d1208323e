/* SPDX-License-Identifier: MIT */
#include "loader_gate.h"
#include "sys.h"
#include <sys/syscall.h>
#include <time.h>

#define PATIENCE_MS \
	1000	  /* a cold unwind takes 0.2 ms; a loader lock held for longer is the host's */
#define SHARDS 16 /* so that threads which allocate do not meet in one cache line */

static struct {
	_Alignas(64) uint32_t inside;
} shards[SHARDS];
static uint32_t closed;
static bool broken; /* a lock may be held by a thread that is not in this process */
static TL_TLS uint32_t depth;
TL_TLS uint32_t tl_gate_iterating;

/* Not sched_yield: a real-time thread would only ever yield to itself (man 2 sched_yield). */
static void nap(void)
{
	struct timespec time = {.tv_nsec = 50000};

	tl_syscall(SYS_nanosleep, (long)&time, 0, 0, 0, 0, 0);
}

/* Threads' storage lies as far apart as their stacks. */
static uint32_t *shard(void)
{
	uintptr_t at = (uintptr_t)&depth;

	return &shards[(at >> 12 ^ at >> 16 ^ at >> 23) % SHARDS].inside;
}

static uint32_t count_inside(void)
{
	uint32_t sum = 0;

	for (int i = 0; i < SHARDS; i++)
		sum += __atomic_load_n(&shards[i].inside, __ATOMIC_SEQ_CST);
	return sum;
}

/* In first, then a look at the door: tl_gate_close does it in the other order. */
static bool try_enter(void)
{
	__atomic_fetch_add(shard(), 1, __ATOMIC_SEQ_CST);
	if (tl_likely(!__atomic_load_n(&closed, __ATOMIC_SEQ_CST))) {
		depth++;
		return true;
	}
	__atomic_fetch_sub(shard(), 1, __ATOMIC_SEQ_CST);
	return false;
}

/* Whoever jumped out of a handler from in here would stay counted, and every fork wait for it. */
bool tl_gate_enter(uint64_t *mask)
{
	if (tl_load(&broken))
		return false;
	tl_sys_block_signals(mask);
	while (!try_enter()) {
		tl_sys_restore_signals(*mask);
		nap();
		tl_sys_block_signals(mask);
	}
	return true;
}

void tl_gate_leave(uint64_t mask)
{
	tl_gate_leave_plain();
	tl_sys_restore_signals(mask);
}

bool tl_gate_enter_plain(void)
{
	if (tl_load(&broken))
		return false;
	while (!try_enter())
		nap();
	return true;
}

void tl_gate_leave_plain(void)
{
	depth--;
	__atomic_fetch_sub(shard(), 1, __ATOMIC_SEQ_CST);
}

void tl_gate_close(void)
{
	uint64_t limit = tl_sys_now(CLOCK_MONOTONIC) + PATIENCE_MS * 1000000ull;

	/* One fork at a time may hold the gate. */
	while (__atomic_exchange_n(&closed, 1, __ATOMIC_SEQ_CST))
		nap();
	while (count_inside() > depth && tl_sys_now(CLOCK_MONOTONIC) < limit)
		nap();
}

void tl_gate_open(void)
{
	__atomic_store_n(&closed, 0, __ATOMIC_SEQ_CST);
}

void tl_gate_forked(bool seen)
{
	if (count_inside() != depth || (!seen && tl_load(&closed)))
		tl_store(&broken, true);
	for (int i = 0; i < SHARDS; i++)
		tl_store(&shards[i].inside, 0);
	tl_store(shard(), depth);
	tl_store(&closed, 0);
}
