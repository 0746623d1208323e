/* SPDX-License-Identifier: MIT */
/* Ten thousand timers whose handles are one array on the heap, kept by a static pointer; none lost.
 */
#include "cases.h"
#include <signal.h>
#include <time.h>

#define MANY 10000

static timer_t *kept;

int main(void)
{
	struct sigevent none = {.sigev_notify = SIGEV_NONE};

	kept = malloc(MANY * sizeof(*kept));
	for (int i = 0; i < MANY; i++)
		MUST(timer_create(CLOCK_MONOTONIC, &none, &kept[i]) == 0);
	return 0;
}
