/* SPDX-License-Identifier: MIT */
/*
 * unwind_cfi.h - what a frame description says of one return address, packed into a rule.
 *
 * Of all that DWARF can say only what compilers make for nearly every function: the canonical frame
 * address (CFA) lies above the stack or the frame pointer, the return address right below it, and
 * the caller's frame pointer is untouched or saved. All else is TL_RULE_BAD: ask libunwind.
 * Pure: async-signal-safe.
 */
#ifndef TL_UNWIND_CFI_H
#define TL_UNWIND_CFI_H

#include "unwind_fde.h"

#define TL_RULE_BITS 27
#define TL_RULE_BP   1u /* the CFA is above the frame pointer, not the stack pointer */
#define TL_RULE_END  2u /* the outermost frame */
#define TL_RULE_BAD  4u
/* Bytes from there to the CFA. */
#define TL_RULE_CFA(rule) ((rule)&0x7fff8u)
/* Bytes from the CFA down to the saved frame pointer; 0: it is the caller's already. */
#define TL_RULE_SAVED(rule) ((rule) >> 16 & 0x7f8u)

uint32_t tl_cfi_rule(const struct tl_fde *fde, uintptr_t address);

#endif
