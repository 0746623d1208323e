/* SPDX-License-Identifier: MIT */
/* Frame descriptions made by hand: what becomes a rule, what is BAD, and sections that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "unwind_cfi.h"
#include "unwind_sum.h"

#define CODE_AT	  0x10000 /* from the section's start: where the described code would be */
#define CODE_SIZE 100

/* The header with one pair, a CIE ("zR", CFA = rsp + 8, return address at CFA - 8) and an FDE. */
static uint8_t section[512];
static size_t section_size;

static void put(const void *bytes, size_t size)
{
	memcpy(section + section_size, bytes, size);
	section_size += size;
}

static void put4(int64_t value)
{
	int32_t narrow = (int32_t)value;

	put(&narrow, sizeof(narrow));
}

static void put_cie(const char *letters)
{
	static const uint8_t rest[] = {1, 0x78, 16, 1, 0x1b, 0x0c, 7, 8, 0x90, 1};

	put4((int64_t)(4 + 1 + strlen(letters) + 1 + sizeof(rest)));
	put4(0);
	put("\1", 1);
	put(letters, strlen(letters) + 1);
	put(rest, sizeof(rest));
}

static void make_section(const char *letters, const uint8_t *program, size_t size)
{
	static const uint8_t head[] = {1, 0x1b, 3, 0x3b};
	size_t cie = 20, fde = cie + 4 + 4 + 1 + strlen(letters) + 1 + 10;

	section_size = 0;
	put(head, sizeof(head));
	put4((int64_t)cie - 4);
	put4(1);
	put4(CODE_AT);
	put4((int64_t)fde);
	put_cie(letters);
	assert_int_equal(section_size, fde);
	put4((int64_t)(4 + 4 + 4 + 1 + size));
	put4((int64_t)(fde + 4 - cie));
	put4(CODE_AT - (int64_t)section_size);
	put4(CODE_SIZE);
	put("\0", 1);
	put(program, size);
}

static uint32_t rule_in(const uint8_t *start, size_t size, size_t offset)
{
	struct tl_fde_sections sections = {start, start + size, start, start + size};
	uintptr_t address = (uintptr_t)start + CODE_AT + offset;
	struct tl_fde fde;

	return tl_fde_find(&sections, address, &fde) ? tl_cfi_rule(&fde, address) : TL_RULE_BAD;
}

static uint32_t rule_at(size_t offset)
{
	return rule_in(section, section_size, offset);
}

#define PROGRAM(...) \
	make_section("zR", (const uint8_t[]){__VA_ARGS__}, sizeof((uint8_t[]){__VA_ARGS__}))

/* push %rbp at 0, mov %rsp,%rbp at 1, and leave before the end. */
static void follows_a_prologue(void **state)
{
	(void)state;
	PROGRAM(0x41, 0x0e, 16, 0x86, 2, 0x43, 0x0d, 6, 0x02, 80, 0x0c, 7, 8);
	assert_int_equal(rule_at(0), 8);
	assert_int_equal(rule_at(1), 16 | 16 << 16);
	assert_int_equal(rule_at(3), 16 | 16 << 16);
	assert_int_equal(rule_at(4), 16 | 16 << 16 | TL_RULE_BP);
	assert_int_equal(rule_at(83), 16 | 16 << 16 | TL_RULE_BP);
	assert_int_equal(rule_at(84),
			 TL_RULE_BAD); /* where it was saved is below the stack again */
	assert_int_equal(rule_at(CODE_SIZE), TL_RULE_BAD);
	assert_int_equal(rule_at((size_t)-1), TL_RULE_BAD);
	assert_int_equal(TL_RULE_SAVED(rule_at(50)), 16);
}

static void remembers_and_restores(void **state)
{
	(void)state;
	PROGRAM(0x86, 2, 0x0e, 64, 0x0a, 0x41, 0xc6, 0x0e, 8, 0x41, 0x0b);
	assert_int_equal(rule_at(0), 64 | 16 << 16);
	assert_int_equal(rule_at(1), 8);
	assert_int_equal(rule_at(2), 64 | 16 << 16);
	PROGRAM(0x0b);
	assert_int_equal(rule_at(0), TL_RULE_BAD);
	PROGRAM(0x0a, 0x0a, 0x0a, 0x0a, 0x0a, 0x0a, 0x0a, 0x0a, 0x0a);
	assert_int_equal(rule_at(0), TL_RULE_BAD);
}

static void knows_longer_forms(void **state)
{
	(void)state;
	PROGRAM(0x03, 2, 0, 0x12, 7, 0x78, 0x05, 6, 3, 0x2e, 16, 0x04, 2, 0, 0, 0, 0x13, 0x76);
	assert_int_equal(rule_at(1), 8);
	assert_int_equal(rule_at(2), 64 | 24 << 16);
	assert_int_equal(rule_at(4), 80 | 24 << 16);
	PROGRAM(0x11, 6, 2, 0x06, 6, 0x08, 3, 0x10, 3, 2, 0, 0, 0x0e, 0x80, 0x80, 0x10);
	assert_int_equal(rule_at(0), 0x40000);
}

static void ends_where_there_is_no_caller(void **state)
{
	(void)state;
	PROGRAM(0x07, 16);
	assert_int_equal(rule_at(0), TL_RULE_END);
}

static void leaves_the_rest_to_rows(void **state)
{
	(void)state;
	PROGRAM(0x0f, 2, 0x77, 8); /* the CFA by an expression */
	assert_int_equal(rule_at(0), TL_RULE_BAD);
	PROGRAM(0x0f, 2, 0x77, 8, 0x0e, 16);
	assert_int_equal(rule_at(0), TL_RULE_BAD);
	PROGRAM(0x10, 6, 2, 0x76, 0); /* rbp by an expression, in a register, undefined */
	assert_int_equal(rule_at(0), TL_RULE_BAD);
	PROGRAM(0x09, 6, 3);
	assert_int_equal(rule_at(0), TL_RULE_BAD);
	PROGRAM(0x07, 6);
	assert_int_equal(rule_at(0), TL_RULE_BAD);
	PROGRAM(0x0c, 10, 8); /* the CFA from r10 */
	assert_int_equal(rule_at(0), TL_RULE_BAD);
	PROGRAM(0x14, 7, 0); /* rsp itself */
	assert_int_equal(rule_at(0), TL_RULE_BAD);
	PROGRAM(0x90, 2); /* the return address elsewhere, or in place */
	assert_int_equal(rule_at(0), TL_RULE_BAD);
	PROGRAM(0x08, 16);
	assert_int_equal(rule_at(0), TL_RULE_BAD);
	PROGRAM(0x0e, 12); /* odd, or too large */
	assert_int_equal(rule_at(0), TL_RULE_BAD);
	PROGRAM(0x0e, 0x80, 0x80, 0x20);
	assert_int_equal(rule_at(0), TL_RULE_BAD);
	PROGRAM(0x86, 0x80, 2);
	assert_int_equal(rule_at(0), TL_RULE_BAD);
	PROGRAM(0x3f); /* no such instruction */
	assert_int_equal(rule_at(0), TL_RULE_BAD);
	make_section("zRS", (const uint8_t[]){0},
		     1); /* a signal frame: its ip is no return address */
	assert_int_equal(rule_at(0), TL_RULE_BAD);
	make_section("zRQ", (const uint8_t[]){0}, 1);
	assert_int_equal(rule_at(0), TL_RULE_BAD);
}

/* In a block of just that size, so that AddressSanitizer sees a byte too far. */
static void read_cut(size_t size)
{
	uint8_t *exact = malloc(size ? size : 1);

	memcpy(exact, section, size);
	for (size_t at = 0; at < CODE_SIZE; at += 7)
		rule_in(exact, size, at);
	free(exact);
}

static void survives_cuts_and_garbage(void **state)
{
	uint64_t random = 1;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		PROGRAM(0x41, 0x0e, 16, 0x86, 2, 0x43, 0x0d, 6, 0x0a, 0x0f, 2, 0x77, 8, 0x41, 0x0b,
			0x02, 80, 0x0c, 7, 8, 0x11, 6, 2, 0x04, 2, 0, 0, 0);
		for (int i = 0; i < round % 5; i++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			section[(random >> 33) % section_size] = (uint8_t)(random >> 20);
		}
		for (size_t size = round % 100 ? section_size : 0; size <= section_size; size++)
			read_cut(size);
	}
}

static void numbers_end_with_their_section(void **state)
{
	static const uint8_t endless[16] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
					    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	struct tl_bytes b = {endless, endless + sizeof(endless), false};

	(void)state;
	tl_bytes_uleb(&b);
	assert_true(b.bad);
	b = (struct tl_bytes){(const uint8_t *)"\xe5\x8e\x26", NULL, false};
	b.end = b.at + 3;
	assert_int_equal(tl_bytes_uleb(&b), 624485);
	b = (struct tl_bytes){(const uint8_t *)"\xc0\xbb\x78", NULL, false};
	b.end = b.at + 3;
	assert_int_equal(tl_bytes_sleb(&b), -123456);
	assert_false(b.bad);
	assert_int_equal(tl_bytes_get(&b, 1), 0);
	assert_true(b.bad);
}

/* What a cut trace is called must not depend on whether its callers were walked. */
static void sums_can_be_cut(void **state)
{
	void *ips[64];

	(void)state;
	for (uintptr_t i = 0; i < 64; i++)
		ips[i] = (void *)(0x7f0000001000 + i * i * 77);
	for (unsigned depth = 0; depth <= 64; depth++)
		assert_true(tl_sum_cut(tl_sum_of(ips, 64), tl_sum_of(ips + depth, 64 - depth),
				       tl_sum_power(depth)) == tl_sum_of(ips, depth));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(follows_a_prologue),
	    cmocka_unit_test(remembers_and_restores),
	    cmocka_unit_test(knows_longer_forms),
	    cmocka_unit_test(ends_where_there_is_no_caller),
	    cmocka_unit_test(leaves_the_rest_to_rows),
	    cmocka_unit_test(survives_cuts_and_garbage),
	    cmocka_unit_test(numbers_end_with_their_section),
	    cmocka_unit_test(sums_can_be_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
