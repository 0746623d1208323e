/* SPDX-License-Identifier: MIT */
/*
 * unwind_rules.h - the rule of each return address that was met, for all threads.
 *
 * A table of single words, each an address and its rule, so that a reader in a signal handler, or
 * one that meets a writer, sees either or nothing. What does not fit takes another's place: it is a
 * cache. Nothing in it outlives an unload: rules count for their epoch alone, and none is used
 * while an object is being unloaded. Async-signal-safe; a new rule takes about 1 us and no lock.
 */
#ifndef TL_UNWIND_RULES_H
#define TL_UNWIND_RULES_H

#include "base.h"
#include "unwind_cfi.h"

#define TL_RULES_INDEX	 14 /* bits: 16384 sets of 4 words, 512 KiB, touched here and there */
#define TL_RULES_WAYS	 4
#define TL_RULES_EPOCH	 4  /* bits in a word; the rest is the address */
#define TL_RULES_ADDRESS 47 /* bits that an address may have */
#define TL_RULES_UNLOADS 0xffffu
#define TL_RULES_NEXT	 0x10000u

TL_EXTERN uint64_t *tl_rules_table; /* NULL until the first rule */
TL_EXTERN uint32_t tl_rules_epoch;  /* counts unloads; the lower half: those under way */

void tl_rules_init(void); /* without this there are none */

struct tl_rules {
	const uint64_t *table;
	uint64_t epoch; /* as it stands in the words */
	uint32_t seen;	/* tl_rules_epoch */
};

/* false: there are none now. */
static inline bool tl_rules_open(struct tl_rules *rules)
{
	rules->seen = tl_load_acquire(&tl_rules_epoch);
	rules->table = tl_load_acquire(&tl_rules_table);
	rules->epoch = (uint64_t)(rules->seen / TL_RULES_NEXT % (1u << TL_RULES_EPOCH))
		       << TL_RULE_BITS;
	return rules->table && !(rules->seen & TL_RULES_UNLOADS);
}

/* Reversible, so that a word need not hold the bits that are its place. Return addresses within 16
 * bytes share a set: those of one piece of code lie on few pages. */
static inline uint64_t tl_rules_spread(uintptr_t address)
{
	uint64_t mixed = address ^ address >> 20;

	return mixed >> 4 | (mixed & 15) << (TL_RULES_ADDRESS - 4);
}

static inline size_t tl_rules_set(uint64_t spread)
{
	return (spread & ((1u << TL_RULES_INDEX) - 1)) * TL_RULES_WAYS;
}

static inline uint64_t tl_rules_key(uint64_t epoch, uint64_t spread)
{
	return spread >> TL_RULES_INDEX << (TL_RULE_BITS + TL_RULES_EPOCH) | epoch;
}

uint32_t tl_rules_learn(uint64_t epoch, uintptr_t return_address);

/* The rule of the frame that the return address lies in. */
static inline uint32_t tl_rules_find(const struct tl_rules *rules, uintptr_t return_address)
{
	uint64_t spread = tl_rules_spread(return_address);
	uint64_t key = tl_rules_key(rules->epoch, spread);
	const uint64_t *set = rules->table + tl_rules_set(spread);

	if (tl_unlikely(return_address >> TL_RULES_ADDRESS))
		return TL_RULE_BAD;
	for (int i = 0; i < TL_RULES_WAYS; i++) {
		uint64_t differs = tl_load(&set[i]) ^ key;

		if (tl_likely(differs - 1 < (1u << TL_RULE_BITS) - 1))
			return (uint32_t)differs;
	}
	return tl_rules_learn(rules->epoch, return_address);
}

/* Is that where the kernel lets handlers return to? Whoever brings a restorer of his own need not
 * describe it. */
bool tl_rules_is_sigreturn(uintptr_t ip);

/* Around the unloading of an object, and after one that was only seen to have happened. */
void tl_rules_unload_begin(void);
void tl_rules_unload_end(void);
void tl_rules_forget(void);
void tl_rules_forked(void);

#endif
