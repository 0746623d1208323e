/* SPDX-License-Identifier: MIT */
#include "audit_fake.h"
#include "reach.h"
#include "ties_marks.h"
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

struct tl_header fake_header;
/* As in a chunk. */
#define PAIR	((size_t)2 * TL_TIMER_PAGE)
#define IN_PAGE (TL_TIMER_PAGE / sizeof(struct tl_timer))
static uint8_t slots[(FAKE_SLOTS / IN_PAGE + 1) * PAIR] __attribute__((aligned(TL_TIMER_PAGE)));
uint32_t fake_count;
struct tl_site fake_site;
uint32_t fake_notes;
void (*fake_settle)(void);
bool fake_thread_ids_differ, fake_ids_differ;

static uint32_t slot_of_fd[TL_FD_BITS];
static uint32_t slot_of_id[TL_FD_BITS]; /* kernel ids, slot + 1 */

size_t tl_modules_tls;

static int add_tls(struct dl_phdr_info *info, size_t size, void *sum)
{
	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_TLS)
			*(size_t *)sum += info->dlpi_phdr[i].p_memsz + info->dlpi_phdr[i].p_align;
	return 0;
}

struct tl_timer *fake_timer(uint32_t index)
{
	return (struct tl_timer *)(void *)(slots + tl_timer_offset(index, sizeof(struct tl_timer)));
}

static uint32_t index_of(const struct tl_timer *t)
{
	size_t offset = (size_t)((const uint8_t *)t - slots);

	return (uint32_t)(offset / PAIR * IN_PAGE + offset % PAIR / sizeof(*t) - 1);
}

int fake_reset(void **state)
{
	(void)state;
	fake_end();
	memset(&fake_header, 0, sizeof(fake_header));
	memset(slots, 0, (fake_count / IN_PAGE + 1) * PAIR);
	memset(&fake_site, 0, sizeof(fake_site));
	memset(slot_of_fd, 0xff, sizeof(slot_of_fd));
	memset(slot_of_id, 0, sizeof(slot_of_id));
	fake_count = 0;
	fake_notes = 0;
	fake_settle = NULL;
	fake_thread_ids_differ = fake_ids_differ = false;
	tl_modules_tls = 0;
	dl_iterate_phdr(add_tls, &tl_modules_tls);
	return 0;
}

/* ---- what the audit calls ---------------------------------------------------------------------
 */

struct tl_header *tl_sink_top = &fake_header;

uint32_t tl_sink_timer_count(void)
{
	return tl_load(&fake_count);
}

struct tl_timer *tl_sink_timer(uint32_t index)
{
	return index < tl_load(&fake_count) ? fake_timer(index) : NULL;
}

struct tl_site *tl_sink_site(uint32_t index)
{
	return index == 0 ? &fake_site : NULL;
}

void tl_sink_note(enum tl_note_code code, const char *text)
{
	fake_notes++;
	print_message("note %d: %s\n", code, text);
}

uint32_t tl_fdmap_slot(int fd)
{
	return fd >= 0 && fd < TL_FD_BITS ? slot_of_fd[fd] : TL_NONE;
}

int tl_fdmap_next(int fd)
{
	for (; fd < TL_FD_BITS; fd++)
		if (slot_of_fd[fd] != TL_NONE)
			return fd;
	return -1;
}

uint32_t tl_registry_find_posix(uint64_t id)
{
	if (id < TL_FD_BITS)
		return fake_ids_differ ? TL_NONE : slot_of_id[id] - 1;
	for (uint32_t i = 0; i < fake_count; i++) {
		const struct tl_timer *t = fake_timer(i);

		if (t->state == TL_SLOT_LIVE && t->kind == TL_POSIX && t->id == id)
			return i;
	}
	return TL_NONE;
}

uint32_t tl_registry_inflight(void)
{
	if (fake_settle)
		fake_settle();
	return 0;
}

extern char __data_start[], _end[];

bool tl_modules_static(uintptr_t address, uint32_t *module, uint64_t *offset)
{
	if (address < (uintptr_t)__data_start || address >= (uintptr_t)_end)
		return false;
	*module = 7;
	*offset = address - (uintptr_t)__data_start;
	return true;
}

void tl_reach_run(struct tl_audit *a)
{
	(void)a;
}

bool tl_ties_armed(const struct tl_timer *timer)
{
	(void)timer;
	return false;
}

void tl_ties_payload_hazard(struct tl_site *site, struct tl_timer *timer)
{
	(void)site;
	(void)timer;
}

/* ---- what the tests call ----------------------------------------------------------------------
 */

static struct tl_timer *new_slot(int kind)
{
	struct tl_timer *t = fake_timer(tl_add(&fake_count, 1));

	t->state = TL_SLOT_LIVE;
	t->kind = (uint8_t)kind;
	t->tid = (uint32_t)tl_sys_gettid();
	t->creator_tp = (uint64_t)(uintptr_t)__builtin_thread_pointer();
	tl_timer_more(t)->epoll_number = -1;
	return t;
}

static void nothing(union sigval value)
{
	(void)value;
}

struct tl_timer *fake_posix_at(timer_t *place, int notify, int signo)
{
	static const int kinds[] = {SIGEV_NONE, SIGEV_SIGNAL, SIGEV_THREAD, SIGEV_THREAD_ID};
	struct sigevent event = {.sigev_notify = kinds[notify], .sigev_signo = signo};
	struct tl_timer *t;

	if (notify == TL_NOTIFY_THREAD)
		event.sigev_notify_function = nothing;
	if (notify == TL_NOTIFY_THREAD_ID)
		event._sigev_un._tid = tl_sys_gettid();
	assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, place), 0);
	t = new_slot(TL_POSIX);
	t->id = (uint64_t)(uintptr_t)*place;
	t->place = (uint64_t)(uintptr_t)place;
	t->notify = (uint8_t)notify;
	t->signo = notify == TL_NOTIFY_SIGNAL || notify == TL_NOTIFY_THREAD_ID ? (uint8_t)signo : 0;
	tl_timer_more(t)->target_tid = notify == TL_NOTIFY_THREAD_ID ? t->tid : 0;
	t->clock = CLOCK_MONOTONIC;
	if (t->id < TL_FD_BITS)
		slot_of_id[t->id] = index_of(t) + 1;
	else if (fake_thread_ids_differ)
		t->id ^= 1;
	return t;
}

struct tl_timer *fake_posix(int notify, int signo, long first_ns, long interval_ns)
{
	timer_t id;
	struct tl_timer *t = fake_posix_at(&id, notify, signo);

	t->place = 0;
	if (first_ns > 0)
		fake_arm(t, first_ns, interval_ns);
	return t;
}

struct tl_timer *fake_enter_fd(int fd, int clock)
{
	struct tl_timer *t = new_slot(TL_TIMERFD);

	t->id = (uint64_t)fd;
	t->clock = clock;
	t->refs = 1;
	slot_of_fd[fd] = index_of(t);
	return t;
}

struct tl_timer *fake_timerfd(int clock, long first_ns, long interval_ns)
{
	int fd = timerfd_create(clock, TFD_NONBLOCK);
	struct tl_timer *t;

	assert_true(fd >= 0);
	t = fake_enter_fd(fd, clock);
	if (first_ns > 0)
		fake_arm(t, first_ns, interval_ns);
	return t;
}

void fake_dup(struct tl_timer *t, int fd)
{
	slot_of_fd[fd] = index_of(t);
	t->flags |= TL_F_DUPED;
	t->refs++;
}

void fake_arm(struct tl_timer *t, long first_ns, long interval_ns)
{
	struct itimerspec value = {
	    .it_value = {first_ns / 1000000000, first_ns % 1000000000},
	    .it_interval = {interval_ns / 1000000000, interval_ns % 1000000000},
	};

	t->arms++;
	t->last_set = tl_sys_now(CLOCK_MONOTONIC);
	t->first_expiry = t->last_set + (uint64_t)first_ns;
	t->interval = (uint64_t)interval_ns;
	if (t->kind == TL_TIMERFD)
		assert_int_equal(timerfd_settime(fake_fd(t), 0, &value, NULL), 0);
	else
		assert_int_equal(timer_settime((timer_t)(uintptr_t)t->id, 0, &value, NULL), 0);
}

void fake_register(struct tl_timer *t, int epoll_fd)
{
	tl_timer_more(t)->epoll_fd = epoll_fd;
	t->flags |= TL_F_REGISTERED;
}

int fake_fd(const struct tl_timer *t)
{
	int fd = tl_fdmap_next(0);

	while (fd >= 0 && slot_of_fd[fd] != index_of(t))
		fd = tl_fdmap_next(fd + 1);
	return fd;
}

void fake_close(int fd)
{
	struct tl_timer *t = fake_timer(slot_of_fd[fd]);

	if (--t->refs == 0)
		t->state = TL_SLOT_FREE;
	slot_of_fd[fd] = TL_NONE;
	close(fd);
}

void fake_delete(struct tl_timer *t)
{
	t->state = TL_SLOT_FREE;
	if (t->id < TL_FD_BITS)
		slot_of_id[t->id] = 0;
	timer_delete((timer_t)(uintptr_t)t->id);
}

void fake_end(void)
{
	for (int fd = fake_count ? tl_fdmap_next(0) : -1; fd >= 0; fd = tl_fdmap_next(fd + 1))
		fake_close(fd);
	for (uint32_t i = 0; i < fake_count; i++) {
		struct tl_timer *t = fake_timer(i);
		bool foreign = tl_timer_more(t)->facts & TL_FACT_GONE || fake_thread_ids_differ ||
			       (t->flags & (TL_F_INT_PLACE | TL_F_RAW)) == TL_F_INT_PLACE;

		if (t->state != TL_SLOT_FREE && t->kind == TL_POSIX && !foreign)
			fake_delete(t);
	}
}

bool fake_has(const struct tl_timer *t, uint32_t facts)
{
	return (tl_timer_more(t)->facts & facts) == facts;
}

void fake_sleep_ms(int ms)
{
	usleep((useconds_t)ms * 1000);
}
