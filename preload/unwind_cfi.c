/* SPDX-License-Identifier: MIT */
#include "unwind_cfi.h"

#define DEEPEST 8 /* remembered states; compilers nest none */

/* System V ABI, AMD64 supplement, figure 3.36. Elsewhere there are no rules. */
enum { BP = 6, SP = 7, RETURN = 16 };

enum how { SAME, SAVED, UNDEFINED, OTHER };

struct where {
	enum how how;
	int64_t offset; /* SAVED: from the CFA */
};

/* A row of the table that a description stands for. */
struct row {
	uint64_t cfa_register;
	int64_t cfa_offset;
	bool cfa_other; /* an expression */
	struct where bp, sp, ra, ignored;
};

struct machine {
	const struct tl_fde *fde;
	uintptr_t location;
	struct row row, initial, remembered[DEEPEST];
	unsigned depth;
};

static struct where *where(struct row *row, uint64_t reg)
{
	switch (reg) {
	case BP:
		return &row->bp;
	case SP:
		return &row->sp;
	case RETURN:
		return &row->ra;
	}
	return &row->ignored;
}

static void set(struct machine *m, uint64_t reg, enum how how, int64_t offset)
{
	*where(&m->row, reg) = (struct where){how, offset};
}

static void restore(struct machine *m, uint64_t reg)
{
	*where(&m->row, reg) = *where(&m->initial, reg);
}

static void define_cfa(struct machine *m, uint64_t reg, int64_t offset)
{
	m->row.cfa_register = reg;
	m->row.cfa_offset = offset;
	m->row.cfa_other = false;
}

static int64_t factored(const struct machine *m, int64_t offset)
{
	return (int64_t)((uint64_t)offset * (uint64_t)m->fde->data_align);
}

static void advance(struct machine *m, uint64_t delta)
{
	m->location += delta * m->fde->code_align;
}

static void skip_block(struct tl_bytes *b)
{
	uint64_t size = tl_bytes_uleb(b);

	tl_bytes_skip(b, size);
}

static bool remember(struct machine *m)
{
	if (m->depth == DEEPEST)
		return false;
	m->remembered[m->depth++] = m->row;
	return true;
}

static bool recall(struct machine *m)
{
	if (!m->depth)
		return false;
	m->row = m->remembered[--m->depth];
	return true;
}

/* The instructions that end in a register's number and what is to become of it. */
static bool step_register(struct machine *m, struct tl_bytes *b, uint64_t op)
{
	uint64_t reg = tl_bytes_uleb(b);

	switch (op) {
	case 0x05: /* offset_extended */
		set(m, reg, SAVED, factored(m, (int64_t)tl_bytes_uleb(b)));
		return true;
	case 0x06: /* restore_extended */
		restore(m, reg);
		return true;
	case 0x07: /* undefined */
		set(m, reg, UNDEFINED, 0);
		return true;
	case 0x08: /* same_value */
		set(m, reg, SAME, 0);
		return true;
	case 0x11: /* offset_extended_sf */
		set(m, reg, SAVED, factored(m, tl_bytes_sleb(b)));
		return true;
	case 0x09: /* register */
	case 0x14: /* val_offset */
		tl_bytes_uleb(b);
		break;
	case 0x15: /* val_offset_sf */
		tl_bytes_sleb(b);
		break;
	case 0x10: /* expression */
	case 0x16: /* val_expression */
		skip_block(b);
		break;
	default:
		return false;
	}
	set(m, reg, OTHER, 0);
	return true;
}

static bool step_cfa(struct machine *m, struct tl_bytes *b, uint64_t op)
{
	struct row *row = &m->row;
	uint64_t reg;

	switch (op) {
	case 0x0c: /* def_cfa */
		reg = tl_bytes_uleb(b);
		define_cfa(m, reg, (int64_t)tl_bytes_uleb(b));
		return true;
	case 0x12: /* def_cfa_sf */
		reg = tl_bytes_uleb(b);
		define_cfa(m, reg, factored(m, tl_bytes_sleb(b)));
		return true;
	case 0x0d: /* def_cfa_register */
		row->cfa_register = tl_bytes_uleb(b);
		return !row->cfa_other;
	case 0x0e: /* def_cfa_offset */
		row->cfa_offset = (int64_t)tl_bytes_uleb(b);
		return !row->cfa_other;
	case 0x13: /* def_cfa_offset_sf */
		row->cfa_offset = factored(m, tl_bytes_sleb(b));
		return !row->cfa_other;
	case 0x0f: /* def_cfa_expression */
		skip_block(b);
		row->cfa_other = true;
		return true;
	}
	return step_register(m, b, op);
}

/* false: an instruction that is not known. */
static bool step(struct machine *m, struct tl_bytes *b)
{
	uint64_t op = tl_bytes_get(b, 1), low = op & 0x3f;

	switch (op & 0xc0) {
	case 0x40: /* advance_loc */
		advance(m, low);
		return true;
	case 0x80: /* offset */
		set(m, low, SAVED, factored(m, (int64_t)tl_bytes_uleb(b)));
		return true;
	case 0xc0:
		restore(m, low);
		return true;
	}
	switch (op) {
	case 0x00: /* nop */
		return true;
	case 0x02: /* advance_loc1, 2 and 4 */
	case 0x03:
	case 0x04:
		advance(m, tl_bytes_get(b, 1u << (op - 2)));
		return true;
	case 0x0a:
		return remember(m);
	case 0x0b:
		return recall(m);
	case 0x2e: /* GNU_args_size: for who lands in a handler */
		tl_bytes_uleb(b);
		return true;
	}
	return step_cfa(m, b, op);
}

/* A row holds from its location up to the next. */
static bool run(struct machine *m, struct tl_bytes b, uintptr_t address)
{
	while (b.at < b.end && m->location <= address)
		if (!step(m, &b) || b.bad)
			return false;
	return true;
}

static uint32_t packed(const struct row *row)
{
	uint64_t cfa = (uint64_t)row->cfa_offset, saved = 0;

	if (row->ra.how == UNDEFINED)
		return TL_RULE_END;
	if (row->bp.how == SAVED)
		saved = (uint64_t)-row->bp.offset;
	else if (row->bp.how != SAME)
		return TL_RULE_BAD;
	if (row->cfa_other || (row->cfa_register != SP && row->cfa_register != BP) ||
	    row->sp.how != SAME || row->ra.how != SAVED || row->ra.offset != -8)
		return TL_RULE_BAD;
	if (!cfa || cfa != TL_RULE_CFA(cfa) || saved != TL_RULE_SAVED(saved << 16) ||
	    (row->bp.how == SAVED && saved < 16))
		return TL_RULE_BAD;
	if (row->cfa_register == SP && saved > cfa) /* below the stack: no call is made there */
		return TL_RULE_BAD;
	return (uint32_t)(cfa | saved << 16 | (row->cfa_register == BP ? TL_RULE_BP : 0));
}

uint32_t tl_cfi_rule(const struct tl_fde *fde, uintptr_t address)
{
	struct machine m = {.fde = fde, .location = fde->start};

	if (fde->signal_frame || fde->return_register != RETURN ||
	    !run(&m, fde->initial, UINTPTR_MAX))
		return TL_RULE_BAD;
	m.initial = m.row;
	return run(&m, fde->program, address) ? packed(&m.row) : TL_RULE_BAD;
}
