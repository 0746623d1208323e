/* SPDX-License-Identifier: MIT */
#include "alone.h"

#if defined(__x86_64__)
#include <sys/single_threaded.h>

#pragma weak __libc_single_threaded /* of glibc */

const char tl_not_alone = 0; /* clone() makes it the answer: hooks_vfork.c, hooks_syscall.c */
const char *tl_one_thread = &tl_not_alone;

void tl_alone_init(void)
{
	if (&__libc_single_threaded)
		tl_store(&tl_one_thread, &__libc_single_threaded);
}
#else
void tl_alone_init(void)
{
}
#endif
