/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -pthread -fno-builtin -fno-optimize-sibling-calls */
/* Many timers in heap blocks, whose ties the library has not made yet when something happens. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "heap.h"

enum { MANY = 3000, FULL = 30000, CHURN = 2000, OVER = 24000 };

static struct ctx *contexts[MANY];

/* Where no memory may be asked for their blocks are freed. */
static void sandbox(void)
{
	struct sock_filter allow[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
	struct sock_fprog program = {1, allow};

	for (int i = 0; i < MANY; i++) {
		contexts[i] = new_ctx();
		make_none(&contexts[i]->timer, NULL);
	}
	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		skip("no seccomp filter may be set");
	for (int i = 0; i < MANY; i++)
		free(contexts[i]);
}

/* A program whose memory is locked has a trace of 8 MiB: full but for what is stopped again. */
static void locked(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	timer_t *handles = (timer_t *)calloc(FULL + 1, sizeof(*handles));

	MUST(handles != NULL);
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		skip("memory cannot be locked here");
	for (int i = 0; i < FULL; i++)
		if (timer_create(CLOCK_MONOTONIC, &ev, &handles[i]))
			skip("so many timers cannot be had here");
	for (int i = 0; i < CHURN; i++) {
		make_none(&handles[FULL], NULL);
		MUST(timer_delete(handles[FULL]) == 0);
	}
	for (int i = 0; i < FULL; i++)
		MUST(timer_delete(handles[i]) == 0);
}

/* The free of the last one has to make its ties, and those of some others, for whose sake this one
 * was looked for. */
static void newest(void)
{
	for (int i = 0; i < MANY; i++) {
		contexts[i] = new_ctx();
		make_none(&contexts[i]->timer, NULL);
	}
	MUST(write(-1, "free", 4) < 0);
	free(contexts[MANY - 1]);
	contexts[MANY - 1] = NULL;
	MUST(write(-1, "free", 4) < 0);
}

/* The ties of all are of one block. */
static void pieces(void)
{
	timer_t *handles = (timer_t *)calloc(MANY, sizeof(*handles));

	MUST(handles != NULL);
	for (int i = 0; i < MANY; i++)
		make_none(&handles[i], NULL);
	MUST(write(-1, "free", 4) < 0);
	free(handles);
	MUST(write(-1, "free", 4) < 0);
}

/* More than may wait: of these some were made on the way. */
static void most(void)
{
	timer_t *rest = (timer_t *)calloc(OVER, sizeof(*rest));
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	struct ctx *own = new_ctx();

	MUST(rest != NULL);
	for (int i = 0; i < OVER; i++)
		if (timer_create(CLOCK_MONOTONIC, &ev, &rest[i]))
			skip("so many timers cannot be had here");
	make_none(&own->timer, NULL);
	MUST(write(-1, "free", 4) < 0);
	free(own);
	MUST(write(-1, "free", 4) < 0);
}

static timer_t handles[MANY];

/* The same where the block holds no handle, but is what a notification leads to. */
static void payload(void)
{
	for (int i = 0; i < MANY; i++) {
		contexts[i] = new_ctx();
		make_for(&handles[i], contexts[i]);
	}
	arm(handles[MANY - 1]);
	free(contexts[MANY - 1]);
	contexts[MANY - 1] = NULL;
}

int main(int argc, char **argv)
{
	const struct test_case all[] = {CASE(sandbox), CASE(locked),  CASE(newest),
					CASE(pieces),  CASE(payload), CASE(most)};

	return RUN_CASE(all, argc, argv);
}
