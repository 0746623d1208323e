/* SPDX-License-Identifier: MIT */
#include "sink_file.h"
#include "options.h"
#include "sink_fill.h"
#include "sys.h"
#include "tl_format.h"
#include "under.h"
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
#define OLD_KERNEL_WINDOW (4u << 20) /* allocated up front where populating is unknown */
#define SMALLEST_TRACE	  (1u << 20)

static uint64_t limit_of(int resource)
{
	struct rlimit64 limit = {RLIM64_INFINITY, RLIM64_INFINITY};

	tl_syscall(SYS_prlimit64, 0, resource, 0, (long)&limit, 0, 0);
	return limit.rlim_cur == RLIM64_INFINITY ? UINT64_MAX : limit.rlim_cur;
}

/* RLIMIT_FSIZE: one byte beyond it is SIGXFSZ, which kills the host. RLIMIT_AS: the host's. */
static size_t allowed_size(size_t wanted)
{
	uint64_t file = limit_of(RLIMIT_FSIZE), space = limit_of(RLIMIT_AS) / 16;
	uint64_t least = file < space ? file : space;

	return least < wanted ? (size_t)least & ~(size_t)4095 : wanted;
}

/* What is there is read first, all at once: page by page that takes as long again. */
bool tl_sink_file_populate(const struct tl_sink_file *file, void *at, size_t size, uint64_t offset)
{
	if (!tl_sink_fill(file, offset, size))
		tl_syscall(SYS_madvise, (long)at, (long)size, MADV_WILLNEED, 0, 0, 0);
	return tl_syscall(SYS_madvise, (long)at, (long)size, MADV_POPULATE_WRITE, 0, 0, 0) == 0;
}

/* Ours alone: a directory that somebody else planted may be a trap (man 7 path_resolution). */
static bool own_directory(const char *path)
{
	struct stat st;
	int uid = (int)tl_syscall(SYS_geteuid, 0, 0, 0, 0, 0, 0);

	tl_syscall(SYS_mkdirat, AT_FDCWD, (long)path, 0700, 0, 0, 0);
	if (tl_syscall(SYS_newfstatat, AT_FDCWD, (long)path, (long)&st, AT_SYMLINK_NOFOLLOW, 0, 0))
		return false;
	return S_ISDIR(st.st_mode) && (int)st.st_uid == uid && !(st.st_mode & 077);
}

static bool try_directory(struct tl_sink_file *file, const char *parent)
{
	int uid = (int)tl_syscall(SYS_geteuid, 0, 0, 0, 0, 0, 0);

	if (parent[0] != '/')
		return false;
	if (tl_format(file->dir, sizeof(file->dir), "%s/timerleak-%d", parent, uid) <
		(int)sizeof(file->dir) &&
	    own_directory(file->dir))
		return true;
	file->dir[0] = '\0';
	return false;
}

/* As they were at the start. A trace may begin below the realloc by which setenv has just freed
 * what environ still points to. */
static char parents[2][sizeof(((struct tl_sink_file *)0)->dir)];

static void keep_parent(char *parent, const char *value)
{
	if (value && tl_strcopy(parent, sizeof(parents[0]), value) >= sizeof(parents[0]))
		parent[0] = '\0'; /* no directory would fit below it */
}

void tl_sink_file_init(void)
{
	keep_parent(parents[0], tl_getenv("XDG_RUNTIME_DIR"));
	keep_parent(parents[1], tl_getenv("TMPDIR"));
}

static bool find_directory(struct tl_sink_file *file)
{
	return try_directory(file, parents[0]) || try_directory(file, parents[1]) ||
	       try_directory(file, "/tmp");
}

static int create(const char *path)
{
	return tl_sys_open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
}

static void make_absolute(char *path, size_t size, const char *name)
{
	size_t at = 0;

	if (name[0] != '/') {
		long got = tl_syscall(SYS_getcwd, (long)path, (long)size, 0, 0, 0, 0);

		if (got > 1 && (size_t)got < size) {
			at = (size_t)got - 1;
			path[at++] = '/';
		}
	}
	tl_strcopy(path + at, size - at, name);
}

/* The pid that a trace at this path belongs to, 0 if it is none of ours to replace. */
static uint32_t owner_of(const char *path)
{
	char head[offsetof(struct tl_header, ppid)]; /* the stack may be a small one */
	int fd = tl_sys_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	ssize_t got = fd < 0 ? -1 : tl_sys_read(fd, head, sizeof(head));
	uint32_t pid;

	if (fd >= 0)
		tl_sys_close(fd);
	if (got < (ssize_t)sizeof(head) || memcmp(head, TL_MAGIC, sizeof(TL_MAGIC)) != 0)
		return 0;
	memcpy(&pid, head + offsetof(struct tl_header, pid), sizeof(pid));
	return pid;
}

static int create_beside(struct tl_sink_file *file, uint64_t start)
{
	size_t length = tl_strlen(file->path);

	tl_format(file->path + length, sizeof(file->path) - length, ".%d.%llu", tl_sys_getpid(),
		  (unsigned long long)start);
	return create(file->path);
}

/* trace=FILE is the main image's; a run before this one left a trace there: it is replaced. */
static int create_named(struct tl_sink_file *file, uint64_t start, bool forked)
{
	int fd;
	uint32_t owner;

	file->keep = true;
	make_absolute(file->path, sizeof(file->path), tl_options.trace);
	if (forked || tl_under_parent())
		return create_beside(file, start);
	fd = create(file->path);
	if (fd != -EEXIST)
		return fd;
	owner = owner_of(file->path);
	if (!owner)
		return -EEXIST;
	if (owner == (uint32_t)tl_sys_getpid())
		return create_beside(file, start);
	tl_syscall(SYS_unlinkat, AT_FDCWD, (long)file->path, 0, 0, 0, 0);
	return create(file->path);
}

static int create_for_launcher(struct tl_sink_file *file, uint64_t start)
{
	file->keep = true;
	if (!tl_options.trace_main[0]) {
		tl_strcopy(file->dir, sizeof(file->dir), tl_options.run_dir);
		tl_format(file->path, sizeof(file->path), "%s/%d.%llu.tlk", file->dir,
			  tl_sys_getpid(), (unsigned long long)start);
		return create(file->path);
	}
	tl_strcopy(file->path, sizeof(file->path), tl_options.trace_main);
	if (tl_options.trace_main_pid == tl_sys_getpid()) {
		int fd = create(file->path);

		if (fd != -EEXIST)
			return fd;
	}
	return create_beside(file, start);
}

static int create_default(struct tl_sink_file *file, uint64_t start)
{
	if (!find_directory(file))
		return -ENOTDIR;
	tl_format(file->path, sizeof(file->path), "%s/%d.%llu.tlk", file->dir, tl_sys_getpid(),
		  (unsigned long long)start);
	return create(file->path);
}

static int create_any(struct tl_sink_file *file, uint64_t start, bool forked)
{
	if (tl_options.under_run)
		return create_for_launcher(file, start);
	if (tl_options.trace && tl_options.trace[0]) {
		find_directory(file);
		return create_named(file, start, forked);
	}
	return create_default(file, start);
}

/* Else the kernel reads ahead at the first fault, which may be megabytes of nothing. */
static void *map(int fd, size_t size)
{
	long at = tl_syscall(SYS_mmap, 0, (long)size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (at < 0 && at > -4096)
		return NULL;
	tl_syscall(SYS_madvise, at, (long)size, MADV_RANDOM, 0, 0, 0);
	return (void *)at;
}

/* A header page that can be written, or a window for kernels that cannot populate. */
static bool make_writable(int fd, void *base, size_t *size, size_t *populated)
{
	size_t window = *size < OLD_KERNEL_WINDOW ? *size : OLD_KERNEL_WINDOW;
	long status =
	    tl_syscall(SYS_madvise, (long)base, TL_HEADER_SIZE, MADV_POPULATE_WRITE, 0, 0, 0);

	*populated = TL_HEADER_SIZE;
	if (!status)
		return true;
	if (status != -EINVAL || tl_syscall(SYS_fallocate, fd, 0, 0, (long)window, 0, 0))
		return false;
	*populated = *size = window;
	return true;
}

static void remember(struct tl_sink_file *file, int fd)
{
	struct stat st;

	if (tl_syscall(SYS_fstat, fd, (long)&st, 0, 0, 0, 0))
		return;
	file->device = st.st_dev;
	file->inode = st.st_ino;
}

static void *map_file(struct tl_sink_file *file, int fd, size_t *size, size_t *populated)
{
	void *base;

	file->why = "the disk gives no space";
	if (tl_syscall(SYS_ftruncate, fd, (long)*size, 0, 0, 0, 0))
		return NULL;
	base = map(fd, *size);
	if (!base) {
		file->why = "it could not be mapped";
		return NULL;
	}
	if (make_writable(fd, base, size, populated)) {
		file->why = NULL;
		return base;
	}
	tl_sys_munmap(base, *size);
	return NULL;
}

void *tl_sink_file_map(struct tl_sink_file *file, size_t *size, size_t *populated, uint64_t start,
		       bool forked)
{
	void *base;
	int fd;

	*size = allowed_size(*size);
	file->why = "a limit on file size or address space leaves no room";
	if (*size < SMALLEST_TRACE)
		return NULL;
	fd = create_any(file, start, forked);
	file->why = "no directory could be written to";
	if (fd < 0) {
		file->path[0] = '\0';
		return NULL;
	}
	base = map_file(file, fd, size, populated);
	if (base)
		remember(file, fd);
	tl_sys_close(fd);
	if (!base) {
		tl_syscall(SYS_unlinkat, AT_FDCWD, (long)file->path, 0, 0, 0, 0);
		file->path[0] = '\0';
	}
	return base;
}
