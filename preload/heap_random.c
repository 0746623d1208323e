/* SPDX-License-Identifier: MIT */
#include "heap_random.h"
#include "tl_format.h"

#define LN2	0.693147180559945309417
#define CERTAIN 30.0 /* exp(-30) is less than the resolution of a weight */

/* xorshift64*: S. Vigna, "An experimental exploration of Marsaglia's xorshift generators". */
static uint64_t next(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return x * 0x2545f4914f6cdd1du;
}

/* -ln(n / 2^53) for 0 < n <= 2^53. The mantissa m lies in [1/2, 1); with z = (m-1)/(m+1) its
 * logarithm is 2 (z + z^3/3 + z^5/5 + ...), |z| <= 1/3. */
static double minus_log(uint64_t n)
{
	int width = 64 - __builtin_clzll(n);
	double m = (double)n / (double)(1ull << width), z = (m - 1) / (m + 1), sum = 0;

	for (int k = 27; k > 0; k -= 2)
		sum = sum * z * z + 1.0 / k;
	return (53 - width) * LN2 - 2 * z * sum;
}

int64_t tl_random_gap(uint64_t *state, uint64_t mean)
{
	double gap = minus_log((next(state) >> 11) + 1) * (double)mean;

	return gap < 1 ? 1 : gap > 4e18 ? (int64_t)4e18 : (int64_t)(gap + 0.5);
}

/* 1 - exp(-x), as 1 - exp(-x/2^k)^(2^k) with the series for the small argument; by
 * expm1(2y) = expm1(y) (expm1(y) + 2), so that nothing cancels where x is small. */
static double hit(double x)
{
	double y = x, e;
	int doublings = 0;

	while (y > 0.01) {
		y /= 2;
		doublings++;
	}
	e = -y * (1 - y / 2 * (1 - y / 3 * (1 - y / 4 * (1 - y / 5))));
	while (doublings-- > 0)
		e *= e + 2;
	return -e;
}

uint64_t tl_random_weight(uint64_t size, uint64_t mean)
{
	double x = (double)size / (double)mean;

	if (x >= CERTAIN)
		return TL_HEAP_ONE;
	return (uint64_t)(TL_HEAP_ONE / hit(x) + 0.5);
}
