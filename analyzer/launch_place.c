/* SPDX-License-Identifier: MIT */
#include "launch_place.h"
#include "preload/tl_format.h"
#include "util.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* ---- the private directory ---------------------------------------------------------------- */

/*
 * A later sweep takes the lock to know that this launcher has been killed. Held until we end, by a
 * descriptor that nobody closes before.
 */
static void lock_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0)
		(void)flock(fd, LOCK_EX | LOCK_NB);
}

/* A name that the loader can take: a link to the shim may have to lie there. */
static int try_base(struct launch_place *place, const char *base)
{
	if (!base || base[0] != '/' || base[strcspn(base, " :\t\n")])
		return -1;
	if (snprintf(place->dir, sizeof(place->dir), "%s/timerleak-run.XXXXXX", base) >=
	    (int)sizeof(place->dir))
		return -1;
	if (!mkdtemp(place->dir))
		return -1;
	lock_dir(place->dir);
	return 0;
}

static int make_dir(struct launch_place *place)
{
	if (try_base(place, getenv("XDG_RUNTIME_DIR")) == 0 ||
	    try_base(place, getenv("TMPDIR")) == 0 || try_base(place, "/tmp") == 0)
		return 0;
	place->dir[0] = '\0';
	return -1;
}

void launch_place_remove(struct launch_place *place)
{
	DIR *dir = place->dir[0] ? opendir(place->dir) : NULL;
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
	if (place->dir[0])
		rmdir(place->dir);
	place->dir[0] = '\0';
}

/* ---- the file of --trace ------------------------------------------------------------------ */

/* An earlier trace, or an empty file as mktemp(1) makes. */
static int may_replace(const char *path)
{
	char magic[8];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	int yes = 0;

	if (fd < 0)
		return 0;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		yes = st.st_size == 0 || (read(fd, magic, sizeof(magic)) == sizeof(magic) &&
					  !memcmp(magic, TL_MAGIC, sizeof(magic)));
	close(fd);
	return yes;
}

static int can_create_beside(const char *path)
{
	char dir[PATH_MAX];
	char *slash;

	snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	slash[slash == dir] = '\0';
	return access(dir, W_OK | X_OK);
}

static int take_trace(struct launch_place *place, const char *trace, char *error, unsigned size)
{
	char cwd[PATH_MAX] = "";
	struct stat st;

	if (trace[0] != '/' && !getcwd(cwd, sizeof(cwd)))
		goto failed;
	errno = ENAMETOOLONG;
	if (snprintf(place->trace, sizeof(place->trace), "%s%s%s", cwd, *cwd ? "/" : "", trace) >=
	    (int)sizeof(place->trace))
		goto failed;
	if (can_create_beside(place->trace) != 0)
		goto failed;
	if (lstat(place->trace, &st) != 0)
		return 0;
	errno = EEXIST;
	if (may_replace(place->trace) && unlink(place->trace) == 0)
		return 0;
failed:
	snprintf(error, size, "--trace=%s: %s", trace,
		 errno == EEXIST ? "it exists and is not a trace" : strerror(errno));
	return -1;
}

static uint64_t now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

int launch_place_make(struct launch_place *place, const char *trace, char *error, unsigned size)
{
	*place = (struct launch_place){.dir = ""};
	if (trace && take_trace(place, trace, error, size) != 0)
		return -1;
	place->start_realtime = now(CLOCK_REALTIME);
	place->start = now(CLOCK_MONOTONIC);
	if (make_dir(place) == 0)
		return 0;
	snprintf(error, size, "no directory for traces: %s (XDG_RUNTIME_DIR, TMPDIR, /tmp)",
		 strerror(errno));
	return -1;
}

/* ---- interrupted -------------------------------------------------------------------------- */

/* readdir(3) may allocate; the system call under it is fine in a handler. */
struct raw_entry {
	uint64_t ino;
	int64_t off;
	unsigned short len;
	unsigned char type;
	char name[];
};

static char guarded[PATH_MAX / 2];

static void remove_guarded(void)
{
	_Alignas(struct raw_entry) char entries[4096];
	int fd = open(guarded, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	long got, at;

	while (fd >= 0 && (got = syscall(SYS_getdents64, fd, entries, sizeof(entries))) > 0) {
		for (at = 0; at < got;) {
			const struct raw_entry *entry = (const void *)(entries + at);

			unlinkat(fd, entry->name, 0);
			at += entry->len;
		}
	}
	rmdir(guarded);
}

/* SA_RESETHAND: the second time it ends the process, as it would have without us. */
static void on_signal(int signal)
{
	remove_guarded();
	raise(signal);
}

void launch_place_guard(const struct launch_place *place)
{
	static const int ending[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND}, old;
	size_t i;

	strcpy(guarded, place->dir);
	sigemptyset(&action.sa_mask);
	/* A reader that has gone, a limit on file size: an error in writing, not our end. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	for (i = 0; i < ARRAY_LEN(ending); i++)
		if (sigaction(ending[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
			sigaction(ending[i], &action, NULL);
}
