/* SPDX-License-Identifier: MIT */
#include "modules_scan.h"
#include "build_id.h"
#include "sys.h"
#include "unwind_object.h"
#include <string.h>

#define TABLE_SIZE    (MAX_MODULES * sizeof(struct module))
#define NAMES_SCRATCH ((size_t)1 << 20)
#define LITTLE	      4096 /* bytes of code: what every object has, of data alone too */

/* ---- scratch memory ----------------------------------------------------------------------- */

static char *kept;	      /* scratch memory, if nobody scans at the moment */
static uint32_t keep_nothing; /* memory is locked */

bool tl_scan_begin(struct scan *scan)
{
	char *scratch = __atomic_exchange_n(&kept, NULL, __ATOMIC_ACQUIRE);

	if (!scratch) {
		scratch = tl_sys_mmap(TABLE_SIZE + NAMES_SCRATCH);
		if (!scratch)
			return false;
		tl_sys_populate(scratch, FEW_MODULES * sizeof(*scan->found));
		tl_sys_populate(scratch + TABLE_SIZE, 1);
	}
	*scan = (struct scan){.found = (struct module *)scratch,
			      .names = scratch + TABLE_SIZE,
			      .names_end = scratch + TABLE_SIZE + NAMES_SCRATCH};
	return true;
}

/* Unmapping it costs more than all else of a scan. The last entry may not be a whole one. */
void tl_scan_end(const struct scan *scan)
{
	uint32_t used = scan->count < MAX_MODULES ? scan->count + 1 : MAX_MODULES;
	char *scratch = (char *)scan->found, *none = NULL;

	memset(scan->found, 0, used * sizeof(*scan->found));
	if (tl_load(&keep_nothing) ||
	    !__atomic_compare_exchange_n(&kept, &none, scratch, false, __ATOMIC_RELEASE,
					 __ATOMIC_RELAXED))
		tl_sys_munmap(scratch, TABLE_SIZE + NAMES_SCRATCH);
}

void tl_modules_shrink(bool stay_small)
{
	if (stay_small)
		tl_store(&keep_nothing, 1);
	tl_sys_munmap(__atomic_exchange_n(&kept, NULL, __ATOMIC_ACQUIRE),
		      TABLE_SIZE + NAMES_SCRATCH);
}

void tl_scan_forked(void)
{
	keep_nothing = 0; /* locks are not inherited */
}

/* ---- one object --------------------------------------------------------------------------- */

static void add_segment(struct module *m, const ElfW(Phdr) * ph)
{
	uintptr_t start = m->bias + ph->p_vaddr, end = start + ph->p_memsz;

	if (!m->all.end || start < m->all.start)
		m->all.start = start;
	if (end > m->all.end)
		m->all.end = end;
	for (int i = 0; ph->p_flags & PF_W && i < MAX_WRITABLE; i++) {
		if (m->writable[i].end)
			continue;
		m->writable[i] = (struct range){start, end};
		break;
	}
}

static void identify(struct module *m, const char *name)
{
	const char *base = name;

	for (const char *p = name; *p; p++)
		if (*p == '/')
			base = p + 1;
	if (tl_modules_is_self(m->all.start))
		m->flags |= TL_MOD_SHIM;
	if (tl_starts(base, "libc.so.") || tl_starts(base, "libpthread.so.") ||
	    tl_starts(base, "librt.so.") || tl_starts(base, "ld-linux") || tl_starts(base, "ld.so"))
		m->flags |= TL_MOD_LIBC;
	if (tl_starts(base, "libunwind.so."))
		m->flags |= TL_MOD_UNWIND;
	if (tl_starts(base, "linux-vdso") || tl_starts(base, "linux-gate"))
		m->flags |= TL_MOD_VDSO;
}

static uint64_t identity_of(const struct module *m)
{
	uint64_t h = 0xcbf29ce484222325u ^ (m->all.end - m->all.start);

	for (unsigned i = 0; i < m->id_length; i++)
		h = (h ^ m->id[i]) * 0x100000001b3u;
	for (const char *p = m->path; *p; p++)
		h = (h ^ (unsigned char)*p) * 0x100000001b3u;
	return h;
}

static bool is_undescribed(const struct dl_phdr_info *info)
{
	bool code = false, table = false;

	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];

		code |= ph->p_type == PT_LOAD && ph->p_flags & PF_X && ph->p_memsz >= LITTLE;
		table |= ph->p_type == PT_GNU_EH_FRAME;
	}
	return code && !table;
}

/* Objects that were ever loaded and unloaded: the table is what it was while the sum is. */
static uint64_t changes_of(const struct dl_phdr_info *info)
{
	return (uint64_t)info->dlpi_adds + info->dlpi_subs;
}

int tl_modules_visit_first(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size;
	*(uint64_t *)data = changes_of(info);
	return 1;
}

int tl_modules_visit(struct dl_phdr_info *info, size_t size, void *data)
{
	struct scan *scan = data;
	struct module *m = &scan->found[scan->count];

	(void)size;
	scan->changes = changes_of(info);
	if (scan->count == MAX_MODULES)
		return 1;
	m->bias = info->dlpi_addr;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];

		if (ph->p_type == PT_LOAD)
			add_segment(m, ph);
		if (ph->p_type == PT_TLS)
			scan->tls += ph->p_memsz + ph->p_align;
		if (ph->p_type == PT_NOTE && !m->id_length)
			m->id_length = tl_build_id((const void *)(m->bias + ph->p_vaddr),
						   ph->p_memsz, ph->p_align, m->id, sizeof(m->id));
	}
	if (!m->all.end)
		return 0;
	scan->undescribed |= is_undescribed(info);
	tl_object_seen(info, scan->count == 0);
	if (scan->count == 0) /* the executable comes first (man 3 dl_iterate_phdr) */
		m->flags |= TL_MOD_EXE;
	identify(m, info->dlpi_name);
	m->path = scan->names;
	m->path_size =
	    tl_strcopy(scan->names, (size_t)(scan->names_end - scan->names), info->dlpi_name) + 1;
	if (m->path_size > (size_t)(scan->names_end - scan->names))
		return 1;
	scan->names += m->path_size;
	m->identity = identity_of(m);
	scan->count++;
	return 0;
}
