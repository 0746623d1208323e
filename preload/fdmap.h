/* SPDX-License-Identifier: MIT */
/*
 * fdmap.h - which descriptors are tracked timerfds, and which slot each belongs to.
 *
 * Lock-free throughout and async-signal-safe. The one question that every read and close of the
 * host asks is a bit test in an 8 KiB table; descriptors from 65536 on always answer "maybe".
 */
#ifndef TL_FDMAP_H
#define TL_FDMAP_H

#include "base.h"

#define TL_FD_BITS 65536

TL_EXTERN uint64_t tl_fdmap_bits[TL_FD_BITS / 64];
TL_EXTERN uint32_t tl_fdmap_count; /* tracked descriptors */
TL_EXTERN uint32_t
    tl_fdmap_changes; /* entries made and taken out, and descriptors closed after that */

/* May fd be a tracked timerfd? A false answer is exact. */
static inline bool tl_fdmap_maybe(int fd)
{
	if (tl_unlikely((unsigned)fd >= TL_FD_BITS))
		return fd >= 0;
	return tl_load(&tl_fdmap_bits[fd / 64]) >> (fd % 64) & 1;
}

uint32_t tl_fdmap_slot(int fd); /* timer slot, or TL_NONE */

/* What fd stood for before (TL_NONE: nothing). false in *ok: out of range or memory, not stored. */
uint32_t tl_fdmap_set(int fd, uint32_t slot, bool *ok);
uint32_t tl_fdmap_clear(int fd);

/* Smallest tracked descriptor >= fd, or -1: for close_range, closefrom, the audit. */
int tl_fdmap_next(int fd);

/* Child of a fork: forgets everything. Single-threaded. */
void tl_fdmap_reset(void);

#endif
