/* SPDX-License-Identifier: MIT */
/*
 * holders.h - who still holds the handle of a POSIX timer: the variable that timer_create wrote.
 *
 * Storage counts if it outlives every function that has returned: data and bss of loaded objects,
 * the static TLS of living threads, and frames that are still active of threads other than the one
 * that ends the process. TLS of objects that were loaded late lies on the heap and is not found
 * here. A place on the stack of its creator, while that runs, is taken for a frame of it: the
 * stack pointer is not known, and a guess must not make a leak.
 */
#ifndef TL_HOLDERS_H
#define TL_HOLDERS_H

struct tl_audit;

void tl_holders_find(struct tl_audit *a);

#endif
