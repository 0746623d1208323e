/* SPDX-License-Identifier: MIT */
#include "report_names.h"
#include "sys.h"
#include <link.h>

#define SYMBOLS_MAX (1u << 20)

struct tables {
	const ElfW(Sym) * symbols;
	const char *strings;
	size_t strings_size;
	const uint32_t *gnu_hash, *hash;
	uint32_t count;
};

static const ElfW(Dyn) * dynamic_of(const struct tl_module *module)
{
	const ElfW(Ehdr) *elf = (const void *)(uintptr_t)module->start;
	const ElfW(Phdr) * at;

	if (!tl_sys_readable(elf, sizeof(*elf)) ||
	    __builtin_memcmp(elf->e_ident, ELFMAG, SELFMAG) != 0)
		return NULL;
	at = (const void *)(uintptr_t)(module->start + elf->e_phoff);
	if (!tl_sys_readable(at, elf->e_phnum * sizeof(*at)))
		return NULL;
	for (int i = 0; i < elf->e_phnum; i++)
		if (at[i].p_type == PT_DYNAMIC)
			return (const void *)(uintptr_t)(module->bias + at[i].p_vaddr);
	return NULL;
}

/* glibc relocates these addresses in place on most machines, musl on none. */
static const void *address(const struct tl_module *module, uint64_t value)
{
	return (const void *)(uintptr_t)(value < module->bias ? value + module->bias : value);
}

static void read_dynamic(const struct tl_module *module, const ElfW(Dyn) * at,
			 struct tables *tables)
{
	for (; tl_sys_readable(at, sizeof(*at)) && at->d_tag != DT_NULL; at++) {
		const void *p = address(module, at->d_un.d_ptr);

		if (at->d_tag == DT_SYMTAB)
			tables->symbols = p;
		else if (at->d_tag == DT_STRTAB)
			tables->strings = p;
		else if (at->d_tag == DT_STRSZ)
			tables->strings_size = at->d_un.d_val;
		else if (at->d_tag == DT_GNU_HASH)
			tables->gnu_hash = p;
		else if (at->d_tag == DT_HASH)
			tables->hash = p;
	}
}

/* The end of the chain that starts last: a GNU hash table does not say how many symbols there are.
 */
static uint32_t count_by_gnu_hash(const uint32_t *table)
{
	uint32_t buckets, first, last = 0;
	const uint32_t *bucket, *chain;

	if (!tl_sys_readable(table, 16))
		return 0;
	buckets = table[0];
	first = table[1];
	bucket = table + 4 + (size_t)table[2] * (sizeof(ElfW(Addr)) / 4);
	chain = bucket + buckets;
	if (buckets > SYMBOLS_MAX || !tl_sys_readable(bucket, buckets * sizeof(*bucket)))
		return 0;
	for (uint32_t i = 0; i < buckets; i++)
		last = bucket[i] > last ? bucket[i] : last;
	if (last < first || last > SYMBOLS_MAX)
		return 0;
	while (tl_sys_readable(&chain[last - first], 4) && !(chain[last - first] & 1))
		last++;
	return last + 1;
}

static bool find_tables(const struct tl_module *module, struct tables *tables)
{
	const ElfW(Dyn) *dynamic = dynamic_of(module);

	*tables = (struct tables){0};
	if (!dynamic)
		return false;
	read_dynamic(module, dynamic, tables);
	if (tables->gnu_hash)
		tables->count = count_by_gnu_hash(tables->gnu_hash);
	else if (tables->hash && tl_sys_readable(tables->hash, 8))
		tables->count = tables->hash[1];
	return tables->count && tables->count <= SYMBOLS_MAX && tables->symbols &&
	       tables->strings &&
	       tl_sys_readable(tables->symbols, tables->count * sizeof(*tables->symbols)) &&
	       tl_sys_readable(tables->strings, tables->strings_size);
}

static const ElfW(Sym) * find_symbol(const struct tables *tables, uint64_t offset)
{
	for (uint32_t i = 0; i < tables->count; i++) {
		const ElfW(Sym) *symbol = &tables->symbols[i];

		if (symbol->st_shndx != SHN_UNDEF && ELF64_ST_TYPE(symbol->st_info) == STT_FUNC &&
		    offset >= symbol->st_value && offset - symbol->st_value < symbol->st_size &&
		    symbol->st_name < tables->strings_size)
			return symbol;
	}
	return NULL;
}

bool tl_report_name(const struct tl_module *module, uint64_t offset, char *text, size_t size)
{
	struct tables tables;
	const ElfW(Sym) * symbol;
	char name[100];

	if (tl_load(&module->flags) & TL_MOD_UNLOADED || !offset || !find_tables(module, &tables))
		return false;
	symbol = find_symbol(&tables, offset - 1);
	if (!symbol)
		return false;
	tl_strcopy(name, sizeof(name), tables.strings + symbol->st_name);
	tl_format(text, size, "%s+0x%llx", name, (unsigned long long)(offset - symbol->st_value));
	return true;
}
