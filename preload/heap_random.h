/* SPDX-License-Identifier: MIT */
/*
 * heap_random.h - which blocks are sampled, and what each of them stands for.
 *
 * Sample points lie on the stream of allocated bytes as a Poisson process: the gaps between them
 * are exponential with the given mean, so a block of s bytes is hit with probability
 * 1 - exp(-s/mean), and 1 divided by that is its weight: sums of weights are unbiased. Pure, no
 * libm, async-signal-safe.
 */
#ifndef TL_HEAP_RANDOM_H
#define TL_HEAP_RANDOM_H

#include "base.h"

/* Bytes to the next sample point, at least 1. The state must not be 0; it is changed. */
int64_t tl_random_gap(uint64_t *state, uint64_t mean);

/* In 1/TL_HEAP_ONE: how many blocks of that size a sampled one stands for. */
uint64_t tl_random_weight(uint64_t size, uint64_t mean);

#endif
