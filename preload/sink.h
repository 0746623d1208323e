/* SPDX-License-Identifier: MIT */
/*
 * sink.h - the trace: one mapping that is the table of all that is known (see tl_format.h).
 *
 * The mapping is a sparse file, created on demand, mapped once and closed at once, so that nothing
 * the host does to descriptors, directories or privileges can break it. It grows by populating
 * pages ahead (MADV_POPULATE_WRITE), because a plain store into a hole of a full disk is SIGBUS in
 * the host. Where no file can be had it is anonymous memory: the report at exit still works, a note
 * says why nothing was saved.
 *
 * Locks: tl_sink_add* need the section (section.h) held; all else is lock-free and
 * async-signal-safe. Addresses of slots are stable for the life of the image.
 */
#ifndef TL_SINK_H
#define TL_SINK_H

#include "base.h"
#include "tl_format.h"

/* Begins the trace if there is none yet. Section held. false: not even memory could be had. */
bool tl_sink_begin(void);
/* A timer was made, and no trace could be had: the next one counts it as lost. */
void tl_sink_miss(void);
bool tl_sink_missed(void);
void tl_sink_mark_quiet(bool quiet); /* TL_HDR_QUIET in the header */

TL_EXTERN struct tl_header *tl_sink_top;	     /* for the next functions alone */
static inline struct tl_header *tl_sink_header(void) /* NULL before the trace has begun */
{
	return tl_load_acquire(&tl_sink_top);
}

static inline bool tl_sink_active(void)
{
	return tl_sink_header() != NULL;
}

static inline void tl_sink_touch(uint64_t now) /* header.last_op */
{
	struct tl_header *header = tl_sink_header();

	if (header) /* else a child of a fork that was made meanwhile */
		tl_store(&header->last_op, now);
}

const void *tl_sink_base(void);
size_t tl_sink_used(void);	/* bytes from base that hold the trace */
const char *tl_sink_path(void); /* NULL if in memory only */
const char *tl_sink_dir(void);	/* private directory for traces and stray reports, NULL if none */
void tl_sink_discard(void);	/* removes the file unless the user asked for it by trace= */

uint32_t tl_sink_timer_count(void);
struct tl_timer *tl_sink_timer(uint32_t index); /* NULL if out of range */
struct tl_site *tl_sink_site(uint32_t index);
struct tl_creator *tl_sink_creator(uint32_t index);
uint32_t tl_sink_site_count(void);
struct tl_heap_stack *tl_sink_heap(uint32_t index);
uint32_t tl_sink_heap_count(void);
bool tl_sink_roomy(void); /* less than half of the trace is in use */

/* Section held. TL_NONE when space ran out; the matching header.lost_* is then counted. The slot is
 * zeroed and still TL_SLOT_EMPTY: fill it, then store its state with release order. */
uint32_t tl_sink_add_timer(void);
/* For later, too: up to `most` that follow each other, of which none is counted as lost. 0: no
 * room. */
uint32_t tl_sink_add_spare_timers(uint32_t most, uint32_t *first);
uint32_t tl_sink_add_site(void);
uint32_t tl_sink_add_creator(void);
uint32_t tl_sink_add_heap(void);
uint32_t tl_sink_add_module(const struct tl_module *module);
/* Before a sandbox in which no page can be asked for: the next ones are made now. Section held. */
void tl_sink_reserve(void);
/* Before mlockall, and after it if what is mapped later is locked too. Section held. */
void tl_sink_shrink(bool stay_small);
/* Both are entered whole. Without room for either a stack is lost: the caller has it counted. */
uint32_t tl_sink_add_frame(const struct tl_frame *frame);
uint32_t tl_sink_add_stack(const struct tl_stack *stack);
void tl_sink_lost_stack(void);
void tl_sink_mark_unloaded(uint32_t module);

/* One sentence, once per code (counted after that). Takes the section itself, if it can. */
void tl_sink_note(enum tl_note_code code, const char *text);

/* In the child of a fork, single-threaded, signals blocked: tells the parent's trace about this
 * child if it inherited timerfds, then forgets that trace. inside: the fork was made in the midst
 * of a change to it, which the child will finish: it then finds empty memory in its place. */
void tl_sink_forked(bool inherited, bool inside);

#endif
