/* SPDX-License-Identifier: MIT */
/* test_mutations.c - the golden traces cut, holed, flipped and relabelled, through every verdict
 * and format: nothing crashes, nothing that is cut calls itself complete, and what is written harms
 * nobody. MUTATIONS=FIRST:COUNT chooses the flips; each number is a seed of its own. */
#include "analyzer/trace_read.h"
#include "pipeline.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define PAGE 4096

/* Under the sanitizers, where it counts; elsewhere some, so that the test itself is looked at. */
#if defined(__SANITIZE_ADDRESS__)
#define FLIPS 1000
#define STEP  128
#else
#define FLIPS 500
#define STEP  1024
#endif

struct golden {
	const char *name;
	uint8_t *data, *copy;
	size_t len;
};

static struct golden goldens[32];
static size_t golden_count;

static void read_golden(const char *path)
{
	struct golden *golden = &goldens[golden_count++];
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	golden->name = path;
	golden->data = malloc(1 << 20);
	golden->copy = malloc(1 << 20);
	golden->len = fread(golden->data, 1, 1 << 20, file);
	assert_in_range(golden->len, PAGE, (1 << 20) - 1);
	fclose(file);
}

static int read_goldens(void **state)
{
	static glob_t found;
	size_t i;

	(void)state;
	assert_int_equal(glob("tests/golden/*.tlk", 0, NULL, &found), 0);
	/* Format 2 had the stacks of today and the timers of format 1. */
	assert_int_equal(glob("tests/golden/old/1/*.tlk", GLOB_APPEND, NULL, &found), 0);
	for (i = 0; i < found.gl_pathc && i < 32; i++)
		read_golden(found.gl_pathv[i]);
	return golden_count < 10;
}

static uint8_t *fresh(struct golden *golden)
{
	return memcpy(golden->copy, golden->data, golden->len);
}

/* ---- what a reader says of it ------------------------------------------------------------- */

enum outcome { REFUSED, INCOMPLETE, WHOLE };

static enum outcome outcome_of(const uint8_t *data, size_t len)
{
	struct trace_bytes bytes = {.data = malloc(len + 1), .len = len};
	enum outcome outcome = REFUSED;
	struct image image;
	char error[256] = "";

	memcpy(bytes.data, data, len);
	if (trace_read(&image, &bytes, "a trace", error, sizeof(error)) == 0)
		outcome = image_incomplete(&image) ? INCOMPLETE : WHOLE;
	else
		assert_true(strncmp(error, "at byte ", 8) == 0);
	image_free(&image);
	trace_bytes_free(&bytes);
	return outcome;
}

/* ---- cuts and holes ----------------------------------------------------------------------- */

static void test_cut_anywhere(void **state)
{
	size_t i, len;

	(void)state;
	for (i = 0; i < golden_count; i++) {
		const struct golden *golden = &goldens[i];

		assert_int_not_equal(outcome_of(golden->data, golden->len), REFUSED);
		for (len = 0; len < golden->len; len += STEP) {
			enum outcome outcome = outcome_of(golden->data, len);

			assert_int_equal(outcome, len < PAGE ? REFUSED : INCOMPLETE);
			assert_int_equal(pipeline_run(golden->data, len), outcome != REFUSED);
		}
	}
}

static void test_cut_inside_the_header(void **state)
{
	size_t len;

	(void)state;
	for (len = 0; len < sizeof(struct tl_header); len++)
		assert_int_equal(outcome_of(goldens[0].data, len), REFUSED);
}

static void test_holes(void **state)
{
	size_t i, at;

	(void)state;
	for (i = 0; i < golden_count; i++) {
		struct golden *golden = &goldens[i];

		for (at = 0; at < golden->len; at += STEP) {
			memset(fresh(golden) + at, 0, at + STEP < golden->len ? STEP : 1);
			/* Half of a trace is room left over: zeros already. */
			if (memcmp(golden->copy, golden->data, golden->len) != 0)
				pipeline_run(golden->copy, golden->len);
		}
		for (at = 0; at + PAGE <= golden->len; at += PAGE) {
			memset(fresh(golden) + at, 0, PAGE);
			assert_int_equal(pipeline_run(golden->copy, golden->len), at > 0);
		}
	}
}

/* ---- labels ------------------------------------------------------------------------------- */

static void test_another_machine_and_other_versions(void **state)
{
	struct golden *golden = &goldens[0];
	struct tl_header *header = (struct tl_header *)fresh(golden);

	(void)state;
	header->endian = __builtin_bswap32(header->endian);
	assert_int_equal(outcome_of(golden->copy, golden->len), REFUSED);
	fresh(golden);
	header->major = TL_MAJOR + 1;
	assert_int_equal(outcome_of(golden->copy, golden->len), REFUSED);
	fresh(golden);
	header->minor = TL_MINOR + 7;
	assert_int_equal(outcome_of(golden->copy, golden->len), WHOLE);
	fresh(golden);
	header->header_size = 1u << 31;
	assert_int_equal(outcome_of(golden->copy, golden->len), INCOMPLETE);
}

/* ---- flips -------------------------------------------------------------------------------- */

static uint64_t random_next(uint64_t *state)
{
	/* splitmix64 */
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* Most bits of a trace are zero and far from everything: half of the flips go where something is.
 */
static size_t place(const struct golden *golden, uint64_t *random)
{
	size_t at = random_next(random) % golden->len, tries;

	if (random_next(random) & 1)
		return at;
	for (tries = 0; tries < 64 && !golden->data[at]; tries++)
		at = random_next(random) % golden->len;
	return at;
}

static void flip(struct golden *golden, uint64_t seed)
{
	static const uint64_t odd[] = {0,	   1,	       0x7fffffff,
				       0xffffffff, UINT64_MAX, 0x8000000000000000};
	uint64_t random = seed, value;
	unsigned n = 1 + random_next(&random) % 4;
	size_t at;

	fresh(golden);
	while (n--) {
		at = place(golden, &random);
		if (random_next(&random) % 4) {
			golden->copy[at] ^= 1 << random_next(&random) % 8;
			continue;
		}
		/* A whole number in place of another. */
		at = at / 8 * 8;
		value = odd[random_next(&random) % 6];
		if (at + 8 <= golden->len)
			memcpy(golden->copy + at, &value, 1 << random_next(&random) % 4);
	}
}

static void test_flips(void **state)
{
	unsigned long first = 0, count = FLIPS, i;
	const char *asked = getenv("MUTATIONS");

	(void)state;
	if (asked)
		assert_int_equal(sscanf(asked, "%lu:%lu", &first, &count), 2);
	for (i = first; i < first + count; i++) {
		struct golden *golden = &goldens[i % golden_count];

		flip(golden, i);
		pipeline_run(golden->copy, golden->len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cut_anywhere),
	    cmocka_unit_test(test_cut_inside_the_header),
	    cmocka_unit_test(test_holes),
	    cmocka_unit_test(test_another_machine_and_other_versions),
	    cmocka_unit_test(test_flips),
	};

	return cmocka_run_group_tests(tests, read_goldens, NULL);
}
