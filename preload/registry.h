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
	uintptr_t heap_start; /* of the live block that the place lies in, 0 if in none */
	void *caller;
};
void tl_registry_create_begin(struct tl_create *create, void *place, bool int_place);
void tl_registry_create_end(const struct tl_create *create, clockid_t clock,
			    const struct sigevent *event, uint64_t id);
void tl_registry_create_failed(enum tl_timer_kind kind, int error, void *caller);

struct tl_ref tl_registry_posix(uint64_t id);
struct tl_ref tl_registry_set_begin(uint64_t id); /* its signal is pending: hazard stale_signal */
struct tl_ref tl_registry_delete_begin(uint64_t id);
void tl_registry_delete_end(struct tl_ref ref, bool ok);
uint32_t tl_registry_find_posix(uint64_t id); /* for the audit: slot or TL_NONE */

/* ---- both kinds ---- */
void tl_registry_set(struct tl_ref ref, int flags, const struct itimerspec *value, int error);
void tl_registry_used(struct tl_ref ref); /* a successful gettime or getoverrun */

/* ---- timerfds ---- */
void tl_registry_timerfd(int fd, clockid_t clock, int flags, bool raw, void *caller);
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

/* Around a create or delete, whose real call and table entry are not one step: the audit waits,
 * briefly, until nothing is in flight. create_begin and delete_begin enter, delete_end leaves. */
void tl_registry_enter(void);
void tl_registry_leave(void);
uint32_t tl_registry_inflight(void);

/* Around what else is done to a slot, or read of one. */
void tl_registry_change_begin(void);
void tl_registry_change_end(void);

/* This thread is in one of them: a handler has interrupted it. Should it fork, the child goes on
 * with what it was about, in the parent's trace. After a jump out of the handler it stays so. */
bool tl_registry_inside(void);

/* Child of a fork, section held: everything is forgotten. POSIX timers are not inherited (man 2
 * timer_create); timerfds are adopted again by the caller. */
void tl_registry_forked(void);
void tl_posix_forked(void); /* part of it */

#endif
