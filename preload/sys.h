/* SPDX-License-Identifier: MIT */
/*
 * sys.h - the kernel without libc: raw system calls, a bounded formatter, number parsing.
 *
 * Why not libc: its wrappers are what we interpose, stdio and strtol may allocate or take locks,
 * and pthread_sigmask strips signals 32 and 33 from every mask (see traps: that kills hosts with
 * SIGEV_THREAD timers). Nothing here touches errno: failures come back as -errno. Everything is
 * async-signal-safe and works before any constructor has run.
 */
#ifndef TL_SYS_H
#define TL_SYS_H

#include "base.h"
#include <stdarg.h>
#include <sys/types.h>
#include <time.h>

/* Set while the host is in a seccomp sandbox that may kill for any call but its own: then nothing
 * of the shim that can be left out makes a system call. The clock is read by the vDSO. */
TL_EXTERN uint32_t tl_sys_quiet;

/* ---- raw system calls: result, or -errno ---------------------------------------------------- */

long tl_syscall(long nr, long a, long b, long c, long d, long e, long f);

int tl_sys_open(const char *path, int flags, int mode); /* O_CLOEXEC is always added */
int tl_sys_openat(int dir, const char *path, int flags, int mode);
int tl_sys_close(int fd);
ssize_t tl_sys_read(int fd, void *buf, size_t size);		   /* restarts on EINTR */
ssize_t tl_sys_write(int fd, const void *buf, size_t size);	   /* one call; restarts on EINTR */
ssize_t tl_sys_readlink(const char *path, char *buf, size_t size); /* adds a NUL, may cut */
ssize_t tl_sys_readlinkat(int dir, const char *path, char *buf, size_t size);
ssize_t tl_sys_pread(int fd, void *buf, size_t size, uint64_t offset);
/* Anonymous, private, read-write; NULL on failure. Quiet: neither gives nor takes. */
void *tl_sys_mmap(size_t size);
void *tl_sys_mmap_whole(size_t size);  /* all of it will be written to */
void *tl_sys_mmap_sparse(size_t size); /* large, touched here and there; no huge pages */
void tl_sys_future_locked(void);       /* mlockall(MCL_FUTURE): sparse ones are not to be */
void *tl_sys_mmap_shared(size_t size); /* with a child */
void tl_sys_munmap(void *p, size_t size);
/* What is sure to be written to, or read, in place of a fault for each page: that takes 20 times as
 * long. A hint: nothing happens where the kernel cannot (before 5.14) or will not. */
void tl_sys_populate(void *p, size_t size);
void tl_sys_populate_read(void *p, size_t size);
/* A TL_BIG_TABLE to zeroes: what was never written to need not be now, nor copied in the child of a
 * fork. */
void tl_sys_clear(void *p, size_t size);
/* In place of a mapping of a file: private memory, zeroed, for good. */
void tl_sys_empty(void *p, size_t size);

/* What these have mapped and not unmapped; start 0: no entry. Not complete: there were too many. */
struct tl_sys_range {
	uintptr_t start, end;
};
#define TL_SYS_OWN_MAX 1024
struct tl_sys_range tl_sys_own(unsigned i);
bool tl_sys_own_complete(void);

/* S_IFMT of a descriptor of the host's; false: it is not known. Never waits. */
bool tl_sys_fd_type(int fd, uint32_t *type);
/* false: this descriptor is a directory, device, pipe, socket or a file on a disk, and so no
 * timerfd. The kernel makes an inode for each link of /proc/self/fd that is read. */
bool tl_sys_may_be_timerfd(int fd);

int tl_sys_getpid(void);
int tl_sys_gettid(void);
bool tl_sys_in_valgrind(void);
uint64_t tl_sys_now(int clock);			  /* ns; by the vDSO where there is one */
bool tl_sys_readable(const void *p, size_t size); /* every byte mapped and readable? no fault */
/* Does that word have this value now? No fault: also if another thread unmaps it at this moment.
 * False in a sandbox, and where it is not aligned to 4. See man 2 futex, FUTEX_CMP_REQUEUE. */
bool tl_sys_word_is(uintptr_t address, uint32_t value);

/* Kernel's 8-byte mask. BLOCK everything / put back. See man 2 rt_sigprocmask. */
void tl_sys_block_signals(uint64_t *old);
void tl_sys_restore_signals(uint64_t old);
uint64_t tl_sys_pending_signals(void); /* of this thread and of the process; bits as in a mask */

/* ---- directories: getdents64 without malloc -------------------------------------------------- */

struct tl_dir {
	int fd;
	int at, have;
	char buf[2048];
};

bool tl_dir_open(struct tl_dir *dir, const char *path);
const char *tl_dir_next(struct tl_dir *dir); /* NULL at the end; "." and ".." are left out */
void tl_dir_close(struct tl_dir *dir);

/* ---- descriptors of this process ----------------------------------------------------------- */

struct tl_fds {
	struct tl_dir dir;
	int next, end; /* end >= 0: there are those below it, and no others */
};

/* Of /proc/self/fd, or another such directory, which must be of whoever calls. To list it makes an
 * inode for each descriptor; the kernel is asked how many there are first (6.2): where that is as
 * many as are below the one that it was opened with, they are known. */
bool tl_fds_open(struct tl_fds *fds, const char *path);
int tl_fds_next(struct tl_fds *fds); /* -1 at the end; its own may be among them */
void tl_fds_close(struct tl_fds *fds);

/* ---- files read a line at a time ---------------------------------------------------------------
 */

struct tl_lines {
	int fd;
	int at, have;
	bool cut; /* the last line was longer than the buffer: its rest was skipped */
	char buf[1024];
};

bool tl_lines_open(struct tl_lines *lines, const char *path);
char *tl_lines_next(struct tl_lines *lines); /* without newline; NULL at the end */
void tl_lines_close(struct tl_lines *lines);

/* ---- text
 * ---------------------------------------------------------------------------------------- */

/*
 * %s %d %u %ld %lu %lld %llu %zu %x %lx %llx %c %% with width and 0-padding; anything else is
 * copied as it stands. Always terminates; returns the length it wanted, as snprintf does.
 */
int tl_format(char *buf, size_t size, const char *format, ...) TL_PRINTF(3, 4);
int tl_vformat(char *buf, size_t size, const char *format, va_list args);

/* Parse at *s, advance it; false if no digit stands there or the number does not fit. */
bool tl_parse_u64(const char **s, int base, uint64_t *value);
bool tl_parse_i64(const char **s, uint64_t *magnitude, bool *negative);

/* From environ, without getenv's locks. NULL if absent. */
const char *tl_getenv(const char *name);

size_t tl_strlen(const char *s);
bool tl_streq(const char *a, const char *b);
bool tl_starts(const char *s, const char *prefix); /* s begins with prefix */
const char *tl_strstr(const char *s, const char *needle);
size_t tl_strcopy(char *to, size_t size, const char *from); /* as strlcpy */

#endif
