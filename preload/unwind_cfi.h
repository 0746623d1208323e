/* SPDX-License-Identifier: MIT */
/*
 * unwind_cfi.h - what a frame description says of one address: in full, or packed into a rule.
 *
 * A row is all that DWARF says: where the canonical frame address (CFA) is, and each register of
 * the caller. A rule holds only what compilers make for nearly every function: the CFA lies above
 * the stack or the frame pointer, the return address right below it, and the caller's frame pointer
 * is untouched or saved. All else is TL_RULE_BAD: take the row. Pure: async-signal-safe.
 */
#ifndef TL_UNWIND_CFI_H
#define TL_UNWIND_CFI_H

#include "unwind_fde.h"

#define TL_RULE_BITS 27
#define TL_RULE_BP   1u /* the CFA is above the frame pointer, not the stack pointer */
#define TL_RULE_END  2u /* the outermost frame */
#define TL_RULE_BAD  4u
/* A signal handler returns here: all registers lie where the kernel put them. Takes
 * unwind_frames.h, as BAD does. */
#define TL_RULE_CONTEXT (TL_RULE_BAD | TL_RULE_END)
/* Bytes from there to the CFA. */
#define TL_RULE_CFA(rule) ((rule)&0x7fff8u)
/* Bytes from the CFA down to the saved frame pointer; 0: it is the caller's already. */
#define TL_RULE_SAVED(rule) ((rule) >> 16 & 0x7f8u)

/* System V ABI, AMD64 supplement, figure 3.36. Elsewhere there are neither rules nor rows. */
enum { TL_REG_BX = 3, TL_REG_BP = 6, TL_REG_SP = 7, TL_REG_R12 = 12, TL_REG_IP = 16 };
#define TL_ROW_REGISTERS 17

enum tl_how {
	TL_SAME,      /* the callee's */
	TL_SAVED,     /* in memory, value bytes from the CFA */
	TL_IS,	      /* so many bytes from the CFA */
	TL_IN,	      /* the callee's register of that number */
	TL_SAVED_AT,  /* in memory, where an expression says */
	TL_COMPUTED,  /* by an expression */
	TL_UNDEFINED, /* lost; of the return address: the outermost frame */
	TL_ODD	      /* larger than what fits in here */
};

/* An expression: size bytes at the address that value is. */
struct tl_where {
	int64_t value : 48;
	uint64_t size : 12, how : 4; /* enum tl_how */
};
_Static_assert(sizeof(struct tl_where) == 8, "a row is large enough as it is");

struct tl_row {
	struct tl_where cfa; /* TL_IN: the register, and the bytes in cfa_offset; TL_COMPUTED */
	int64_t cfa_offset;
	struct tl_where registers[TL_ROW_REGISTERS];
};

/* false: not understood. */
bool tl_cfi_row(const struct tl_fde *fde, uintptr_t address, struct tl_row *row);

uint32_t tl_cfi_rule(const struct tl_fde *fde, uintptr_t address);

#endif
