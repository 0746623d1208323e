/* SPDX-License-Identifier: MIT */
#include "modules_barren.h"
#include "modules_scan.h"
#include "loader_gate.h"
#include "real.h"
#include "section.h"
#include "sink.h"
#include "sys.h"
#include "unwind_rules.h"
#include <link.h>
#include <string.h>
#include <sys/syscall.h>

#define NAMES_BLOCK (64u * 1024) /* more than one path needs: PATH_MAX is 4096 */

/* Written under the section, read under a sequence lock; never unmapped. */
static struct module *modules;
static uint32_t module_count;
static uint32_t sequence; /* odd while being written */
static uint32_t refreshes;
size_t tl_modules_tls;
static bool undescribed;
static uint64_t known_changes;	   /* changes_of when the table was last made; 0: never */
static char *names_at, *names_end; /* paths are kept for good, in the children of forks too */

uint32_t tl_modules_dirty;
uint32_t tl_modules_generation;

bool tl_modules_undescribed(void)
{
	return tl_load(&undescribed);
}

/* ---- table ------------------------------------------------------------------------------- */

static bool same_place(const struct module *a, const struct module *b)
{
	return a->all.start == b->all.start && a->all.end == b->all.end &&
	       a->identity == b->identity;
}

static struct module *find_identity(const struct module *m)
{
	for (uint32_t i = 0; i < module_count; i++)
		if (modules[i].identity == m->identity && !modules[i].all.end)
			return &modules[i];
	return NULL;
}

static void keep_path(struct module *m, const char *path)
{
	m->path = names_at;
	if (!names_at || (size_t)(names_end - names_at) < m->path_size) {
		m->path = names_at = tl_sys_mmap(NAMES_BLOCK);
		names_end = names_at ? names_at + NAMES_BLOCK : NULL;
		tl_sys_populate(names_at, m->path_size);
	}
	if (!m->path)
		return;
	memcpy(m->path, path, m->path_size);
	names_at += m->path_size;
}

/* Loaded again elsewhere: the same entry, so that its frames stay the same frames. */
static void insert(const struct module *found)
{
	struct module *m = find_identity(found);

	if (m) {
		m->all = found->all;
		m->bias = found->bias;
		memcpy(m->writable, found->writable, sizeof(m->writable));
	} else if (module_count < MAX_MODULES) {
		m = &modules[module_count];
		*m = *found;
		m->trace = TL_NONE;
		keep_path(m, found->path);
		tl_store_release(&module_count, module_count + 1);
	}
	if (m)
		m->seen = refreshes;
}

static bool already_known(const struct module *found)
{
	for (uint32_t i = 0; i < module_count; i++) {
		if (!same_place(&modules[i], found))
			continue;
		modules[i].seen = refreshes;
		return true;
	}
	return false;
}

static void drop_unseen(void)
{
	bool gone = false;

	for (uint32_t i = 0; i < module_count; i++) {
		struct module *m = &modules[i];

		if (!m->all.end || m->seen == refreshes)
			continue;
		memset(&m->all, 0, sizeof(m->all));
		memset(m->writable, 0, sizeof(m->writable));
		tl_sink_mark_unloaded(m->trace);
		gone = true;
	}
	if (!gone)
		return;
	tl_rules_forget(); /* not everybody who unloads comes by our dlclose */
	tl_add(&tl_modules_generation, 1);
}

/* First what has gone, then what is new: a new object may lie where an old one lay. */
static void merge(const struct scan *scan)
{
	struct tl_section section = tl_section_enter();

	refreshes++;
	__atomic_fetch_add(&sequence, 1, __ATOMIC_ACQ_REL);
	for (uint32_t i = 0; i < scan->count; i++)
		already_known(&scan->found[i]);
	drop_unseen();
	for (uint32_t i = 0; i < scan->count; i++)
		if (!already_known(&scan->found[i]))
			insert(&scan->found[i]);
	if (refreshes == 1) /* what is loaded later gets its TLS from malloc, all but a little */
		tl_modules_tls = scan->tls;
	tl_store(&known_changes, scan->changes);
	tl_store(&undescribed, scan->undescribed);
	__atomic_fetch_add(&sequence, 1, __ATOMIC_ACQ_REL);
	tl_section_leave(&section);
}

static bool is_unchanged(void)
{
	uint64_t changes = 0, mask;

	if (!tl_load(&known_changes) || !tl_gate_enter(&mask))
		return false;
	tl_real_dl_iterate_phdr(tl_modules_visit_first, &changes);
	tl_gate_leave(mask);
	return changes == tl_load(&known_changes);
}

bool tl_modules_refresh(void)
{
	struct scan scan;
	bool anew = false;
	uint64_t mask;

	tl_store(&tl_modules_dirty, 0);
	/* Code that no object holds (of a just-in-time compiler) makes us ask again and again. */
	if (!TL_HAVE(dl_iterate_phdr) || is_unchanged())
		return false;
	if (!tl_scan_begin(&scan))
		return false;
	if (!modules) {
		modules = tl_sys_mmap(MAX_MODULES * sizeof(*modules));
		tl_sys_populate(modules, FEW_MODULES * sizeof(*modules));
		tl_modules_find_self();
	}
	if (modules && tl_gate_enter(&mask)) {
		tl_real_dl_iterate_phdr(tl_modules_visit, &scan);
		tl_gate_leave(mask);
		merge(&scan);
		anew = true;
	}
	tl_scan_end(&scan);
	return anew;
}

/* ---- questions ---------------------------------------------------------------------------- */

static bool covers(const struct module *m, uintptr_t address)
{
	return address >= m->all.start && address < m->all.end;
}

/* Most frames of a stack lie in one. */
static const struct module *covering(uintptr_t address)
{
	static uint32_t latest;
	uint32_t count = tl_load_acquire(&module_count), first = tl_load(&latest);

	if (first < count && covers(&modules[first], address))
		return &modules[first];
	for (uint32_t i = 0; i < count; i++)
		if (covers(&modules[i], address)) {
			tl_store(&latest, i);
			return &modules[i];
		}
	return NULL;
}

static void remember_barren(uintptr_t address, uint32_t seen)
{
	struct range free = {0, UINTPTR_MAX};

	for (uint32_t i = 0; i < tl_load_acquire(&module_count); i++) {
		const struct range *all = &modules[i].all;

		if (all->end <= address && all->end > free.start)
			free.start = all->end;
		if (all->end > address && all->start < free.end)
			free.end = all->start;
	}
	tl_barren_remember(address, seen, free.start, free.end);
}

static bool in_writable(const struct module *m, uintptr_t address)
{
	for (int i = 0; i < MAX_WRITABLE; i++)
		if (address >= m->writable[i].start && address < m->writable[i].end)
			return true;
	return false;
}

/* A writer has all signals blocked and never waits, so this ends soon; unless a real-time thread
 * reads on the processor from which it pushed the writer. */
static uint32_t read_begin(void)
{
	struct timespec nap = {.tv_nsec = 50000};
	uint32_t seen;

	for (unsigned i = 1; (seen = tl_load_acquire(&sequence)) & 1; i++)
		if (i % 1000 == 0)
			tl_syscall(SYS_nanosleep, (long)&nap, 0, 0, 0, 0, 0);
	return seen;
}

static bool read_retry(uint32_t seen)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return tl_load(&sequence) != seen;
}

bool tl_modules_known(uintptr_t address)
{
	uint32_t seen;
	bool known;

	do {
		seen = read_begin();
		known = covering(address) != NULL;
	} while (read_retry(seen));
	return known;
}

bool tl_modules_all_known(void *const *addresses, unsigned n)
{
	uint32_t seen;
	bool known;

	do {
		seen = read_begin();
		known = true;
		for (unsigned i = 0; known && i < n; i++)
			known = covering((uintptr_t)addresses[i]) != NULL;
	} while (read_retry(seen));
	return known;
}

static size_t copy_path(char *to, size_t size, const struct module *m)
{
	return m->flags & TL_MOD_VDSO ? tl_strcopy(to, size, m->path)
				      : tl_modules_absolute(to, size, m->path);
}

static void fill_path(struct tl_module *to, const struct module *m)
{
	if (m->flags & TL_MOD_EXE)
		tl_sys_readlink("/proc/self/exe", to->path, sizeof(to->path));
	else if (m->flags & TL_MOD_SHIM)
		tl_strcopy(to->path, sizeof(to->path), tl_modules_self_path());
	else if (m->path && copy_path(to->path, sizeof(to->path), m) >= sizeof(to->path))
		to->flags |= TL_MOD_PATH_CUT;
}

/* Section held. */
static TL_NOINLINE void enter_in_trace(struct module *m)
{
	struct tl_module record = {.flags = m->flags, .bias = m->bias};

	record.start = m->all.start;
	record.end = m->all.end;
	record.build_id_len = m->id_length;
	memcpy(record.build_id, m->id, m->id_length);
	fill_path(&record, m);
	m->trace = tl_sink_add_module(&record);
}

static uint32_t trace_index(struct module *m)
{
	if (tl_unlikely(m->trace == TL_NONE) && tl_sink_active())
		enter_in_trace(m);
	return m->trace;
}

uint64_t tl_modules_frame(uintptr_t address)
{
	const struct module *m = covering(address);
	uint32_t index = m ? trace_index((struct module *)m) : TL_NONE;
	uint64_t at = index == TL_NONE ? 0 : tl_frame_at(index, address - m->bias);

	return tl_frame_module(at) == index ? at : tl_frame_at(TL_NONE, address);
}

bool tl_modules_static(uintptr_t address, uint32_t *module, uint64_t *offset)
{
	const struct module *m;
	struct tl_section section;
	uint32_t seen;
	bool is;

	do {
		seen = read_begin();
		if (tl_barren(address, seen))
			return false;
		m = covering(address);
		is = m && in_writable(m, address);
		if (is && offset)
			*offset = address - m->bias;
	} while (read_retry(seen));
	if (!m)
		remember_barren(address, seen);
	if (!is || !module)
		return is;
	section = tl_section_enter();
	*module = trace_index((struct module *)m);
	tl_section_leave(&section);
	return true;
}

bool tl_modules_writable(uint32_t i, uintptr_t *start, uintptr_t *end, uint32_t *flags)
{
	const struct module *m = &modules[i / MAX_WRITABLE];

	if (i / MAX_WRITABLE >= tl_load_acquire(&module_count))
		return false;
	*start = m->writable[i % MAX_WRITABLE].start;
	*end = m->writable[i % MAX_WRITABLE].end;
	*flags = m->flags;
	return true;
}

uint32_t tl_modules_flags(uintptr_t address)
{
	const struct module *m;
	uint32_t seen, flags;

	do {
		seen = read_begin();
		m = covering(address);
		flags = m ? m->flags : 0;
	} while (read_retry(seen));
	return flags;
}

void tl_modules_forked(void)
{
	tl_scan_forked();
	if (sequence & 1) { /* an unseen fork in the middle of a change: begin again */
		module_count = 0;
		sequence = 0;
		tl_barren_forget();
		known_changes = 0;
		tl_store(&tl_modules_dirty, 1);
	}
	for (uint32_t i = 0; i < module_count; i++)
		modules[i].trace = TL_NONE;
}
