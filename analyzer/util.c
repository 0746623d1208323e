/* SPDX-License-Identifier: MIT */
#include "util.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t fnv_add(uint64_t hash, const void *data, size_t len)
{
	const uint8_t *p = data;
	size_t i;

	for (i = 0; i < len; i++)
		hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
	return hash;
}

void hex_encode(char *out, const uint8_t *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < len; i++) {
		out[2 * i] = digits[data[i] >> 4];
		out[2 * i + 1] = digits[data[i] & 15];
	}
	out[2 * len] = '\0';
}

#define NAME_MAX_LEN 40

/* Levenshtein distance; names longer than the row count as far away. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t row[NAME_MAX_LEN + 1], la = strlen(a), lb = strlen(b), i, j;

	if (la > NAME_MAX_LEN || lb > NAME_MAX_LEN)
		return NAME_MAX_LEN;
	for (j = 0; j <= lb; j++)
		row[j] = j;
	for (i = 1; i <= la; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (j = 1; j <= lb; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[lb];
}

const char *nearest_name(const char *name, const char *const *names)
{
	size_t limit = strlen(name) / 3 + 1, best = limit + 1;
	const char *found = NULL;

	for (; *names; names++) {
		size_t distance = edit_distance(name, *names);

		if (distance < best) {
			best = distance;
			found = *names;
		}
	}
	return found;
}

bool parse_u64(const char *text, uint64_t max, uint64_t *value)
{
	uint64_t sum = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		unsigned digit = (unsigned)(*text - '0');

		if (digit > 9 || sum > (max - digit) / 10 || digit > max)
			return false;
		sum = sum * 10 + digit;
	}
	*value = sum;
	return true;
}

const char *path_basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

const char *human_duration(char out[HUMAN_SIZE], uint64_t ns)
{
	double s = (double)ns / 1e9;
	uint64_t whole = ns / NSEC_PER_SEC;

	if (ns < 1000)
		snprintf(out, HUMAN_SIZE, "%u ns", (unsigned)ns);
	else if (ns < NSEC_PER_MSEC)
		snprintf(out, HUMAN_SIZE, "%.0f us", s * 1e6);
	else if (s < 1)
		snprintf(out, HUMAN_SIZE, "%.0f ms", s * 1e3);
	else if (s < 10)
		snprintf(out, HUMAN_SIZE, "%.1f s", s);
	else if (whole < 120)
		snprintf(out, HUMAN_SIZE, "%.0f s", s);
	else if (whole < 7200)
		snprintf(out, HUMAN_SIZE, "%u min %u s", (unsigned)(whole / 60),
			 (unsigned)(whole % 60));
	else
		snprintf(out, HUMAN_SIZE, "%llu h %u min", (unsigned long long)(whole / 3600),
			 (unsigned)(whole % 3600 / 60));
	return out;
}

const char *human_bytes(char out[HUMAN_SIZE], uint64_t bytes)
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	double amount = (double)bytes / 1024;
	size_t i = 0;

	if (bytes < 1024) {
		snprintf(out, HUMAN_SIZE, "%u B", (unsigned)bytes);
		return out;
	}
	while (amount >= 1023.95 && i + 1 < ARRAY_LEN(units)) {
		amount /= 1024;
		i++;
	}
	snprintf(out, HUMAN_SIZE, "%.1f %s", amount, units[i]);
	return out;
}

uint64_t sum_capped(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) || sum > SUM_MAX ? SUM_MAX : sum;
}

bool array_grow(void *array_pointer, size_t count, size_t *capacity, size_t element)
{
	size_t wanted = *capacity ? *capacity * 2 : 1;
	void *array, *grown;

	if (count < *capacity)
		return true;
	memcpy(&array, array_pointer, sizeof(array));
	grown = reallocarray(array, wanted, element);
	if (!grown)
		return false;
	memcpy(array_pointer, &grown, sizeof(grown));
	*capacity = wanted;
	/* cppcheck-suppress memleak ; it was stored where array_pointer says */
	return true;
}
