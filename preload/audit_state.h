/* SPDX-License-Identifier: MIT */
/*
 * audit_state.h - what the parts of the audit share.
 *
 * Facts are gathered in marks, private copies of what is found out about each slot, and go into the
 * slots at the very end, and only where the slot still is what it was at the beginning (state and
 * generation): other threads may create, delete and reuse slots all the while.
 *
 * The state lives in memory of its own (tl_sys_mmap), because the thread that ends the process may
 * run on a small stack. Everything is read through /proc/thread-self where there is a choice: once
 * the main thread has ended by pthread_exit, /proc/self/fd and /proc/self/maps are empty.
 */
#ifndef TL_AUDIT_STATE_H
#define TL_AUDIT_STATE_H

#include "base.h"
#include "sys.h"
#include "tasks.h"
#include "tl_format.h"

/* An array that grows by mapping; items are plain data. */
struct tl_audit_list {
	void *items;
	size_t used, capacity, item_size;
};

struct tl_audit_mark {
	uint32_t generation, state; /* of the slot, at the beginning */
	uint32_t facts;
	uint32_t service_tid;
	int32_t fd;		      /* one of its descriptors, -1 = none seen */
	int32_t epoll_fd;	      /* with TL_FACT_IN_EPOLL */
	uint64_t payload;	      /* with TL_FACT_IN_EPOLL */
	uint64_t remaining, interval; /* timerfd; interval only if it is armed */
	uint32_t unread;
	uint64_t holder_offset;
	uint32_t holder, holder_tid, holder_module;
	bool closed_in_epoll;
	bool holds;	   /* POSIX: its place holds the handle */
	uint64_t retained; /* bytes */
};

enum tl_audit_fd_kind { TL_AUDIT_EPOLL = 1, TL_AUDIT_SIGNALFD, TL_AUDIT_STRANGER, TL_AUDIT_RING };

struct tl_audit_fd {
	int fd;
	enum tl_audit_fd_kind kind; /* STRANGER: a timerfd that no slot knows */
	uint64_t signals;	    /* SIGNALFD: its mask */
};

struct tl_audit_reg { /* a timer in an epoll set, or an epoll set in another */
	int epfd, tfd;
	uint32_t events; /* none of EPOLLIN: by EPOLLONESHOT, or nobody asked */
	uint64_t data;
};

struct tl_audit {
	struct tl_header *header;
	uint64_t now, deadline;
	uint32_t evidence;  /* TL_EV_* so far */
	uint32_t tid;	    /* this thread */
	int mem;	    /* /proc/thread-self/mem, or -1 */
	bool filtered;	    /* by seccomp: calls that the host does not make may kill it */
	bool kcmp;	    /* may be called: no filter is in force */
	uint32_t kcmp_left; /* questions about epoll sets: their number is a product */

	uint32_t count; /* slots, at the beginning */
	uint32_t live;	/* of these, live ones and inherited ones */
	struct tl_audit_mark *marks;

	struct tl_audit_list fds;   /* struct tl_audit_fd */
	struct tl_audit_list regs;  /* struct tl_audit_reg */
	struct tl_audit_list tasks; /* struct tl_task; the calling thread is not among them */

	enum { TL_AUDIT_NOT_ASKED, TL_AUDIT_KNOWN, TL_AUDIT_UNKNOWN } stacks;

	struct tl_lines lines;
	struct tl_dir dir;
	char path[64];
	char text[1024];
	_Alignas(8) char bytes[8192]; /* copies of what threads pass to the kernel */
};

/* The fields of a timerfd's fdinfo that matter here. */
struct tl_audit_timerfd {
	int clock;
	uint64_t ticks, settime_flags;
	uint64_t value, interval; /* ns */
};

/* ---- the parts, in the order in which they run ---- */
void tl_audit_status(struct tl_audit *a); /* limits, seccomp */
void tl_audit_pause(struct tl_audit *a);  /* but for signals that are blocked here */
void tl_audit_timers(struct tl_audit *a);
void tl_audit_fds(struct tl_audit *a);
void tl_audit_rings(struct tl_audit *a);
void tl_audit_epoll(struct tl_audit *a);
void tl_audit_tasks(struct tl_audit *a);
void tl_audit_waits(struct tl_audit *a);
void tl_audit_pending(struct tl_audit *a);
void tl_audit_children(struct tl_audit *a);
void tl_audit_unread(struct tl_audit *a);
void tl_audit_closed_in_epoll(struct tl_audit *a);
void tl_audit_pause_rest(struct tl_audit *a);

/* Timerfds that no slot knows, part of tl_audit_fds. */
void tl_audit_strangers(struct tl_audit *a);
bool tl_audit_any_stranger(const struct tl_audit *a);

/* ---- helpers ---- */

/* Of a row of /proc/self/timers, or TL_NONE. */
uint32_t tl_audit_posix_slot(uint64_t id, uint64_t signal, uint64_t pointer);

/* Fills in tp and the stack of each thread whose stack pointer is known. Once is enough: later
 * calls give the first one's answer. */
bool tl_audit_stacks(struct tl_audit *a);
struct tl_task *tl_audit_task(struct tl_audit *a,
			      uint32_t tid); /* NULL: none such, or the caller */

/* A new zeroed item, or NULL. */
void *tl_audit_push(struct tl_audit_list *list, size_t item_size);
void tl_audit_list_free(struct tl_audit_list *list);

/* The live slot of that index and its mark, if the slot is what it was; kind as asked. */
struct tl_timer *tl_audit_slot(struct tl_audit *a, uint32_t index, enum tl_timer_kind kind,
			       struct tl_audit_mark **mark);
struct tl_audit_mark *tl_audit_fd_mark(struct tl_audit *a, int fd); /* of a tracked timerfd */

/* Copies from this process's own memory, which another thread may be unmapping. */
bool tl_audit_peek(struct tl_audit *a, uintptr_t address, void *to, size_t size);

/* Opens a file of this process below /proc/thread-self, or /proc/self. -errno */
int tl_audit_open(struct tl_audit *a, const char *name, int flags);
bool tl_audit_open_lines(struct tl_audit *a, const char *name);
bool tl_audit_open_dir(struct tl_audit *a, const char *name);

void tl_audit_allow(struct tl_audit *a, uint64_t timers); /* the time that so many more need */
bool tl_audit_late(const struct tl_audit *a);
#define TL_AUDIT_PATIENCE 20 /* looks at what seems to be untracked while calls are under way */
void tl_audit_settle(void);  /* lets creates and deletes of other threads end, briefly */

/* The first line that begins with key: the text behind it and its blanks, in a->lines. */
const char *tl_audit_field(struct tl_audit *a, const char *path, const char *key);
bool tl_audit_timerfd_info(struct tl_audit *a, int fdinfo_dir, int fd,
			   struct tl_audit_timerfd *info);
bool tl_audit_is_timerfd(int fd_dir, const char *name);

#endif
