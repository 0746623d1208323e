/* SPDX-License-Identifier: MIT */
/*
 * Raw system calls. The instructions stand here and not libc's syscall(), because that function is
 * one of those which the shim interposes, and because it writes errno.
 */
#include "sys.h"
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_READ  22
#define MADV_POPULATE_WRITE 23
#endif

uint32_t tl_sys_quiet;

#if defined(__x86_64__)
long tl_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}
#elif defined(__aarch64__)
long tl_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}
#else
#error "raw system calls are written for x86-64 and aarch64"
#endif

int tl_sys_open(const char *path, int flags, int mode)
{
	return tl_sys_openat(AT_FDCWD, path, flags, mode);
}

int tl_sys_openat(int dir, const char *path, int flags, int mode)
{
	return (int)tl_syscall(SYS_openat, dir, (long)path, flags | O_CLOEXEC, mode, 0, 0);
}

int tl_sys_close(int fd)
{
	return (int)tl_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
}

ssize_t tl_sys_read(int fd, void *buf, size_t size)
{
	long n;

	do
		n = tl_syscall(SYS_read, fd, (long)buf, (long)size, 0, 0, 0);
	while (n == -EINTR);
	return n;
}

ssize_t tl_sys_write(int fd, const void *buf, size_t size)
{
	long n;

	do
		n = tl_syscall(SYS_write, fd, (long)buf, (long)size, 0, 0, 0);
	while (n == -EINTR);
	return n;
}

ssize_t tl_sys_pread(int fd, void *buf, size_t size, uint64_t offset)
{
	long n;

	do
		n = tl_syscall(SYS_pread64, fd, (long)buf, (long)size, (long)offset, 0, 0);
	while (n == -EINTR);
	return n;
}

ssize_t tl_sys_readlink(const char *path, char *buf, size_t size)
{
	return tl_sys_readlinkat(AT_FDCWD, path, buf, size);
}

ssize_t tl_sys_readlinkat(int dir, const char *path, char *buf, size_t size)
{
	long n;

	if (size == 0)
		return -EINVAL;
	buf[0] = '\0';
	if (size == 1)
		return 0;
	n = tl_syscall(SYS_readlinkat, dir, (long)path, (long)buf, (long)(size - 1), 0, 0);
	if (n >= 0)
		buf[n] = '\0';
	return n;
}

/* ---- memory of our own ------------------------------------------------------------------------
 *
 * Remembered, since what lies there speaks of the host's blocks without being a hold on them. A
 * slot is free while its start is 0. */
static __attribute__((section(".bss.begin.own"))) struct tl_sys_range own[TL_SYS_OWN_MAX];
static uint32_t own_lost;

static void remember(uintptr_t start, size_t size)
{
	for (unsigned i = 0; i < TL_SYS_OWN_MAX; i++) {
		uintptr_t none = 0;

		if (tl_load(&own[i].start) ||
		    !__atomic_compare_exchange_n(&own[i].start, &none, start, false,
						 __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			continue;
		tl_store(&own[i].end, start + size);
		return;
	}
	tl_add(&own_lost, 1);
}

static void forget(uintptr_t start)
{
	for (unsigned i = 0; i < TL_SYS_OWN_MAX; i++) {
		if (tl_load(&own[i].start) != start)
			continue;
		tl_store(&own[i].end, 0);
		tl_store(&own[i].start, 0);
		return;
	}
}

struct tl_sys_range tl_sys_own(unsigned i)
{
	struct tl_sys_range range = {tl_load(&own[i].start), tl_load(&own[i].end)};

	return range;
}

bool tl_sys_own_complete(void)
{
	return !tl_load(&own_lost);
}

static void *map_anonymous(size_t size, int flags)
{
	long p;

	if (tl_load(&tl_sys_quiet))
		return NULL;
	p = tl_syscall(SYS_mmap, 0, (long)size, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1,
		       0);
	if (p < 0 && p > -4096)
		return NULL;
	remember((uintptr_t)p, size);
	return (void *)p;
}

void *tl_sys_mmap(size_t size)
{
	return map_anonymous(size, MAP_PRIVATE);
}

void *tl_sys_mmap_whole(size_t size)
{
	void *p = tl_sys_mmap(size);

	if (p)
		tl_sys_populate(p, size);
	return p;
}

static uint32_t future_locked;

void tl_sys_future_locked(void)
{
	tl_store(&future_locked, 1);
}

/* Not counted against what the kernel would commit: it is touched in a few places only. Where it
 * came locked, and with that into memory as a whole, both are undone. */
void *tl_sys_mmap_sparse(size_t size)
{
	void *p = map_anonymous(size, MAP_PRIVATE | MAP_NORESERVE);

	if (!p)
		return NULL;
	tl_syscall(SYS_madvise, (long)p, (long)size, MADV_NOHUGEPAGE, 0, 0, 0);
	if (tl_unlikely(tl_load(&future_locked))) {
		tl_syscall(SYS_munlock, (long)p, (long)size, 0, 0, 0, 0);
		tl_syscall(SYS_madvise, (long)p, (long)size, MADV_DONTNEED, 0, 0, 0);
	}
	return p;
}

void *tl_sys_mmap_shared(size_t size)
{
	return map_anonymous(size, MAP_SHARED);
}

void tl_sys_munmap(void *p, size_t size)
{
	if (!p || tl_load(&tl_sys_quiet))
		return;
	forget((uintptr_t)p);
	tl_syscall(SYS_munmap, (long)p, (long)size, 0, 0, 0, 0);
}

static void populate(void *p, size_t size, int how)
{
	uintptr_t start = (uintptr_t)p & ~(uintptr_t)4095;

	if (!tl_load(&tl_sys_quiet))
		tl_syscall(SYS_madvise, (long)start, (long)((uintptr_t)p + size - start), how, 0, 0,
			   0);
}

void tl_sys_populate(void *p, size_t size)
{
	populate(p, size, MADV_POPULATE_WRITE);
}

void tl_sys_populate_read(void *p, size_t size)
{
	populate(p, size, MADV_POPULATE_READ);
}

void tl_sys_clear(void *p, size_t size)
{
	size_t pages = size & ~(size_t)4095;

	/* Of larger pages the kernel would clear what lies behind, too. */
	if (tl_load(&tl_sys_quiet) || (uintptr_t)p & 4095 || getauxval(AT_PAGESZ) != 4096 ||
	    tl_syscall(SYS_madvise, (long)p, (long)pages, MADV_DONTNEED, 0, 0, 0))
		pages = 0;
	__builtin_memset((char *)p + pages, 0, size - pages);
}

void tl_sys_empty(void *p, size_t size)
{
	tl_syscall(SYS_mmap, (long)p, (long)size, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
}

int tl_sys_getpid(void)
{
	return (int)tl_syscall(SYS_getpid, 0, 0, 0, 0, 0, 0);
}

int tl_sys_gettid(void)
{
	return (int)tl_syscall(SYS_gettid, 0, 0, 0, 0, 0, 0);
}

/* The vDSO is reached through libc, which keeps the pointer to it; only errno must be shielded. */
TL_HOT uint64_t tl_sys_now(int clock)
{
	struct timespec ts = {0, 0};
	int saved = errno;

	if (tl_unlikely(clock_gettime(clock, &ts) != 0)) {
		ts = (struct timespec){0, 0};
		errno = saved;
	}
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* The sequence by which Valgrind is spoken to, RUNNING_ON_VALGRIND of valgrind.h: without it
 * nothing is changed. */
bool tl_sys_in_valgrind(void)
{
	uint64_t request[6] = {0x1001}, answer = 0;

#if defined(__x86_64__)
	__asm__ volatile("rolq $3, %%rdi; rolq $13, %%rdi\n\t"
			 "rolq $61, %%rdi; rolq $51, %%rdi\n\t"
			 "xchgq %%rbx, %%rbx"
			 : "+d"(answer)
			 : "a"(request)
			 : "cc", "memory");
#elif defined(__aarch64__)
	register uint64_t x3 __asm__("x3") = 0;
	register uint64_t *x4 __asm__("x4") = request;

	__asm__ volatile("ror x12, x12, #3; ror x12, x12, #13\n\t"
			 "ror x12, x12, #51; ror x12, x12, #61\n\t"
			 "orr x10, x10, x10"
			 : "+r"(x3)
			 : "r"(x4)
			 : "cc", "memory");
	answer = x3;
#else
	(void)request;
#endif
	return answer != 0;
}

/* Valgrind would call the question below an error of the host's. */
static bool copied(uintptr_t address)
{
	uint64_t word;
	struct iovec to = {&word, sizeof(word)}, from = {(void *)address, sizeof(word)};

	return tl_syscall(SYS_process_vm_readv, tl_sys_getpid(), (long)&to, 1, (long)&from, 1, 0) ==
	       (long)sizeof(word);
}

/*
 * rt_sigprocmask copies the 8-byte mask in before it looks at `how`, so an impossible `how` tells
 * EFAULT from EINVAL and changes nothing. Words aligned to 8 lie within one page; 4096 is the
 * smallest page there is.
 */
static bool word_readable(uintptr_t address)
{
	if (address == 0)
		return false; /* the kernel takes NULL for "no new mask" */
	if (tl_sys_in_valgrind())
		return copied(address);
	return tl_syscall(SYS_rt_sigprocmask, -1, (long)address, 0, 8, 0, 0) == -EINVAL;
}

bool tl_sys_readable(const void *p, size_t size)
{
	const uintptr_t page = 4096;
	uintptr_t at = (uintptr_t)p, last;

	if (size == 0 || tl_load(&tl_sys_quiet))
		return true;
	if (__builtin_add_overflow(at, size - 1, &last))
		return false;
	for (;;) {
		uintptr_t next = (at | (page - 1)) + 1;

		if (!word_readable(at & ~(uintptr_t)7))
			return false;
		if (next == 0 || next > last)
			return true;
		at = next;
	}
}

/* Wakes none and moves none. FUTEX_WAIT would tell it, too, but sleeps for the timer slack, and may
 * take a wake-up of the host's. */
bool tl_sys_word_is(uintptr_t address, uint32_t value)
{
	return !tl_load(&tl_sys_quiet) &&
	       tl_syscall(SYS_futex, (long)address, FUTEX_CMP_REQUEUE_PRIVATE, 0, 0, (long)address,
			  (long)value) == 0;
}

void tl_sys_block_signals(uint64_t *old)
{
	const uint64_t all = ~(uint64_t)0;

	*old = 0;
	tl_syscall(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)old, 8, 0, 0);
}

void tl_sys_restore_signals(uint64_t old)
{
	tl_syscall(SYS_rt_sigprocmask, SIG_SETMASK, (long)&old, 0, 8, 0, 0);
}

uint64_t tl_sys_pending_signals(void)
{
	uint64_t pending = 0;

	tl_syscall(SYS_rt_sigpending, (long)&pending, sizeof(pending), 0, 0, 0, 0);
	return pending;
}
