/* SPDX-License-Identifier: MIT */
/*
 * places.h - the variables that timer_create wrote handles into: which of them count, and in which
 * one handle was written over another.
 *
 * A handle that is overwritten by the next one is lost, unless the variable is only a staging place
 * from which handles are copied away: that shows as soon as one of the overwritten timers is used
 * or deleted. Only static variables and the creating thread's TLS are looked at; what lies on a
 * stack is overwritten all the time.
 */
#ifndef TL_PLACES_H
#define TL_PLACES_H

#include "modules.h"
#include "registry.h"

static inline uintptr_t tl_places_thread(void) /* the thread pointer */
{
#if defined(__x86_64__)
	uintptr_t self;

	__asm__("mov %%fs:0, %0" : "=r"(self));
	return self;
#else
	return (uintptr_t)__builtin_thread_pointer();
#endif
}

static inline bool tl_places_in_tls(uintptr_t address) /* of the calling thread */
{
	uintptr_t size = tl_modules_static_tls(), thread = tl_places_thread();

#if defined(__aarch64__) /* TLS variant I: above the thread pointer */
	return address >= thread && address - thread < size + 16;
#else /* variant II: below it */
	return address < thread && thread - address <= size;
#endif
}

bool tl_places_counts(uintptr_t address); /* static, or TLS of the calling thread */
bool tl_places_on_static_stack(uintptr_t address);
/* The stack that this thread was born with, which it runs on, is an array. Looked up once. */
bool tl_places_born_on_static(void);

/* Section held. A new handle stands there now instead of this live timer's. True if nothing was
 * known of that variable until now. */
bool tl_places_overwritten(uint64_t address, struct tl_ref old);
/* A handle was written to a variable that is there for good, static or of a thread; `previous` is
 * what stood there. Without a lock once it is known, and not with the section held. */
void tl_places_fixed_written(uint64_t address, uint64_t previous, struct tl_ref timer);
/* A timer whose handle was overwritten there is in use: takes the section if it is not held. */
void tl_places_in_use(uint64_t address);

/* Section held. The block that the variable lay in was freed, or moved. */
void tl_places_forget(uint64_t address);
void tl_places_move(uint64_t from, uint64_t to);

/* A variable of the caller's, or of one of its callers: as far as can be said without a question to
 * the kernel. */
bool tl_places_on_own_stack(uintptr_t address);

void tl_places_forked(void);

#endif
