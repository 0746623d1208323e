/* SPDX-License-Identifier: MIT */
#include "stack_table.h"
#include "sys.h"

#define FIRST_CAPACITY 1024

static size_t size_of(uint32_t capacity)
{
	return sizeof(struct tl_stack_slots) + capacity * sizeof(struct tl_stack_entry);
}

static void insert(struct tl_stack_slots *slots, uint64_t key, uint32_t value)
{
	struct tl_stack_entry *e = tl_stack_table_entry(slots, key);

	if (e->key)
		return;
	e->value = value;
	tl_store_release(&e->key, key);
	slots->used++;
}

static struct tl_stack_slots *grown(const struct tl_stack_slots *old)
{
	uint32_t capacity = old ? old->capacity * 2 : FIRST_CAPACITY;
	struct tl_stack_slots *slots = tl_sys_mmap_whole(size_of(capacity));

	if (!slots)
		return NULL;
	slots->capacity = capacity;
	for (uint32_t i = 0; old && i < old->capacity; i++)
		if (old->entries[i].key)
			insert(slots, old->entries[i].key, old->entries[i].value);
	return slots;
}

bool tl_stack_table_has_room(const struct tl_stack_table *table)
{
	return table->slots && table->slots->used < table->slots->capacity / 2;
}

void tl_stack_table_add(struct tl_stack_table *table, uint64_t key, uint32_t value)
{
	struct tl_stack_slots *slots = table->slots;

	if (!tl_stack_table_has_room(table)) {
		slots = grown(slots);
		if (!slots)
			return;
		tl_store_release(&table->slots, slots);
	}
	insert(slots, key, value);
}

void tl_stack_table_forget(struct tl_stack_table *table)
{
	if (table->slots)
		tl_sys_munmap(table->slots, size_of(table->slots->capacity));
	table->slots = NULL;
}
