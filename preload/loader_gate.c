/* SPDX-License-Identifier: MIT */
#include "loader_gate.h"
#include "sys.h"
#include <sys/syscall.h>
#include <time.h>

#define CLOSED 0x80000000u
#define PATIENCE_MS \
	1000 /* a cold unwind takes 0.2 ms; a loader lock held for longer is the host's */

static uint32_t gate; /* CLOSED, and the number of threads inside */
static bool broken;   /* a lock may be held by a thread that is not in this process */
static TL_TLS uint32_t depth;

/* Not sched_yield: a real-time thread would only ever yield to itself (man 2 sched_yield). */
static void nap(void)
{
	struct timespec time = {.tv_nsec = 50000};

	tl_syscall(SYS_nanosleep, (long)&time, 0, 0, 0, 0, 0);
}

static bool try_enter(void)
{
	uint32_t seen = tl_load(&gate);

	return !(seen & CLOSED) && __atomic_compare_exchange_n(&gate, &seen, seen + 1, false,
							       __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/* Whoever jumped out of a handler from in here would stay counted, and every fork wait for it. */
bool tl_gate_enter(uint64_t *mask)
{
	if (tl_load(&broken))
		return false;
	tl_sys_block_signals(mask);
	while (!try_enter()) {
		if (!(tl_load(&gate) & CLOSED))
			continue;
		tl_sys_restore_signals(*mask);
		nap();
		tl_sys_block_signals(mask);
	}
	depth++;
	return true;
}

void tl_gate_leave(uint64_t mask)
{
	depth--;
	__atomic_fetch_sub(&gate, 1, __ATOMIC_RELEASE);
	tl_sys_restore_signals(mask);
}

void tl_gate_close(void)
{
	uint64_t limit = tl_sys_now(CLOCK_MONOTONIC) + PATIENCE_MS * 1000000ull;

	/* One fork at a time may hold the gate. */
	while (__atomic_fetch_or(&gate, CLOSED, __ATOMIC_ACQ_REL) & CLOSED)
		nap();
	while ((tl_load_acquire(&gate) & ~CLOSED) > depth && tl_sys_now(CLOCK_MONOTONIC) < limit)
		nap();
}

void tl_gate_open(void)
{
	__atomic_fetch_and(&gate, ~CLOSED, __ATOMIC_RELEASE);
}

void tl_gate_forked(bool seen)
{
	uint32_t others = (tl_load(&gate) & ~CLOSED) - depth;

	if (others || (!seen && tl_load(&gate) & CLOSED))
		tl_store(&broken, true);
	tl_store(&gate, depth);
}
