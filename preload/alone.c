/* SPDX-License-Identifier: MIT */
#include "alone.h"

#if defined(__x86_64__)
#include <sys/single_threaded.h>

#pragma weak __libc_single_threaded /* of glibc */

const char tl_not_alone = 0; /* clone() makes it the answer: hooks_vfork.c, hooks_syscall.c */
static const char not_asked = 0;
const char *tl_one_thread = &not_asked;

/* Not once clone() was called, which libraries may do in a constructor before ours. */
void tl_alone_init(void)
{
	const char *was = &not_asked;

	if (&__libc_single_threaded)
		__atomic_compare_exchange_n(&tl_one_thread, &was, &__libc_single_threaded, false,
					    __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

void tl_alone_no_more(void)
{
	tl_store(&tl_one_thread, &tl_not_alone);
}
#else
void tl_alone_init(void)
{
}

void tl_alone_no_more(void)
{
}
#endif
