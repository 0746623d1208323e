/* SPDX-License-Identifier: MIT */
/*
 * unwind_expr.h - registers of a frame, and DWARF expressions in them.
 *
 * Expressions stand where assembler was written by hand or made by the linker (PLT entries, the
 * return from a signal handler), and in functions that realign their stack. Those have no branches,
 * and one that has is not understood. Async-signal-safe.
 */
#ifndef TL_UNWIND_EXPR_H
#define TL_UNWIND_EXPR_H

#include "unwind_cfi.h"
#include "unwind_peek.h"

struct tl_registers {
	uintptr_t value[TL_ROW_REGISTERS];
	uint32_t known; /* a bit for each */
};

static inline bool tl_register_known(const struct tl_registers *r, uint64_t reg)
{
	return reg < TL_ROW_REGISTERS && r->known >> reg & 1;
}

enum tl_expr { TL_EXPR_OK, TL_EXPR_REGISTER, TL_EXPR_BAD }; /* REGISTER: one that is not known */

/* first: on the stack from the beginning; NULL: nothing. */
enum tl_expr tl_expr(struct tl_where where, const struct tl_registers *registers,
		     const uintptr_t *first, struct tl_peek *peek, uintptr_t *value);

#endif
