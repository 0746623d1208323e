/* SPDX-License-Identifier: MIT */
/*
 * What is mapped, here and in the parent.
 *
 * Memory that a fork does not take along (MADV_DONTFORK) is the parent's alone. Its addresses are
 * taken before anything of ours is mapped, which could lie there and be read in its place; its
 * pages are fetched when they are read.
 */
#include "reach_state.h"
#include <sys/mman.h>
#include <sys/syscall.h>

#define PAGE ((uintptr_t)4096)

static const char *skip_fields(const char *s, int count)
{
	for (; count > 0; count--) {
		while (*s && *s != ' ')
			s++;
		while (*s == ' ')
			s++;
	}
	return s;
}

/* "55d0a000-55d2b000 rw-p 00000000 00:00 0          [heap]". Shared memory without a name is shown
 * as /dev/zero. */
static bool parse(const char *s, struct tl_reach_map *m)
{
	uint64_t from, to;
	const char *name;

	if (!tl_parse_u64(&s, 16, &from) || *s++ != '-' || !tl_parse_u64(&s, 16, &to) ||
	    *s++ != ' ')
		return false;
	name = skip_fields(s, 4);
	*m = (struct tl_reach_map){.from = from, .to = to, .shared = s[3] == 's'};
	m->heap = tl_streq(name, "[heap]");
	m->writable = s[0] == 'r' && s[1] == 'w' &&
		      (!tl_starts(name, "/dev/") || tl_starts(name, "/dev/shm/") ||
		       tl_starts(name, "/dev/zero"));
	return true;
}

bool tl_reach_next_map(struct tl_reach *r, struct tl_reach_map *m)
{
	char *line;

	while ((line = tl_lines_next(&r->a->lines)) != NULL)
		if (parse(line, m))
			return true;
	return false;
}

bool tl_reach_mapping(struct tl_reach *r, uintptr_t address, uintptr_t *low, uintptr_t *high)
{
	struct tl_reach_map m;
	bool found = false;

	if (!tl_audit_open_lines(r->a, "maps"))
		return false;
	while (!found && tl_reach_next_map(r, &m))
		found = address >= m.from && address < m.to;
	tl_lines_close(&r->a->lines);
	*low = m.from;
	*high = m.to;
	return found;
}

/* ---- the parent's alone --------------------------------------------------------------------- */

static bool is_absent(uintptr_t page)
{
	unsigned char in_core;

	return tl_syscall(SYS_mincore, (long)page, PAGE, (long)&in_core, 0, 0, 0) == -ENOMEM;
}

/* A kernel before 4.17 takes the address for a hint. What overlaps with something here has grown
 * since the clone. */
static bool take(const struct tl_reach_map *m)
{
	size_t size = m->to - m->from;
	long at =
	    tl_syscall(SYS_mmap, (long)m->from, (long)size, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);

	if (at != (long)m->from && (at > 0 || at < -4095))
		tl_syscall(SYS_munmap, at, (long)size, 0, 0, 0, 0);
	return at == (long)m->from;
}

bool tl_reach_take_absent(struct tl_reach *r)
{
	struct tl_reach_map m;

	r->a->lines = (struct tl_lines){.fd = r->maps};
	while (tl_reach_next_map(r, &m)) {
		if (!m.writable || !is_absent(m.from) || !take(&m))
			continue;
		if (r->absent_count == TL_ARRAY_LEN(r->absent))
			return false;
		r->absent[r->absent_count++] = m;
	}
	return true;
}

static bool was_absent(const struct tl_reach *r, uintptr_t page)
{
	for (uint32_t i = 0; i < r->absent_count; i++)
		if (page >= r->absent[i].from && page < r->absent[i].to)
			return true;
	return false;
}

/* The program may have wanted not to read it: the copy is ours. */
bool tl_reach_bring_in(struct tl_reach *r, uintptr_t page)
{
	bool fetch = was_absent(r, page);

	if (tl_syscall(SYS_mprotect, (long)page, PAGE, fetch ? PROT_READ | PROT_WRITE : PROT_READ,
		       0, 0, 0))
		return false;
	return !fetch || tl_sys_pread(r->a->mem, (void *)page, PAGE, page) == (ssize_t)PAGE;
}
