/* SPDX-License-Identifier: MIT */
/* stats.h - medians, and how far the values lie apart. */
#pragma once

#include <stddef.h>

/*
 * SPREAD is half the distance between the tenth and the ninetieth percentile: of few values nearly
 * their whole range, of many not that of one accident.
 */
struct middle {
	double median, spread;
};

/* Sorts VALUES. */
struct middle middle_of(double *values, size_t n);
