/* SPDX-License-Identifier: MIT */
/*
 * stack_table.h - from a stack that was seen before to a number that belongs to it, without a lock.
 *
 * An open hash table by the hash of the return addresses, read without a lock and written under
 * the section; it doubles into a new mapping, and the old one stays for whoever is reading it.
 * Reading is async-signal-safe.
 */
#ifndef TL_STACK_TABLE_H
#define TL_STACK_TABLE_H

#include "base.h"
#include "modules.h"
#include "stack.h"

struct tl_stack_entry {
	uint64_t key; /* 0: free; stored last */
	uint32_t value;
};

struct tl_stack_slots {
	uint32_t capacity, used; /* capacity is a power of 2, half of it is free */
	struct tl_stack_entry entries[];
};

struct tl_stack_table {
	struct tl_stack_slots *slots; /* NULL: empty */
};

/* A trace, by its hash, among those whose addresses mean what they mean now: after a dlclose the
 * same ones may be another function's. Never 0. */
static inline uint64_t tl_stack_key(uint64_t hash)
{
	uint64_t key = hash ^ (uint64_t)tl_load(&tl_modules_generation) << 32;

	return key ? key : 1;
}

/* What there is of that key, or where it would be. */
static inline struct tl_stack_entry *tl_stack_table_entry(struct tl_stack_slots *slots,
							  uint64_t key)
{
	for (uint32_t i = (uint32_t)(key >> 20);; i++) {
		struct tl_stack_entry *e = &slots->entries[i & (slots->capacity - 1)];
		uint64_t there = tl_load_acquire(&e->key);

		if (tl_likely(there == key) || !there)
			return e;
	}
}

static inline uint32_t tl_stack_table_find(const struct tl_stack_table *table,
					   uint64_t key) /* or TL_NONE */
{
	struct tl_stack_slots *slots = tl_load_acquire(&table->slots);
	const struct tl_stack_entry *e = slots ? tl_stack_table_entry(slots, key) : NULL;

	return e && tl_load_acquire(&e->key) ? e->value : TL_NONE;
}

/* Section held. What is added next is sure to be found again: it takes no memory. */
bool tl_stack_table_has_room(const struct tl_stack_table *table);

/* Section held. Without memory nothing is remembered. */
void tl_stack_table_add(struct tl_stack_table *table, uint64_t key, uint32_t value);

/* In the child of a fork, which has no other thread. */
void tl_stack_table_forget(struct tl_stack_table *table);

#endif
