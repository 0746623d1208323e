/* SPDX-License-Identifier: MIT */
#include "unwind_object.h"
#include "foreign.h"
#include <elf.h>
#include <link.h>

#define PAGE	4096u
#define SMALL_E (64u * 56) /* program headers in the first page, all but a few bytes */

/* struct dl_find_object; headers before glibc 2.35 do not have it. */
struct found {
	unsigned long long flags;
	void *start, *end;
	struct link_map *map;
	void *eh_frame_hdr;
	unsigned long long reserved[7];
};

static int (*find_object)(void *, struct found *);

bool tl_object_init(void)
{
	tl_store((void **)&find_object, dlsym(RTLD_DEFAULT, "_dl_find_object"));
	return tl_load(&find_object) != NULL;
}

static bool find(uintptr_t address, struct found *object)
{
	int (*how)(void *, struct found *) = tl_load(&find_object);

	return how && how((void *)address, object) == 0;
}

struct link_map *tl_object_map(uintptr_t address)
{
	struct found object;

	return find(address, &object) ? object.map : NULL;
}

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

enum tl_described tl_object_describe(uintptr_t address, struct tl_fde *fde)
{
	struct tl_fde_sections sections;
	struct found object;

	if (!find(address, &object))
		return TL_NO_OBJECT;
	if (!object.eh_frame_hdr || !find_sections(&object, &sections) ||
	    !tl_fde_find(&sections, address, fde))
		return TL_NOT_DESCRIBED;
	return TL_DESCRIBED;
}
