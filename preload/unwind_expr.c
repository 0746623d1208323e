/* SPDX-License-Identifier: MIT */
#include "unwind_expr.h"

#define DEEPEST 8 /* linkers and compilers need four */

struct machine {
	const struct tl_registers *registers;
	struct tl_peek *peek;
	uint64_t stack[DEEPEST];
	unsigned depth;
	enum tl_expr state;
};

static void push(struct machine *m, uint64_t value)
{
	if (m->depth == DEEPEST)
		m->state = TL_EXPR_BAD;
	else
		m->stack[m->depth++] = value;
}

static uint64_t pop(struct machine *m)
{
	if (m->depth)
		return m->stack[--m->depth];
	m->state = TL_EXPR_BAD;
	return 0;
}

static void push_register(struct machine *m, uint64_t reg, int64_t offset)
{
	if (!tl_register_known(m->registers, reg))
		m->state = reg < TL_ROW_REGISTERS ? TL_EXPR_REGISTER : TL_EXPR_BAD;
	else
		push(m, m->registers->value[reg] + (uint64_t)offset);
}

static void dereference(struct machine *m)
{
	uintptr_t value = 0;

	if (m->state == TL_EXPR_OK && !tl_peek(m->peek, pop(m), &value))
		m->state = TL_EXPR_BAD;
	push(m, value);
}

/* DW_OP_const1u to DW_OP_const8s. */
static void push_constant(struct machine *m, struct tl_bytes *b, unsigned op)
{
	unsigned size = op < 0x0a ? 1 : op < 0x0c ? 2 : op < 0x0e ? 4 : 8;

	push(m, op & 1 ? (uint64_t)tl_bytes_get_signed(b, size) : tl_bytes_get(b, size));
}

static bool shifted(unsigned op, uint64_t a, uint64_t by, uint64_t *result)
{
	switch (op) {
	case 0x24:
		*result = by < 64 ? a << by : 0;
		return true;
	case 0x25:
		*result = by < 64 ? a >> by : 0;
		return true;
	}
	return false;
}

static bool compared(unsigned op, int64_t a, int64_t b, uint64_t *result)
{
	switch (op) {
	case 0x29:
		*result = a == b;
		return true;
	case 0x2a:
		*result = a >= b;
		return true;
	case 0x2b:
		*result = a > b;
		return true;
	case 0x2c:
		*result = a <= b;
		return true;
	case 0x2d:
		*result = a < b;
		return true;
	case 0x2e:
		*result = a != b;
		return true;
	}
	return false;
}

/* What takes two and leaves one. */
static bool combine(struct machine *m, unsigned op)
{
	uint64_t b = pop(m), a = pop(m), result = 0;

	switch (op) {
	case 0x1a:
		result = a & b;
		break;
	case 0x1c:
		result = a - b;
		break;
	case 0x1e:
		result = a * b;
		break;
	case 0x21:
		result = a | b;
		break;
	case 0x22:
		result = a + b;
		break;
	case 0x27:
		result = a ^ b;
		break;
	default:
		if (!shifted(op, a, b, &result) && !compared(op, (int64_t)a, (int64_t)b, &result))
			return false;
	}
	push(m, result);
	return true;
}

static bool step(struct machine *m, struct tl_bytes *b)
{
	unsigned op = (unsigned)tl_bytes_get(b, 1);
	uint64_t value;

	if (op >= 0x08 && op <= 0x0f)
		push_constant(m, b, op);
	else if (op >= 0x30 && op <= 0x4f) /* lit0 to lit31 */
		push(m, op - 0x30);
	else if (op >= 0x70 && op <= 0x8f) /* breg0 to breg31 */
		push_register(m, op - 0x70, tl_bytes_sleb(b));
	else if (op == 0x06)
		dereference(m);
	else if (op == 0x10) /* constu */
		push(m, tl_bytes_uleb(b));
	else if (op == 0x11) /* consts */
		push(m, (uint64_t)tl_bytes_sleb(b));
	else if (op == 0x12) { /* dup */
		value = pop(m);
		push(m, value);
		push(m, value);
	} else if (op == 0x13) /* drop: libmvec begins so */
		pop(m);
	else if (op == 0x23) /* plus_uconst */
		push(m, pop(m) + tl_bytes_uleb(b));
	else if (op != 0x96) /* nop */
		return combine(m, op);
	return true;
}

enum tl_expr tl_expr(struct tl_where where, const struct tl_registers *registers,
		     const uintptr_t *first, struct tl_peek *peek, uintptr_t *value)
{
	struct machine m = {.registers = registers, .peek = peek};
	const uint8_t *at = (const uint8_t *)(uintptr_t)where.value;
	struct tl_bytes b = {at, at + where.size, false};

	if (first)
		push(&m, *first);
	while (b.at < b.end && m.state == TL_EXPR_OK)
		if (!step(&m, &b) || b.bad)
			return TL_EXPR_BAD;
	if (m.state == TL_EXPR_OK)
		*value = pop(&m);
	return m.state;
}
