/* SPDX-License-Identifier: MIT */
#include "trace_sweep.h"
#include "preload/tl_format.h"
#include "trace_find.h"
#include "util.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MOST_DIRS  64
#define RUN_PREFIX "timerleak-run."
#define SHIM_LINK  "libtimerleak.so" /* a launcher puts it there if its own path has blanks */
#define FRESH	   60		     /* seconds: its launcher may not have locked it yet */

struct dead {
	size_t dir;
	char *name;
	uint64_t last; /* realtime, s: the latest that is known of it */
	uint64_t bytes;
};

struct place {
	DIR *dir;
	int parent; /* of a launcher's directory, to remove it; else -1 */
	char name[64];
	size_t left; /* traces that stay */
};

struct sweep {
	struct place places[MOST_DIRS];
	size_t place_count;
	struct dead *dead;
	size_t dead_count, dead_capacity;
	uint64_t now; /* realtime, s */
};

/* ---- directories -------------------------------------------------------------------------- */

static bool is_ours(int fd, struct stat *st)
{
	return fstat(fd, st) == 0 && st->st_uid == geteuid() && !(st->st_mode & 077);
}

/* A launcher holds a lock on its directory as long as it lives. */
static bool is_abandoned(const struct sweep *sweep, int fd, const struct stat *st)
{
	return (uint64_t)st->st_mtime + FRESH < sweep->now && flock(fd, LOCK_EX | LOCK_NB) == 0;
}

static void add_place(struct sweep *sweep, int parent, const char *name, bool is_run)
{
	struct place *place = &sweep->places[sweep->place_count];
	struct stat st;
	int fd;

	if (sweep->place_count == MOST_DIRS || strlen(name) >= sizeof(place->name))
		return;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	*place = (struct place){.parent = -1};
	if (!is_ours(fd, &st) || (is_run && !is_abandoned(sweep, fd, &st)) ||
	    !(place->dir = fdopendir(fd))) {
		close(fd);
		return;
	}
	snprintf(place->name, sizeof(place->name), "%s", name);
	if (is_run)
		place->parent = fcntl(parent, F_DUPFD_CLOEXEC, 3);
	sweep->place_count++;
}

static void add_base(struct sweep *sweep, const char *base)
{
	DIR *dir = base && base[0] == '/' ? opendir(base) : NULL;
	const struct dirent *item;
	char name[64];

	if (!dir)
		return;
	snprintf(name, sizeof(name), "timerleak-%u", (unsigned)geteuid());
	add_place(sweep, dirfd(dir), name, false);
	while ((item = readdir(dir)))
		if (strncmp(item->d_name, RUN_PREFIX, strlen(RUN_PREFIX)) == 0)
			add_place(sweep, dirfd(dir), item->d_name, true);
	closedir(dir);
}

/* ---- files -------------------------------------------------------------------------------- */

/* Also if the number is another process's by now: then it waits for that one's end. */
static bool may_live(uint32_t pid)
{
	char name[32];

	snprintf(name, sizeof(name), "/proc/%u", pid);
	return access(name, F_OK) == 0;
}

/* A mapping leaves the file's own time as it was where the trace began (tmpfs). */
static uint64_t last_sign(int fd, const struct stat *st)
{
	struct tl_header header;
	uint64_t last, begun;

	if (pread(fd, &header, sizeof(header), 0) != (ssize_t)sizeof(header) ||
	    memcmp(header.magic, TL_MAGIC, sizeof(header.magic)) != 0)
		return (uint64_t)st->st_mtime;
	last = header.end > header.last_op ? header.end : header.last_op;
	begun = header.start_realtime / NSEC_PER_SEC;
	if (last > header.start)
		begun += (last - header.start) / NSEC_PER_SEC;
	return begun > (uint64_t)st->st_mtime ? begun : (uint64_t)st->st_mtime;
}

static bool look_at(struct sweep *sweep, size_t dir, const char *name)
{
	int at = dirfd(sweep->places[dir].dir), fd;
	struct dead dead = {.dir = dir};
	struct stat st;
	bool is_dead;

	fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return false;
	is_dead = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid();
	if (is_dead) {
		dead.last = last_sign(fd, &st);
		dead.bytes = (uint64_t)st.st_blocks * 512;
	}
	close(fd);
	if (!is_dead || !array_grow(&sweep->dead, sweep->dead_count, &sweep->dead_capacity,
				    sizeof(*sweep->dead)))
		return false;
	dead.name = strdup(name);
	if (!dead.name)
		return false;
	sweep->dead[sweep->dead_count++] = dead;
	return true;
}

static void find_dead(struct sweep *sweep)
{
	const struct dirent *item;
	uint64_t start;
	uint32_t pid;
	size_t i;

	for (i = 0; i < sweep->place_count; i++) {
		struct place *place = &sweep->places[i];

		while ((item = readdir(place->dir)))
			if (trace_parse_name(item->d_name, &pid, &start))
				place->left += may_live(pid) || !look_at(sweep, i, item->d_name);
	}
}

static int newest_first(const void *a, const void *b)
{
	const struct dead *x = a, *y = b;

	if (x->last != y->last)
		return x->last > y->last ? -1 : 1;
	return strcmp(y->name, x->name);
}

/* The newest stays however large it is: somebody is about to ask for it. */
static bool may_stay(const struct sweep *sweep, size_t i, uint64_t bytes)
{
	const struct dead *dead = &sweep->dead[i];

	return i < TRACE_SWEEP_FILES && dead->last + TRACE_SWEEP_AGE >= sweep->now &&
	       (i == 0 || bytes + dead->bytes <= TRACE_SWEEP_BYTES);
}

static void remove_old(struct sweep *sweep)
{
	uint64_t bytes = 0;
	size_t i;

	if (sweep->dead_count)
		qsort(sweep->dead, sweep->dead_count, sizeof(*sweep->dead), newest_first);
	for (i = 0; i < sweep->dead_count; i++) {
		const struct dead *dead = &sweep->dead[i];
		struct place *place = &sweep->places[dead->dir];

		if (may_stay(sweep, i, bytes)) {
			bytes += dead->bytes;
			place->left++;
		} else if (unlinkat(dirfd(place->dir), dead->name, 0) != 0) {
			place->left++;
		}
	}
}

/* Of a launcher's directory nothing shall be left if no trace is; rmdir fails if there is more. */
static void close_place(struct place *place)
{
	if (place->parent >= 0 && !place->left) {
		unlinkat(dirfd(place->dir), SHIM_LINK, 0);
		unlinkat(place->parent, place->name, AT_REMOVEDIR);
	}
	if (place->parent >= 0)
		close(place->parent);
	closedir(place->dir);
}

static void sweep_base(const char *base)
{
	struct sweep sweep = {.now = (uint64_t)time(NULL)};
	size_t i;

	add_base(&sweep, base);
	find_dead(&sweep);
	remove_old(&sweep);
	for (i = 0; i < sweep.place_count; i++)
		close_place(&sweep.places[i]);
	for (i = 0; i < sweep.dead_count; i++)
		free(sweep.dead[i].name);
	free(sweep.dead);
}

void trace_sweep(void)
{
	const char *const bases[] = {getenv("XDG_RUNTIME_DIR"), getenv("TMPDIR"), "/tmp"};
	size_t i, k;

	/* Without /proc everybody would seem dead. */
	if (access("/proc/self", F_OK) != 0)
		return;
	for (i = 0; i < ARRAY_LEN(bases); i++) {
		for (k = 0; bases[i] && k < i; k++)
			if (bases[k] && strcmp(bases[k], bases[i]) == 0)
				break;
		if (bases[i] && k == i)
			sweep_base(bases[i]);
	}
}
