/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -pthread -rdynamic */
/*
 * A host whose own symbols have the names of the shim's insides: it must run as if alone, and the
 * shim must not call into it. The test builds it a second time with every such name (NAMES).
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#ifdef NAMES
#include NAMES
#else
#define TRAP(name)         \
	void name(void);   \
	void name(void)    \
	{                  \
		_Exit(99); \
	}
TRAP(registry_add)
TRAP(tl_registry_create)
TRAP(tl_sys_read)
TRAP(tl_life_enter)
TRAP(tl_arena_alloc)
TRAP(real_timer_create)
TRAP(unw_backtrace)
#endif

int main(void)
{
	struct sigevent event = {.sigev_notify = SIGEV_NONE};
	timer_t id;

	for (int i = 0; i < 4; i++) {
		if (timer_create(CLOCK_MONOTONIC, &event, &id) || (i % 2 && timer_delete(id)))
			return 1;
	}
	id = 0;
	puts("host done");
	return 0;
}
