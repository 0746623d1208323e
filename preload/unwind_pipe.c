/* SPDX-License-Identifier: MIT */
#include "unwind_pipe.h"
#include "foreign.h"
#include "sys.h"
#include <elf.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define JUMP_SLOT R_X86_64_JUMP_SLOT
#define GLOB_DAT  R_X86_64_GLOB_DAT
#elif defined(__aarch64__)
#define JUMP_SLOT R_AARCH64_JUMP_SLOT
#define GLOB_DAT  R_AARCH64_GLOB_DAT
#endif

/* No descriptors: no process may have that many (fs.nr_open is at most 2^30, fs/file.c). */
enum { FAKE_IN = 0x7ffffff0, FAKE_OUT = 0x7ffffff1 };

/* ---- what libunwind calls instead --------------------------------------------------------- */

static int fake_pipe2(int fds[2], int flags)
{
	(void)flags;
	fds[0] = FAKE_IN;
	fds[1] = FAKE_OUT;
	return 0;
}

static long answer(long result)
{
	if (result >= 0)
		return result;
	errno = (int)-result;
	return -1;
}

static ssize_t fake_read(int fd, void *buffer, size_t size)
{
	return answer(fd == FAKE_IN ? -EAGAIN /* an empty pipe */ : tl_sys_read(fd, buffer, size));
}

static ssize_t fake_write(int fd, const void *buffer, size_t size)
{
	if (fd == FAKE_OUT)
		return answer(tl_sys_readable(buffer, size) ? (ssize_t)size : -EFAULT);
	return answer(tl_sys_write(fd, buffer, size));
}

/* Its write is a syscall(SYS_write, ...), so that no interposer gets in between. */
static long fake_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
	if (nr == SYS_write)
		return fake_write((int)a, (const void *)b, (size_t)c);
	return answer(tl_syscall(nr, a, b, c, d, e, f));
}

static void *replacement(const char *name)
{
	if (tl_streq(name, "pipe2"))
		return (void *)fake_pipe2;
	if (tl_streq(name, "read"))
		return (void *)fake_read;
	if (tl_streq(name, "write"))
		return (void *)fake_write;
	if (tl_streq(name, "syscall"))
		return (void *)fake_syscall;
	return NULL;
}

/* ---- its global offset table -------------------------------------------------------------- */

struct tables {
	const char *names;
	const ElfW(Sym) * symbols;
	const ElfW(Rela) * rela[2];
	size_t size[2];
	uintptr_t opened; /* a page of the table, for writing */
	bool pipe_replaced;
};

static void find_tables(struct tables *t, const struct link_map *map)
{
	for (const ElfW(Dyn) *d = map->l_ld; d->d_tag != DT_NULL; d++) {
		if (d->d_tag == DT_STRTAB)
			t->names = (const char *)d->d_un.d_ptr;
		else if (d->d_tag == DT_SYMTAB)
			t->symbols = (const ElfW(Sym) *)d->d_un.d_ptr;
		else if (d->d_tag == DT_JMPREL)
			t->rela[0] = (const ElfW(Rela) *)d->d_un.d_ptr;
		else if (d->d_tag == DT_PLTRELSZ)
			t->size[0] = d->d_un.d_val;
		else if (d->d_tag == DT_RELA)
			t->rela[1] = (const ElfW(Rela) *)d->d_un.d_ptr;
		else if (d->d_tag == DT_RELASZ)
			t->size[1] = d->d_un.d_val;
	}
}

/* The table is read-only after relocation (RELRO): opened for good. */
static bool store(struct tables *t, void **slot, void *value)
{
	uintptr_t page = (uintptr_t)slot & ~(uintptr_t)4095;

	if (page != t->opened &&
	    tl_syscall(SYS_mprotect, (long)page, 4096, PROT_READ | PROT_WRITE, 0, 0, 0))
		return false;
	t->opened = page;
	__atomic_store_n(slot, value, __ATOMIC_RELEASE);
	return true;
}

static bool replace_in(struct tables *t, uintptr_t base, int which)
{
	for (size_t i = 0; t->rela[which] && i < t->size[which] / sizeof(ElfW(Rela)); i++) {
		const ElfW(Rela) *r = &t->rela[which][i];
		const char *name;
		void *instead;

		if (ELF64_R_TYPE(r->r_info) != JUMP_SLOT && ELF64_R_TYPE(r->r_info) != GLOB_DAT)
			continue;
		name = t->names + t->symbols[ELF64_R_SYM(r->r_info)].st_name;
		instead = replacement(name);
		if (instead && !store(t, (void **)(base + r->r_offset), instead))
			return false;
		t->pipe_replaced |= instead == (void *)fake_pipe2;
	}
	return true;
}

static bool imports_pipe(const struct tables *t, int which)
{
	for (size_t i = 0; t->rela[which] && i < t->size[which] / sizeof(ElfW(Rela)); i++) {
		uint32_t symbol = (uint32_t)ELF64_R_SYM(t->rela[which][i].r_info);

		if (tl_starts(t->names + t->symbols[symbol].st_name, "pipe"))
			return true;
	}
	return false;
}

bool tl_unwind_pipe_replace(void *function)
{
	struct tables t = {0};
	struct link_map *map = NULL;
	Dl_info info;

	if (!dladdr1(function, &info, (void **)&map, RTLD_DL_LINKMAP) || !map)
		return false;
	find_tables(&t, map);
	if (!t.names || !t.symbols)
		return false;
	if (!imports_pipe(&t, 0) && !imports_pipe(&t, 1))
		return true; /* a version that does without */
	return replace_in(&t, map->l_addr, 0) && replace_in(&t, map->l_addr, 1) && t.pipe_replaced;
}
