/* SPDX-License-Identifier: MIT */
#include "unwind_rules.h"
#include "sys.h"
#include "unwind_object.h"

#define SETS  (1u << TL_RULES_INDEX)
#define SIZE  (SETS * TL_RULES_WAYS * sizeof(uint64_t))
#define PAGE  4096u
#define PAGES (SIZE / PAGE)
#define GROUP 4u /* pages that are asked for together */

uint64_t *tl_rules_table;
uint32_t tl_rules_epoch;
static uint64_t touched[PAGES / 64]; /* pages of the table that hold anything */

void tl_rules_init(void)
{
	uint64_t *expected = NULL, *table = tl_sys_mmap_sparse(SIZE);

	if (table && !__atomic_compare_exchange_n(&tl_rules_table, &expected, table, false,
						  __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		tl_sys_munmap(table, SIZE);
}

/* mov $15, %rax; syscall */
bool tl_rules_is_sigreturn(uintptr_t ip)
{
	static const uint8_t code[] = {0x48, 0xc7, 0xc0, 15, 0, 0, 0, 0x0f, 0x05};

	return tl_sys_readable((const void *)ip, sizeof(code)) &&
	       __builtin_memcmp((const void *)ip, code, sizeof(code)) == 0;
}

/* 0: not known, or not yet. */
static uint32_t rule_of(uintptr_t address)
{
	struct tl_fde fde;

	switch (tl_object_describe(address, true, &fde)) {
	case TL_DESCRIBED:
		if (fde.signal_frame && tl_rules_is_sigreturn(address + 1))
			return TL_RULE_CONTEXT;
		return tl_cfi_rule(&fde, address);
	case TL_NOT_CALLED:
		return TL_RULE_END;
	case TL_NOT_DESCRIBED:
		return TL_RULE_BAD;
	case TL_NOT_SEEN:
	case TL_NO_OBJECT:
		break;
	}
	return 0;
}

/* ---- the table ---------------------------------------------------------------------------- */

static bool same_epoch(uint64_t epoch, uint64_t word)
{
	return !((word ^ epoch) >> TL_RULE_BITS & ((1u << TL_RULES_EPOCH) - 1));
}

/* A place that is free or of another epoch, else one of theirs. */
static uint64_t *place_in(uint64_t epoch, uint64_t *set, uint64_t spread)
{
	for (int i = 0; i < TL_RULES_WAYS; i++) {
		uint64_t word = tl_load(&set[i]);

		if (!word || !same_epoch(epoch, word))
			return &set[i];
	}
	return &set[(spread >> TL_RULES_INDEX) % TL_RULES_WAYS];
}

/* Each fault costs as much as two pages that are asked for. */
static void have(size_t page)
{
	size_t first = page / GROUP * GROUP;
	uint64_t group = ((1ull << GROUP) - 1) << first % 64;

	if (tl_unlikely(!(tl_load(&touched[page / 64]) & group)))
		tl_sys_populate(tl_rules_table + first * PAGE / sizeof(uint64_t), GROUP * PAGE);
}

/* Marked before, for whoever jumps out of a handler in between, and after: tl_rules_forget may have
 * taken the first mark. */
static void keep(uint64_t epoch, uintptr_t address, uint32_t rule)
{
	uint64_t spread = tl_rules_spread(address);
	size_t set = tl_rules_set(spread), page = set * sizeof(uint64_t) / PAGE;
	uint64_t *place = place_in(epoch, tl_rules_table + set, spread);

	have(page);
	tl_or(&touched[page / 64], 1ull << page % 64);
	__atomic_store_n(place, tl_rules_key(epoch, spread) | rule, __ATOMIC_SEQ_CST);
	__atomic_fetch_or(&touched[page / 64], 1ull << page % 64, __ATOMIC_SEQ_CST);
}

/* A call is the last that was executed of its function, and may be the last there is. */
TL_COLD uint32_t tl_rules_learn(uint64_t epoch, uintptr_t return_address)
{
	uint32_t rule = rule_of(return_address - 1);

	if (!rule)
		return TL_RULE_BAD;
	keep(epoch, return_address, rule);
	return rule;
}

/* Words of an older epoch count for nothing, until its number comes again: by then they are gone,
 * but for one that a thread stored after it had slept through all that. */
static void clear(void)
{
	for (size_t i = 0; i < TL_ARRAY_LEN(touched); i++) {
		uint64_t pages = __atomic_exchange_n(&touched[i], 0, __ATOMIC_SEQ_CST);

		for (; pages; pages &= pages - 1) {
			size_t page = i * 64 + (size_t)__builtin_ctzll(pages);
			uint64_t *words = tl_rules_table + page * PAGE / sizeof(*words);

			for (size_t w = 0; w < PAGE / sizeof(*words); w++)
				tl_store(&words[w], 0);
		}
	}
}

void tl_rules_unload_begin(void)
{
	__atomic_fetch_add(&tl_rules_epoch, 1, __ATOMIC_SEQ_CST);
}

void tl_rules_unload_end(void)
{
	clear();
	__atomic_fetch_add(&tl_rules_epoch, TL_RULES_NEXT - 1, __ATOMIC_SEQ_CST);
}

void tl_rules_forget(void)
{
	tl_rules_unload_begin();
	tl_rules_unload_end();
}

/* Whoever was unloading is not in this process; what is loaded is the same. */
void tl_rules_forked(void)
{
	uint32_t epoch = tl_load(&tl_rules_epoch);

	if (!(epoch & TL_RULES_UNLOADS))
		return;
	tl_store(&tl_rules_epoch, epoch & ~TL_RULES_UNLOADS);
	tl_rules_forget();
}
