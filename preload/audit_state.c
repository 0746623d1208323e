/* SPDX-License-Identifier: MIT */
#include "audit_state.h"
#include "fdmap.h"
#include "registry.h"
#include "sink.h"
#include <fcntl.h>
#include <sys/syscall.h>

/* ---- lists ---------------------------------------------------------------------------------- */

static bool grow(struct tl_audit_list *list)
{
	size_t capacity = list->capacity ? list->capacity * 2 : 64;
	void *items = tl_sys_mmap(capacity * list->item_size);

	if (!items)
		return false;
	if (list->items) {
		__builtin_memcpy(items, list->items, list->used * list->item_size);
		tl_sys_munmap(list->items, list->capacity * list->item_size);
	}
	list->items = items;
	list->capacity = capacity;
	return true;
}

void *tl_audit_push(struct tl_audit_list *list, size_t item_size)
{
	list->item_size = item_size;
	if (list->used == list->capacity && !grow(list))
		return NULL;
	return (char *)list->items + list->used++ * item_size;
}

void tl_audit_list_free(struct tl_audit_list *list)
{
	if (list->items)
		tl_sys_munmap(list->items, list->capacity * list->item_size);
	list->items = NULL;
	list->used = list->capacity = 0;
}

/* ---- slots ---------------------------------------------------------------------------------- */

struct tl_timer *tl_audit_slot(struct tl_audit *a, uint32_t index, enum tl_timer_kind kind,
			       struct tl_audit_mark **mark)
{
	struct tl_timer *t;

	if (index >= a->count || a->marks[index].state == TL_SLOT_EMPTY)
		return NULL;
	*mark = &a->marks[index];
	t = tl_sink_timer(index);
	if (!t || t->kind != kind || tl_load_acquire(&t->state) != (*mark)->state ||
	    tl_load(&t->generation) != (*mark)->generation)
		return NULL;
	return t;
}

struct tl_audit_mark *tl_audit_fd_mark(struct tl_audit *a, int fd)
{
	struct tl_audit_mark *mark;

	return tl_audit_slot(a, tl_fdmap_slot(fd), TL_TIMERFD, &mark) ? mark : NULL;
}

/* ---- time ----------------------------------------------------------------------------------- */

/* Two seconds at most; a tenth of one is far more than ten thousand timers need (measured). */
#define BUDGET_PER_TIMER 40000ull
#define BUDGET_MAX	 2000000000ull

void tl_audit_allow(struct tl_audit *a, uint64_t timers)
{
	a->deadline += timers * BUDGET_PER_TIMER;
	if (a->deadline > a->now + BUDGET_MAX)
		a->deadline = a->now + BUDGET_MAX;
}

bool tl_audit_late(const struct tl_audit *a)
{
	return tl_sys_now(CLOCK_MONOTONIC) > a->deadline;
}

void tl_audit_settle(void)
{
	const struct timespec pause = {0, 100000};

	for (int i = 0; i < 50 && tl_registry_inflight() > 0; i++)
		tl_syscall(SYS_nanosleep, (long)&pause, 0, 0, 0, 0, 0);
}

/* ---- memory --------------------------------------------------------------------------------- */

/*
 * Another thread may unmap what was found readable a moment ago. Reading through the mem file of
 * /proc gives an error where a load would be SIGSEGV in the host. It can be refused to a process
 * that is not dumpable; what is left then is to look first.
 */
bool tl_audit_peek(struct tl_audit *a, uintptr_t address, void *to, size_t size)
{
	if (a->mem >= 0)
		return tl_sys_pread(a->mem, to, size, address) == (ssize_t)size;
	if (!tl_sys_readable((const void *)address, size))
		return false;
	__builtin_memcpy(to, (const void *)address, size);
	return true;
}

/* ---- files of /proc ------------------------------------------------------------------------- */

int tl_audit_open(struct tl_audit *a, const char *name, int flags)
{
	int fd;

	tl_format(a->path, sizeof(a->path), "/proc/thread-self/%s", name);
	fd = tl_sys_open(a->path, flags, 0);
	if (fd != -ENOENT)
		return fd;
	tl_format(a->path, sizeof(a->path), "/proc/self/%s", name);
	return tl_sys_open(a->path, flags, 0);
}

bool tl_audit_open_lines(struct tl_audit *a, const char *name)
{
	a->lines.at = a->lines.have = 0;
	a->lines.cut = false;
	a->lines.fd = tl_audit_open(a, name, O_RDONLY);
	return a->lines.fd >= 0;
}

bool tl_audit_open_dir(struct tl_audit *a, const char *name)
{
	a->dir.at = a->dir.have = 0;
	a->dir.fd = tl_audit_open(a, name, O_RDONLY | O_DIRECTORY);
	return a->dir.fd >= 0;
}

static const char *skip_blanks(const char *s)
{
	while (*s == ' ' || *s == '\t')
		s++;
	return s;
}

const char *tl_audit_field(struct tl_audit *a, const char *path, const char *key)
{
	const char *found = NULL;
	char *line;

	if (!tl_lines_open(&a->lines, path))
		return NULL;
	while (!found && (line = tl_lines_next(&a->lines)) != NULL)
		if (tl_starts(line, key))
			found = skip_blanks(line + tl_strlen(key));
	tl_lines_close(&a->lines);
	return found;
}

/* Number behind key, somewhere in text. */
static uint64_t number_after(const char *text, const char *key, int base)
{
	const char *s = tl_strstr(text, key);
	uint64_t value = 0;

	if (!s)
		return 0;
	s = skip_blanks(s + tl_strlen(key));
	tl_parse_u64(&s, base, &value);
	return value;
}

/* "it_value: (3, 250)": seconds, nanoseconds. */
static uint64_t span_after(const char *text, const char *key)
{
	const char *s = tl_strstr(text, key);
	uint64_t sec = 0, ns = 0;

	if (!s)
		return 0;
	s += tl_strlen(key);
	if (!tl_parse_u64(&s, 10, &sec) || !tl_starts(s, ", "))
		return 0;
	s += 2;
	tl_parse_u64(&s, 10, &ns);
	return sec * 1000000000u + ns;
}

bool tl_audit_timerfd_info(struct tl_audit *a, int dir, int fd, struct tl_audit_timerfd *info)
{
	char name[16];
	ssize_t n;
	int file;

	tl_format(name, sizeof(name), "%d", fd);
	file = tl_sys_openat(dir, name, O_RDONLY, 0);
	if (file < 0)
		return false;
	n = tl_sys_read(file, a->text, sizeof(a->text) - 1);
	tl_sys_close(file);
	if (n <= 0)
		return false;
	a->text[n] = '\0';
	if (!tl_strstr(a->text, "clockid:"))
		return false;
	info->clock = (int)number_after(a->text, "clockid:", 10);
	info->ticks = number_after(a->text, "ticks:", 10);
	info->settime_flags = number_after(a->text, "settime flags:", 8);
	info->value = span_after(a->text, "it_value: (");
	info->interval = span_after(a->text, "it_interval: (");
	return true;
}

bool tl_audit_is_timerfd(int dir, const char *name)
{
	char target[32];

	return tl_sys_readlinkat(dir, name, target, sizeof(target)) > 0 &&
	       tl_streq(target, "anon_inode:[timerfd]");
}
