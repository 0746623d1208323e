/* SPDX-License-Identifier: MIT */
#include "unwind_object.h"
#include "foreign.h"
#include "sys.h"
#include <elf.h>
#include <link.h>
#include <sys/auxv.h>

#define PAGE	4096u
#define ENTRY	64	   /* bytes that _start is long at most */
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

/* Executables may lie in parts, of which only the one with the address is known. Tools that write
 * new code into an object (BOLT, patchelf) put its program headers where there is room. */
static TL_BEGIN struct odd {
	uintptr_t eh_frame_hdr; /* 0: none, or being written */
	struct headers headers;
} odd[64];

static uintptr_t entry; /* of the executable */

static int (*find_object)(void *, struct found *);

bool tl_object_init(void)
{
	tl_store(&entry, getauxval(AT_ENTRY));
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

static struct headers at_beginning(uintptr_t start, uintptr_t end)
{
	const ElfW(Ehdr) *elf = (const ElfW(Ehdr) *)start;

	if (end - start < PAGE || __builtin_memcmp(elf->e_ident, ELFMAG, SELFMAG) != 0 ||
	    elf->e_phentsize != sizeof(ElfW(Phdr)) || elf->e_phoff > PAGE - SMALL_E ||
	    elf->e_phnum > SMALL_E / sizeof(ElfW(Phdr)))
		return (struct headers){NULL, 0};
	return (struct headers){(const void *)(start + elf->e_phoff), elf->e_phnum};
}

/* An object that lies where another one lay takes its place. */
static void remember(uintptr_t eh_frame_hdr, struct headers headers)
{
	static uint32_t next;
	struct odd *place = NULL;

	for (size_t i = 0; i < TL_ARRAY_LEN(odd) && !place; i++)
		if (!odd[i].eh_frame_hdr || odd[i].eh_frame_hdr == eh_frame_hdr)
			place = &odd[i];
	if (!place) /* the first is the executable's */
		place = &odd[1 + next++ % (TL_ARRAY_LEN(odd) - 1)];
	__atomic_store_n(&place->eh_frame_hdr, 0, __ATOMIC_SEQ_CST);
	tl_store(&place->headers.first, headers.first);
	tl_store(&place->headers.count, headers.count);
	tl_store_release(&place->eh_frame_hdr, eh_frame_hdr);
}

static struct headers remembered(uintptr_t eh_frame_hdr)
{
	for (size_t i = 0; i < TL_ARRAY_LEN(odd) && tl_load(&odd[i].headers.first); i++) {
		struct headers found;

		if (tl_load_acquire(&odd[i].eh_frame_hdr) != eh_frame_hdr)
			continue;
		found.first = tl_load(&odd[i].headers.first);
		found.count = tl_load(&odd[i].headers.count);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (tl_load(&odd[i].eh_frame_hdr) == eh_frame_hdr)
			return found;
	}
	return (struct headers){NULL, 0};
}

void tl_object_seen(const struct dl_phdr_info *info, bool executable)
{
	struct headers headers = {info->dlpi_phdr, info->dlpi_phnum};
	uintptr_t start = UINTPTR_MAX, eh_frame_hdr = 0;
	bool readable = false;

	for (unsigned i = 0; i < headers.count; i++) {
		const ElfW(Phdr) *ph = &headers.first[i];

		if (ph->p_type == PT_GNU_EH_FRAME)
			eh_frame_hdr = info->dlpi_addr + ph->p_vaddr;
		if (ph->p_type != PT_LOAD || info->dlpi_addr + ph->p_vaddr >= start)
			continue;
		start = (info->dlpi_addr + ph->p_vaddr) & ~(uintptr_t)(PAGE - 1);
		readable = ph->p_flags & PF_R;
	}
	if (!eh_frame_hdr)
		return;
	if (executable || !readable || at_beginning(start, start + PAGE).first != headers.first)
		remember(eh_frame_hdr, headers);
}

/* The end of the segment that holds what is at address. limits: in which it must be; NULL: in those
 * that the loader has said. */
static const uint8_t *segment(struct headers h, uintptr_t bias, uintptr_t address,
			      const struct found *limits, const uint8_t **from)
{
	for (unsigned i = 0; i < h.count; i++) {
		uintptr_t start = bias + h.first[i].p_vaddr, end = start + h.first[i].p_filesz;

		if (h.first[i].p_type != PT_LOAD || !(h.first[i].p_flags & PF_R) ||
		    address < start || address >= end)
			continue;
		if (limits && (start < (uintptr_t)limits->start || end > (uintptr_t)limits->end))
			continue;
		*from = (const uint8_t *)start;
		return (const uint8_t *)end;
	}
	return NULL;
}

/* What else the loader has mapped for the object may have gaps. */
static bool find_in(struct headers h, const struct found *object, const struct found *limits,
		    struct tl_fde_sections *s)
{
	uintptr_t bias = object->map->l_addr, frames;
	const uint8_t *start;

	s->header = object->eh_frame_hdr;
	s->header_end = segment(h, bias, (uintptr_t)s->header, limits, &start);
	if (!s->header_end)
		return false;
	frames = tl_fde_frames(s->header, s->header_end);
	s->end = segment(h, bias, frames ? frames : (uintptr_t)s->header, limits, &s->start);
	return s->end != NULL;
}

static bool find_sections(const struct found *object, struct tl_fde_sections *s)
{
	uintptr_t start = (uintptr_t)object->start, end = (uintptr_t)object->end;

	return find_in(at_beginning(start, end), object, object, s) ||
	       find_in(remembered((uintptr_t)object->eh_frame_hdr), object, NULL, s);
}

/* call rel32, or any through a register or memory (0xff /2). */
static bool follows_call(uintptr_t address)
{
	const uint8_t *at = (const uint8_t *)address;

	if (!tl_sys_readable(at - 7, 7))
		return false;
	for (int i = 2; i <= 7; i++)
		if (at[-i] == 0xff && (at[1 - i] & 0x38) == 0x10)
			return true;
	return at[-5] == 0xe8;
}

/* A call that never returns may be the last of what nothing describes. */
static bool is_first(const struct tl_fde_sections *s, uintptr_t address, struct tl_fde *fde)
{
	return tl_fde_find(s, address, fde) && fde->start == address && !follows_call(address);
}

enum tl_described tl_object_describe(uintptr_t address, bool call, struct tl_fde *fde)
{
	struct tl_fde_sections sections;
	struct found object;

	if (!find(address, &object))
		return TL_NO_OBJECT;
	if (!object.eh_frame_hdr)
		return TL_NOT_DESCRIBED;
	if (!find_sections(&object, &sections))
		return TL_NOT_SEEN;
	if (tl_fde_find(&sections, address, fde))
		return TL_DESCRIBED;
	if (call && address - tl_load(&entry) < ENTRY) /* start files before glibc 2.17 */
		return TL_NOT_CALLED;
	if (call && is_first(&sections, address + 1, fde))
		return TL_NOT_CALLED;
	return TL_NOT_DESCRIBED;
}
