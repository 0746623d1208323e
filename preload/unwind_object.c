/* SPDX-License-Identifier: MIT */
#include "unwind_object.h"
#include "foreign.h"
#include <elf.h>
#include <link.h>
#include <sys/auxv.h>

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

struct headers {
	const ElfW(Phdr) * first;
	unsigned count;
};

static struct headers of_executable; /* as the kernel says; of the loader, where that was run */

static int (*find_object)(void *, struct found *);

static void find_executable(void)
{
	of_executable.first = (const ElfW(Phdr) *)getauxval(AT_PHDR);
	of_executable.count = of_executable.first ? (unsigned)getauxval(AT_PHNUM) : 0;
}

bool tl_object_init(void)
{
	find_executable();
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

/* ---- program headers ---------------------------------------------------------------------- */

static bool is_executable(const struct found *object)
{
	uintptr_t header = (uintptr_t)object->eh_frame_hdr;
	const ElfW(Phdr) *ph = of_executable.first;

	for (unsigned i = 0; i < of_executable.count; i++)
		if (ph[i].p_type == PT_GNU_EH_FRAME)
			return object->map->l_addr + ph[i].p_vaddr == header;
	return false;
}

/* The executable alone may lie in parts, of which only the one with the address is known. */
static struct headers headers_of(const struct found *object)
{
	const ElfW(Ehdr) *elf = object->start;

	if (is_executable(object))
		return of_executable;
	if ((uintptr_t)object->end - (uintptr_t)object->start < PAGE ||
	    __builtin_memcmp(elf->e_ident, ELFMAG, SELFMAG) != 0 ||
	    elf->e_phentsize != sizeof(ElfW(Phdr)) || elf->e_phoff > PAGE - SMALL_E ||
	    elf->e_phnum > SMALL_E / sizeof(ElfW(Phdr)))
		return (struct headers){NULL, 0};
	return (struct headers){(const void *)((const char *)elf + elf->e_phoff), elf->e_phnum};
}

/* The segment that .eh_frame_hdr and, behind it, .eh_frame lie in: what else the loader has mapped
 * for the object may have gaps. */
static bool find_sections(const struct found *object, struct tl_fde_sections *s)
{
	uintptr_t header = (uintptr_t)object->eh_frame_hdr, bias = object->map->l_addr;
	struct headers h = headers_of(object);

	for (unsigned i = 0; i < h.count; i++) {
		const ElfW(Phdr) *ph = &h.first[i];
		uintptr_t start = bias + ph->p_vaddr, end = start + ph->p_filesz;

		if (ph->p_type != PT_LOAD || !(ph->p_flags & PF_R) || header < start ||
		    header >= end)
			continue;
		if (h.first != of_executable.first &&
		    (start < (uintptr_t)object->start || end > (uintptr_t)object->end))
			continue;
		*s = (struct tl_fde_sections){(const void *)start, (const void *)end,
					      (const void *)header};
		return true;
	}
	return false;
}

enum tl_described tl_object_describe(uintptr_t address, bool call, struct tl_fde *fde)
{
	struct tl_fde_sections sections;
	struct found object;

	if (!find(address, &object))
		return TL_NO_OBJECT;
	if (!object.eh_frame_hdr || !find_sections(&object, &sections))
		return TL_NOT_DESCRIBED;
	if (tl_fde_find(&sections, address, fde))
		return TL_DESCRIBED;
	if (call && tl_fde_find(&sections, address + 1, fde) && fde->start == address + 1)
		return TL_NOT_CALLED;
	return TL_NOT_DESCRIBED;
}
