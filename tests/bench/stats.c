/* SPDX-License-Identifier: MIT */
#include "stats.h"

#include <stdlib.h>

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Of sorted values, between two of them if need be. */
static double quantile(const double *values, size_t n, double q)
{
	double at = q * (double)(n - 1);
	size_t low = (size_t)at, high = low + 1 < n ? low + 1 : low;

	return values[low] + (at - (double)low) * (values[high] - values[low]);
}

struct middle middle_of(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), ascending);
	return (struct middle){quantile(values, n, 0.5),
			       (quantile(values, n, 0.9) - quantile(values, n, 0.1)) / 2};
}
