/* SPDX-License-Identifier: MIT */
/*
 * Epoll sets and signalfds: which timers are registered where, from their fdinfo.
 *
 * A line of an epoll set names the descriptor that was registered, not the file. While a duplicate
 * keeps the file open the line stays after that descriptor was closed, and its number may by now be
 * another file's. KCMP_EPOLL_TFD tells whose line it is (man 2 kcmp); where kcmp may not be called
 * the data of the registration must do.
 */
#include "audit_state.h"
#include "fdmap.h"
#include "sink.h"
#include "watch.h"
#include <fcntl.h>
#include <linux/kcmp.h>
#include <sys/epoll.h>
#include <sys/syscall.h>

/* "tfd:        3 events:       19 data:             1234  pos:0 ino:40e sdev:10" */
static bool parse_reg(const char *line, struct tl_audit_reg *reg)
{
	const char *s = line + 4, *events = tl_strstr(line, "events:");
	const char *data = tl_strstr(line, "data:");
	uint64_t tfd, mask;

	while (*s == ' ')
		s++;
	if (!data || !tl_parse_u64(&s, 10, &tfd))
		return false;
	data += 5;
	while (*data == ' ')
		data++;
	reg->tfd = (int)tfd;
	for (events = events ? events + 7 : ""; *events == ' ';)
		events++;
	reg->events = tl_parse_u64(&events, 16, &mask) ? (uint32_t)mask : EPOLLIN;
	return tl_parse_u64(&data, 16, &reg->data);
}

static bool is_set(struct tl_audit *a, int fd)
{
	const struct tl_audit_fd *items = a->fds.items;

	for (size_t i = 0; i < a->fds.used; i++)
		if (items[i].fd == fd)
			return items[i].kind == TL_AUDIT_EPOLL;
	return false;
}

/* Only lines that may concern a timer are kept: of one, of a set in a set, of a closed number. */
static bool concerns_timer(struct tl_audit *a, int tfd, bool duped)
{
	return tl_fdmap_slot(tfd) != TL_NONE || duped || is_set(a, tfd);
}

static bool read_info(struct tl_audit *a, struct tl_audit_fd *item, bool duped)
{
	struct tl_audit_reg reg = {.epfd = item->fd, .tfd = -1};
	char name[24];

	tl_format(name, sizeof(name), "fdinfo/%d", item->fd);
	if (!tl_audit_open_lines(a, name))
		return a->lines.fd == -ENOENT; /* closed meanwhile */
	for (char *line; (line = tl_lines_next(&a->lines)) != NULL;) {
		const char *s = line + 9;
		struct tl_audit_reg *kept;

		if (tl_starts(line, "sigmask:")) {
			while (*s == '\t' || *s == ' ')
				s++;
			tl_parse_u64(&s, 16, &item->signals);
		}
		if (!tl_starts(line, "tfd:") || !parse_reg(line, &reg) ||
		    !concerns_timer(a, reg.tfd, duped))
			continue;
		kept = tl_audit_push(&a->regs, sizeof(*kept));
		if (kept)
			*kept = reg;
	}
	tl_lines_close(&a->lines);
	return true;
}

/* ---- whose registration is it ------------------------------------------------------------------
 */

/* Lines of one set with the same number are told apart by their ordinal: the kernel counts as the
 * file lists (fs/eventpoll.c). */
static uint32_t ordinal(const struct tl_audit *a, size_t index)
{
	const struct tl_audit_reg *regs = a->regs.items;
	uint32_t n = 0;

	for (size_t i = index; i-- > 0 && regs[i].epfd == regs[index].epfd;)
		n += regs[i].tfd == regs[index].tfd;
	return n;
}

static bool is_file_of(struct tl_audit *a, size_t index, int fd)
{
	const struct tl_audit_reg *reg = (struct tl_audit_reg *)a->regs.items + index;
	struct kcmp_epoll_slot slot = {(uint32_t)reg->epfd, (uint32_t)reg->tfd, ordinal(a, index)};

	a->kcmp_left--;
	return tl_syscall(SYS_kcmp, a->tid, a->tid, KCMP_EPOLL_TFD, fd, (long)&slot, 0) == 0;
}

static void mark_registered(struct tl_audit_mark *mark, const struct tl_audit_reg *reg)
{
	mark->facts |= TL_FACT_IN_EPOLL;
	mark->epoll_fd = reg->epfd;
	mark->payload = reg->data;
}

/* What the hooks saw and what the kernel shows agree. */
static bool as_recorded(const struct tl_timer *t, const struct tl_audit_reg *reg)
{
	return tl_watch_set_of(t) == reg->epfd && t->payload == reg->data;
}

/* Its number is the file's it was registered as, unless some file was closed by one of its numbers
 * and lives on by another: only then is the kernel asked, which walks the whole set for it. */
static void take_reg(struct tl_audit *a, size_t index, bool ask)
{
	const struct tl_audit_reg *reg = (struct tl_audit_reg *)a->regs.items + index;
	struct tl_audit_mark *mark;
	const struct tl_timer *t = tl_audit_slot(a, tl_fdmap_slot(reg->tfd), TL_TIMERFD, &mark);

	if (!t)
		return;
	if (ask && !as_recorded(t, reg) && a->kcmp_left > 0 && !is_file_of(a, index, reg->tfd))
		return;
	mark_registered(mark, reg);
}

static bool looks_closed(struct tl_audit *a, const struct tl_timer *t,
			 const struct tl_audit_mark *mark, size_t index)
{
	const struct tl_audit_reg *reg = (struct tl_audit_reg *)a->regs.items + index;

	if (!as_recorded(t, reg) || tl_audit_fd_mark(a, reg->tfd) == mark)
		return false; /* the number is still one of its own */
	if (a->kcmp)
		return a->kcmp_left > 0 && is_file_of(a, index, mark->fd);
	return tl_fdmap_slot(reg->tfd) == TL_NONE;
}

static void find_closed(struct tl_audit *a, const struct tl_timer *t, struct tl_audit_mark *mark)
{
	for (size_t i = 0; i < a->regs.used && !mark->closed_in_epoll; i++) {
		const struct tl_audit_reg *reg = (struct tl_audit_reg *)a->regs.items + i;

		if (!looks_closed(a, t, mark, i))
			continue;
		/* The close of the number registered last was counted when it happened. */
		mark->closed_in_epoll = reg->tfd != tl_timer_more(t)->epoll_number;
		mark_registered(mark, reg);
	}
}

static bool next_duped(struct tl_audit *a, uint32_t *index, const struct tl_timer **t,
		       struct tl_audit_mark **mark)
{
	for (; *index < a->count; (*index)++) {
		*t = tl_audit_slot(a, *index, TL_TIMERFD, mark);
		if (*t && (*mark)->fd >= 0 && tl_load(&(*t)->flags) & TL_F_DUPED)
			return true;
	}
	return false;
}

/* The last of all that is looked for: its cost is a product too. */
void tl_audit_closed_in_epoll(struct tl_audit *a)
{
	struct tl_audit_mark *mark;
	const struct tl_timer *t;

	for (uint32_t i = 0; next_duped(a, &i, &t, &mark) && !tl_audit_late(a); i++)
		find_closed(a, t, mark);
}

void tl_audit_epoll(struct tl_audit *a)
{
	bool duped, whole = a->evidence & TL_EV_FDS, ask;
	struct tl_audit_fd *items = a->fds.items;
	struct tl_audit_mark *mark;
	const struct tl_timer *t;
	uint32_t first = 0;

	if (a->live == 0)
		return;
	duped = next_duped(a, &first, &t, &mark);
	/* A child that was forked keeps files open as a duplicate does. */
	ask = a->kcmp && (duped || tl_load(&a->header->children) > 0);
	for (size_t i = 0; i < a->fds.used && whole; i++)
		if (items[i].kind == TL_AUDIT_EPOLL || items[i].kind == TL_AUDIT_SIGNALFD)
			whole = read_info(a, &items[i], duped) && !tl_audit_late(a);
	for (size_t i = 0; i < a->regs.used; i++)
		take_reg(a, i, ask);
	if (whole)
		a->evidence |= TL_EV_EPOLL;
}
