/* SPDX-License-Identifier: MIT */
/*
 * unwind_sum.h - the hash of a stack: a polynomial in what each return address is mixed to.
 *
 * From outside in, sum = mix(ip) + FACTOR * (sum of the callers): a stack that has the callers of
 * another needs no more than its own frames, and where a trace is cut can be subtracted.
 */
#ifndef TL_UNWIND_SUM_H
#define TL_UNWIND_SUM_H

#include "base.h"

#define TL_SUM_FACTOR 0xff51afd7ed558ccdu

static inline uint64_t tl_sum_mixed(uintptr_t ip)
{
	uint64_t mixed = ip * 0x9e3779b97f4a7c15u;

	return mixed ^ mixed >> 32;
}

static inline uint64_t tl_sum_add(uint64_t sum, uintptr_t ip)
{
	return sum * TL_SUM_FACTOR + tl_sum_mixed(ip);
}

/* Innermost first, as a trace is. */
static inline uint64_t tl_sum_of(void *const *ips, unsigned depth)
{
	uint64_t sum = 0;

	while (depth-- > 0)
		sum = tl_sum_add(sum, (uintptr_t)ips[depth]);
	return sum;
}

/* What the sum of the callers of so many frames was multiplied by. */
static inline uint64_t tl_sum_power(unsigned depth)
{
	uint64_t power = 1;

	while (depth-- > 0)
		power *= TL_SUM_FACTOR;
	return power;
}

/* Without what lies outside of the innermost frames, whose power that is. */
static inline uint64_t tl_sum_cut(uint64_t sum, uint64_t outside, uint64_t power)
{
	return sum - outside * power;
}

/* The low bits of a polynomial depend on low bits alone. */
static inline uint64_t tl_sum_hash(uint64_t sum, unsigned depth)
{
	uint64_t h = (sum ^ depth) * 0xd6e8feb86659fd93u;

	return h ^ h >> 32;
}

#endif
