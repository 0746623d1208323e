/* SPDX-License-Identifier: MIT */
/*
 * fuzz_frames.c - frame descriptions, as a loaded object may hold them.
 *
 * First where .eh_frame_hdr lies (2 bytes), the address that is asked for (4, from the section's
 * start) and which registers are known (2); the rest is the section, in a block of just its size.
 * Of memory beside it only a small stack is there.
 */
#include "preload/unwind_expr.h"

#include <stdlib.h>
#include <string.h>

#define HEAD 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uintptr_t stack[16];

/* Beyond what peek knows there is nothing. */
bool tl_sys_readable(const void *p, size_t size)
{
	(void)p;
	(void)size;
	return false;
}

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void check_inside(const struct tl_fde_sections *s, const uint8_t *at, size_t size)
{
	check(at >= s->start && at <= s->end && size <= (size_t)(s->end - at));
}

static void check_fde(const struct tl_fde_sections *s, const struct tl_fde *fde, uintptr_t address)
{
	check(address >= fde->start && address < fde->end);
	check_inside(s, fde->initial.at, tl_bytes_left(&fde->initial));
	check_inside(s, fde->program.at, tl_bytes_left(&fde->program));
}

/* What a walk relies on. */
static void check_rule(uint32_t rule)
{
	uint32_t cfa = TL_RULE_CFA(rule), saved = TL_RULE_SAVED(rule);

	check(rule && rule < 1u << TL_RULE_BITS);
	if (rule & (TL_RULE_BAD | TL_RULE_END))
		return;
	check(cfa >= 8 && saved != 8);
	check(rule & TL_RULE_BP || saved <= cfa);
}

static void compute(const struct tl_fde_sections *s, struct tl_where where, uint32_t known)
{
	struct tl_peek peek = {.known = {{(uintptr_t)stack, sizeof(stack)}}};
	struct tl_registers registers = {.known = known};
	uintptr_t first = (uintptr_t)stack + 64, value;

	if (where.how != TL_SAVED_AT && where.how != TL_COMPUTED)
		return;
	check_inside(s, (const uint8_t *)(uintptr_t)where.value, where.size);
	for (unsigned i = 0; i < TL_ROW_REGISTERS; i++)
		registers.value[i] = (uintptr_t)stack + i * 8;
	tl_expr(where, &registers, &first, &peek, &value);
	tl_expr(where, &registers, NULL, &peek, &value);
}

static void ask(const struct tl_fde_sections *s, uintptr_t address, uint32_t known)
{
	struct tl_fde fde;
	struct tl_row row;

	if (!tl_fde_find(s, address, &fde))
		return;
	check_fde(s, &fde, address);
	check_rule(tl_cfi_rule(&fde, address));
	if (!tl_cfi_row(&fde, address, &row))
		return;
	compute(s, row.cfa, known);
	for (unsigned i = 0; i < TL_ROW_REGISTERS; i++)
		compute(s, row.registers[i], known);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tl_bytes b = {data, data + size, false};
	uint64_t header = tl_bytes_get(&b, 2);
	int64_t address = tl_bytes_get_signed(&b, 4);
	uint32_t known = (uint32_t)tl_bytes_get(&b, 2) | 1u << TL_REG_IP;
	struct tl_fde_sections s;
	uint8_t *section;

	if (size <= HEAD)
		return 0;
	size -= HEAD;
	section = malloc(size);
	if (!section)
		return 0;
	memcpy(section, data + HEAD, size);
	for (size_t i = 0; i < TL_ARRAY_LEN(stack); i++)
		stack[i] = (uintptr_t)&stack[i * 5 % TL_ARRAY_LEN(stack)];
	s = (struct tl_fde_sections){section, section + size, section + header % size,
				     section + size};
	ask(&s, (uintptr_t)section + (uintptr_t)address, known);
	free(section);
	return 0;
}
