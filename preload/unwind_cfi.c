/* SPDX-License-Identifier: MIT */
#include "unwind_cfi.h"

#define DEEPEST 4 /* remembered states; compilers nest none */

struct machine {
	const struct tl_fde *fde;
	uintptr_t location;
	struct tl_row *row;
	struct tl_row initial, remembered[DEEPEST];
	struct tl_where ignored; /* of registers that no caller keeps anything in */
	unsigned depth;
};

static struct tl_where *where(struct machine *m, struct tl_row *row, uint64_t reg)
{
	return reg < TL_ROW_REGISTERS ? &row->registers[reg] : &m->ignored;
}

static struct tl_where packed_where(enum tl_how how, int64_t value, uint64_t size)
{
	struct tl_where w = {.value = value, .size = size, .how = how};

	if (w.value != value || w.size != size)
		w.how = TL_ODD;
	return w;
}

static void set(struct machine *m, uint64_t reg, enum tl_how how, int64_t value)
{
	*where(m, m->row, reg) = packed_where(how, value, 0);
}

static void restore(struct machine *m, uint64_t reg)
{
	*where(m, m->row, reg) = *where(m, &m->initial, reg);
}

static void define_cfa(struct machine *m, uint64_t reg, int64_t offset)
{
	m->row->cfa =
	    packed_where(reg < TL_ROW_REGISTERS ? TL_IN : TL_ODD, (int64_t)(reg & 0xff), 0);
	m->row->cfa_offset = offset;
}

static int64_t factored(const struct machine *m, int64_t offset)
{
	return (int64_t)((uint64_t)offset * (uint64_t)m->fde->data_align);
}

static void advance(struct machine *m, uint64_t delta)
{
	m->location += delta * m->fde->code_align;
}

static struct tl_where block(struct tl_bytes *b, enum tl_how how)
{
	uint64_t size = tl_bytes_uleb(b);
	struct tl_where w = packed_where(how, (int64_t)(uintptr_t)b->at, size);

	tl_bytes_skip(b, size);
	return w;
}

static bool remember(struct machine *m)
{
	if (m->depth == DEEPEST)
		return false;
	m->remembered[m->depth++] = *m->row;
	return true;
}

static bool recall(struct machine *m)
{
	if (!m->depth)
		return false;
	*m->row = m->remembered[--m->depth];
	return true;
}

/* The instructions that end in a register's number and what is to become of it. */
static bool step_register(struct machine *m, struct tl_bytes *b, uint64_t op)
{
	uint64_t reg = tl_bytes_uleb(b);

	switch (op) {
	case 0x05: /* offset_extended */
		set(m, reg, TL_SAVED, factored(m, (int64_t)tl_bytes_uleb(b)));
		return true;
	case 0x06: /* restore_extended */
		restore(m, reg);
		return true;
	case 0x07: /* undefined */
		set(m, reg, TL_UNDEFINED, 0);
		return true;
	case 0x08: /* same_value */
		set(m, reg, TL_SAME, 0);
		return true;
	case 0x09: /* register */
		set(m, reg, TL_IN, (int64_t)(tl_bytes_uleb(b) & 0xff));
		return true;
	case 0x11: /* offset_extended_sf */
		set(m, reg, TL_SAVED, factored(m, tl_bytes_sleb(b)));
		return true;
	case 0x14: /* val_offset */
		set(m, reg, TL_IS, factored(m, (int64_t)tl_bytes_uleb(b)));
		return true;
	case 0x15: /* val_offset_sf */
		set(m, reg, TL_IS, factored(m, tl_bytes_sleb(b)));
		return true;
	case 0x10: /* expression */
		*where(m, m->row, reg) = block(b, TL_SAVED_AT);
		return true;
	case 0x16: /* val_expression */
		*where(m, m->row, reg) = block(b, TL_COMPUTED);
		return true;
	}
	return false;
}

static bool step_cfa(struct machine *m, struct tl_bytes *b, uint64_t op)
{
	struct tl_row *row = m->row;
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
		reg = tl_bytes_uleb(b);
		if (row->cfa.how != TL_IN)
			return false;
		define_cfa(m, reg, row->cfa_offset);
		return true;
	case 0x0e: /* def_cfa_offset */
		row->cfa_offset = (int64_t)tl_bytes_uleb(b);
		return row->cfa.how == TL_IN;
	case 0x13: /* def_cfa_offset_sf */
		row->cfa_offset = factored(m, tl_bytes_sleb(b));
		return row->cfa.how == TL_IN;
	case 0x0f: /* def_cfa_expression */
		row->cfa = block(b, TL_COMPUTED);
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
		set(m, low, TL_SAVED, factored(m, (int64_t)tl_bytes_uleb(b)));
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

static uint32_t packed(const struct tl_row *row)
{
	const struct tl_where bp = row->registers[TL_REG_BP], ra = row->registers[TL_REG_IP];
	uint64_t cfa = (uint64_t)row->cfa_offset, saved = 0;

	if (ra.how == TL_UNDEFINED)
		return TL_RULE_END;
	if (bp.how == TL_SAVED)
		saved = (uint64_t)-bp.value;
	else if (bp.how != TL_SAME)
		return TL_RULE_BAD;
	if (row->cfa.how != TL_IN || (row->cfa.value != TL_REG_SP && row->cfa.value != TL_REG_BP) ||
	    row->registers[TL_REG_SP].how != TL_SAME || ra.how != TL_SAVED || ra.value != -8)
		return TL_RULE_BAD;
	if (!cfa || cfa != TL_RULE_CFA(cfa) || saved != TL_RULE_SAVED(saved << 16) ||
	    (bp.how == TL_SAVED && saved < 16))
		return TL_RULE_BAD;
	/* Below the stack: no call is made there. */
	if (row->cfa.value == TL_REG_SP && saved > cfa)
		return TL_RULE_BAD;
	return (uint32_t)(cfa | saved << 16 | (row->cfa.value == TL_REG_BP ? TL_RULE_BP : 0));
}

bool tl_cfi_row(const struct tl_fde *fde, uintptr_t address, struct tl_row *row)
{
	struct machine m = {.fde = fde, .location = fde->start, .row = row};

	*row = (struct tl_row){.cfa = {.how = TL_ODD}};
	if (fde->return_register != TL_REG_IP || !run(&m, fde->initial, UINTPTR_MAX))
		return false;
	m.initial = *row;
	return run(&m, fde->program, address);
}

uint32_t tl_cfi_rule(const struct tl_fde *fde, uintptr_t address)
{
	struct tl_row row;

	if (fde->signal_frame || !tl_cfi_row(fde, address, &row))
		return TL_RULE_BAD;
	return packed(&row);
}
