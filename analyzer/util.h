/* SPDX-License-Identifier: MIT */
/*
 * util.h - small things without a home: hashing, hexadecimal, nearest name, amounts in words.
 */
#ifndef ANALYZER_UTIL_H
#define ANALYZER_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#define NSEC_PER_MSEC UINT64_C(1000000)
#define NSEC_PER_SEC  UINT64_C(1000000000)

/* FNV-1a, 64 bits: stable over versions of everything, which a fingerprint has to be. */
#define FNV_START UINT64_C(0xcbf29ce484222325)
uint64_t fnv_add(uint64_t hash, const void *data, size_t len);

/* Lower-case hex of len bytes; out holds 2 * len + 1. */
void hex_encode(char *out, const uint8_t *data, size_t len);

/*
 * The name that a mistyped one probably meant, or NULL if none is near. `names` ends with NULL.
 */
const char *nearest_name(const char *name, const char *const *names);

/* Decimal digits only, no sign, no space, at most `max`. */
bool parse_u64(const char *text, uint64_t max, uint64_t *value);

/* What follows the last slash. */
const char *path_basename(const char *path);

/* "1.2 s", "450 us", "3 h 5 min"; "4.2 MiB". The buffer is returned. */
#define HUMAN_SIZE 32
const char *human_duration(char out[HUMAN_SIZE], uint64_t ns);
const char *human_bytes(char out[HUMAN_SIZE], uint64_t bytes);

/* Sums of what a trace says: no more than JSON's integers hold. */
#define SUM_MAX ((uint64_t)INT64_MAX)
uint64_t sum_capped(uint64_t a, uint64_t b);

/* One more element's room in a growing array, `*capacity` of them now; false on lack of memory. */
bool array_grow(void *array_pointer, size_t count, size_t *capacity, size_t element);

#endif
