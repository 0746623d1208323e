/* SPDX-License-Identifier: MIT */
#include "unwind_rules.h"
#include "sys.h"
#include <elf.h>
#include <link.h>

#define SETS	(1u << TL_RULES_INDEX)
#define SIZE	(SETS * TL_RULES_WAYS * sizeof(uint64_t))
#define PAGE	4096u
#define PAGES	(SIZE / PAGE)
#define SMALL_E (64u * 56) /* program headers in the first page, all but a few bytes */

/* struct dl_find_object; headers before glibc 2.35 do not have it. */
struct found {
	unsigned long long flags;
	void *start, *end;
	struct link_map *map;
	void *eh_frame_hdr;
	unsigned long long reserved[7];
};

uint64_t *tl_rules_table;
uint32_t tl_rules_epoch;
static uint64_t touched[PAGES / 64]; /* pages of the table that hold anything */
static int (*find_object)(void *, struct found *);

void tl_rules_init(void *dl_find_object)
{
	uint64_t *expected = NULL, *table = dl_find_object ? tl_sys_mmap_sparse(SIZE) : NULL;

	find_object = (int (*)(void *, struct found *))dl_find_object;
	if (table && !__atomic_compare_exchange_n(&tl_rules_table, &expected, table, false,
						  __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		tl_sys_munmap(table, SIZE);
}

/* ---- from an address to its rule ---------------------------------------------------------- */

static const ElfW(Ehdr) * elf_header(const struct found *object)
{
	const ElfW(Ehdr) *elf = object->start;

	if ((uintptr_t)object->end - (uintptr_t)object->start < PAGE ||
	    __builtin_memcmp(elf->e_ident, ELFMAG, SELFMAG) != 0 ||
	    elf->e_phentsize != sizeof(ElfW(Phdr)) || elf->e_phoff > PAGE - SMALL_E ||
	    elf->e_phnum > SMALL_E / sizeof(ElfW(Phdr)))
		return NULL;
	return elf;
}

/* The segment that .eh_frame_hdr and, behind it, .eh_frame lie in: what else the loader has mapped
 * for the object may have gaps. */
static bool find_sections(const struct found *object, struct tl_fde_sections *s)
{
	const ElfW(Ehdr) *elf = elf_header(object);
	const ElfW(Phdr) *ph = elf ? (const void *)((const char *)elf + elf->e_phoff) : NULL;
	uintptr_t header = (uintptr_t)object->eh_frame_hdr, bias = 0;

	for (int i = 0; elf && i < elf->e_phnum; i++)
		if (ph[i].p_type == PT_GNU_EH_FRAME)
			bias = header - ph[i].p_vaddr;
	for (int i = 0; elf && i < elf->e_phnum; i++) {
		uintptr_t start = bias + ph[i].p_vaddr, end = start + ph[i].p_filesz;

		if (ph[i].p_type != PT_LOAD || !(ph[i].p_flags & PF_R) || header < start ||
		    header >= end || start < (uintptr_t)object->start ||
		    end > (uintptr_t)object->end)
			continue;
		*s = (struct tl_fde_sections){(const void *)start, (const void *)end,
					      (const void *)header};
		return true;
	}
	return false;
}

/* 0: in no object. */
static uint32_t rule_of(uintptr_t address)
{
	struct tl_fde_sections sections;
	struct found object;
	struct tl_fde fde;

	if (find_object((void *)address, &object))
		return 0;
	if (!object.eh_frame_hdr || !find_sections(&object, &sections) ||
	    !tl_fde_find(&sections, address, &fde))
		return TL_RULE_BAD;
	return tl_cfi_rule(&fde, address);
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

/* Marked before, for whoever jumps out of a handler in between, and after: tl_rules_forget may have
 * taken the first mark. */
static void keep(uint64_t epoch, uintptr_t address, uint32_t rule)
{
	uint64_t spread = tl_rules_spread(address);
	size_t set = tl_rules_set(spread), page = set * sizeof(uint64_t) / PAGE;
	uint64_t *place = place_in(epoch, tl_rules_table + set, spread);

	tl_or(&touched[page / 64], 1ull << page % 64);
	__atomic_store_n(place, tl_rules_key(epoch, spread) | rule, __ATOMIC_SEQ_CST);
	__atomic_fetch_or(&touched[page / 64], 1ull << page % 64, __ATOMIC_SEQ_CST);
}

/* A call is the last that was executed of its function, and may be the last there is. */
TL_COLD uint32_t tl_rules_learn(uint64_t epoch, uintptr_t return_address)
{
	static uint32_t begun;
	uint32_t rule;

	/* Hashes: the frames of a few stacks lie all over it. */
	if (tl_unlikely(!tl_load(&begun))) {
		tl_store(&begun, 1);
		tl_sys_populate(tl_rules_table, SIZE);
	}
	rule = rule_of(return_address - 1);
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
