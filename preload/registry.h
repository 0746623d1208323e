/* SPDX-License-Identifier: MIT */
/*
 * registry.h - the life of timers: create, set, drain, stop, dup.
 *
 * Each timer lives in one slot of the trace. POSIX timers are found by their timer_t (timer_ids.h),
 * timerfds by descriptor (fdmap.h), both without a lock. Calls named *_begin go before the
 * real call, *_end after it. All are async-signal-safe, keep errno, and do nothing when the shim is
 * off or the thread is inside it already.
 */
#ifndef TL_REGISTRY_H
#define TL_REGISTRY_H

#include "alone.h"
#include "base.h"
#include "tl_format.h"
#include <signal.h>
#include <time.h>

/* A timer that a hook works on: the generation tells whether the slot was reused meanwhile. */
struct tl_ref {
	uint32_t slot, generation;
};
#define TL_NO_REF ((struct tl_ref){TL_NONE, 0})

/* There is a trace, or begins now. false: no memory for one. */
bool tl_registry_begin(void);

/* ---- POSIX timers ---- */
struct tl_create {
	uintptr_t place;
	uint64_t previous; /* what the place held before the call */
	bool previous_known;
	bool int_place, raw;
	uintptr_t heap_start;		/* of the live block that the place lies in, 0 if in none */
	const struct tl_called *called; /* the frame of the hook */
};
void tl_registry_create_begin(struct tl_create *create, void *place, bool int_place);
void tl_registry_create_end(const struct tl_create *create, clockid_t clock,
			    const struct sigevent *event, uint64_t id);
void tl_registry_create_failed(enum tl_timer_kind kind, int error, const struct tl_called *called);

struct tl_ref tl_registry_posix(uint64_t id);
struct tl_ref tl_registry_set_begin(uint64_t id); /* its signal is pending: hazard stale_signal */
/* The timer, NULL if it is not known, for delete_end: with that the pointer is good no more. */
struct tl_timer *tl_registry_delete_begin(uint64_t id, struct tl_ref *ref);
void tl_registry_delete_end(struct tl_timer *timer, struct tl_ref ref, bool ok);
uint32_t tl_registry_find_posix(uint64_t id); /* for the audit: slot or TL_NONE */

/* ---- both kinds ---- */
void tl_registry_set(struct tl_ref ref, int flags, const struct itimerspec *value, int error);
void tl_registry_used(struct tl_ref ref); /* a successful gettime or getoverrun */

/* ---- timerfds ---- */
void tl_registry_timerfd(int fd, clockid_t clock, int flags, bool raw,
			 const struct tl_called *called);
/* Not made here: how is TL_F_BY_FORK or TL_F_BY_EXEC. */
void tl_registry_adopt(int fd, int clock, uint32_t how);
struct tl_ref tl_registry_fd(int fd);
void tl_registry_read(struct tl_ref ref, ssize_t result, int error, uint64_t ticks);
/* fd is about to be closed or replaced; undo puts it back after a failure. */
struct tl_ref tl_registry_unlink_fd(int fd);
void tl_registry_relink_fd(struct tl_ref ref, int fd);
void tl_registry_drop(struct tl_ref ref); /* the descriptor is really gone */
void tl_registry_dup(struct tl_ref ref, int fd);
void tl_registry_shared(struct tl_ref ref); /* another process may drain it from now on */
void tl_registry_hazard(struct tl_ref ref, enum tl_hazard hazard);

/* For the functions below alone: calls in flight, of all threads and of this one; changes. */
TL_EXTERN uint32_t tl_registry_calls;
TL_EXTERN TL_TLS uint16_t tl_registry_own_calls, tl_registry_own_changes;

/* Around a create or delete, whose real call and table entry are not one step: the audit waits,
 * briefly, until nothing is in flight. create_begin and delete_begin enter, delete_end leaves. */
static inline void tl_registry_enter(void)
{
	tl_registry_own_calls++;
	tl_quick_add(&tl_registry_calls, 1);
}

static inline void tl_registry_leave(void)
{
	tl_quick_add(&tl_registry_calls, -1u);
	tl_registry_own_calls--;
}

uint32_t tl_registry_inflight(void);

/* Around what else is done to a slot, or read of one. */
static inline void tl_registry_change_begin(void)
{
	tl_registry_own_changes++;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

static inline void tl_registry_change_end(void)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	tl_registry_own_changes--;
}

/* This thread is in one of them: a handler has interrupted it. Should it fork, the child goes on
 * with what it was about, in empty memory where the parent's trace was. After a jump out of the
 * handler it stays so. */
static inline bool tl_registry_inside(void)
{
	return tl_registry_own_calls || tl_registry_own_changes;
}

/* Child of a fork, section held: everything is forgotten. POSIX timers are not inherited (man 2
 * timer_create); timerfds are adopted again by the caller. */
void tl_registry_forked(void);
void tl_posix_forked(void); /* part of it */

#endif
