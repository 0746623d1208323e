/* SPDX-License-Identifier: MIT */
/*
 * heap_boot.h - memory for what is allocated while the allocator is being looked up.
 *
 * dlsym allocates in older libcs, and where it fails. A few kilobytes, given out once and never
 * taken back; one thread, before main.
 */
#ifndef TL_HEAP_BOOT_H
#define TL_HEAP_BOOT_H

#include "base.h"

void *tl_boot_alloc(size_t size, size_t alignment); /* zeroed; NULL: used up */
bool tl_boot_used(void);			    /* something was given out */
bool tl_boot_owns(const void *p);
size_t tl_boot_size(const void *p);

#endif
