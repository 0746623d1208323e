/* SPDX-License-Identifier: MIT */
#include "ties_queue.h"
#include "alone.h"
#include "real.h"
#include "registry_slot.h"
#include "sink_slots.h"
#include "ties.h"

#define MOST_LIVE   16384 /* whoever asks looks through them with signals blocked */
#define PIECE	    128	  /* what is settled while they are */
#define THOSE	    1024  /* where it has to be looked for */
#define SHARE	    16	  /* and by whoever asks: so that it is not looked through for ever */
#define FEWEST_GONE 32

/*
 * What has come: a stack, linked through tl_timer.refs, which POSIX timers have no use for. There
 * stands the complement: a dup that comes too late for the timerfd that had the slot takes no link
 * for a count of descriptors (registry_fd.c).
 * The upper half of its head changes where it is emptied: in the child of a fork that a handler
 * made, a push that it interrupted begins anew and finds that its slot is the parent's.
 */
static uint64_t newest = TL_NONE;

/* What had come before (section held), in that order: of the oldest most are there to stay. */
static uint32_t oldest = TL_NONE, last = TL_NONE;

/* In both, and how many of them were stopped: about, others count meanwhile. */
static uint32_t queued, ended;

static bool is_in_use(uint64_t head)
{
	return (uint32_t)head != TL_NONE;
}

/* ---- with it -------------------------------------------------------------------------------- */

static uint64_t emptied(uint64_t head)
{
	return ((head >> 32) + 1) << 32 | TL_NONE;
}

static uint32_t take_new(void)
{
	uint64_t head = tl_load(&newest);

	while (!__atomic_compare_exchange_n(&newest, &head, emptied(head), true, __ATOMIC_ACQUIRE,
					    __ATOMIC_RELAXED))
		;
	return (uint32_t)head;
}

static uint32_t next_of(const struct tl_timer *timer)
{
	return ~tl_load(&timer->refs);
}

/* NULL: at the beginning */
static void link_to(struct tl_timer *before, uint32_t next)
{
	if (before)
		tl_store(&before->refs, ~next);
	else
		oldest = next;
}

static uint32_t reversed(uint32_t slot)
{
	uint32_t first = TL_NONE;

	for (struct tl_timer *timer; (timer = tl_timer_at(slot)) != NULL;) {
		uint32_t next = next_of(timer);

		link_to(timer, first);
		first = slot;
		slot = next;
	}
	return first;
}

/* What has come behind what had. */
static void gather(void)
{
	uint32_t end = take_new();

	if (end == TL_NONE)
		return;
	link_to(tl_timer_at(last), reversed(end));
	last = end;
}

static uint32_t change_flags(struct tl_timer *timer, uint32_t clear, uint32_t set)
{
	uint32_t flags = tl_load(&timer->flags);

	while (!tl_quick_swap(&timer->flags, &flags, (flags & ~clear) | set))
		;
	return flags;
}

/* True: it is known now; false: it is gone, and its slot is among those to release. */
static bool settle(struct tl_timer *timer, uint32_t slot, struct tl_slot_chain *free)
{
	uint32_t flags = change_flags(timer, TL_F_QUEUED, 0);

	if (flags & TL_F_ENDED) {
		/* A place alone, whose tie was not made, leaves nothing behind. */
		if ((flags & (TL_F_TIE_PLACE | TL_F_TIE_PAYLOAD)) != TL_F_TIE_PLACE)
			tl_ties_stopped(slot);
		tl_slot_chain_add(free, timer, slot);
		return false;
	}
	tl_ties_make((struct tl_ref){slot, timer->generation}, TL_NO_REF);
	return true;
}

static void settle_oldest(uint32_t most)
{
	uint32_t settled = 0, gone = 0;
	struct tl_slot_chain free = {0};
	struct tl_timer *timer;

	gather();
	for (; (timer = tl_timer_at(oldest)) != NULL && settled < most; settled++) {
		uint32_t slot = oldest;

		oldest = next_of(timer);
		if (oldest == TL_NONE)
			last = TL_NONE;
		gone += !settle(timer, slot, &free);
	}
	tl_slot_release_chain(&free);
	if (oldest ==
	    TL_NONE) { /* lest a mistake stays: a handler's jump leaves a call uncounted */
		tl_store(&queued, 0);
		tl_store(&ended, 0);
	} else {
		tl_sub(&queued, settled);
		tl_sub(&ended, gone);
	}
}

static void settle_piece(void)
{
	settle_oldest(PIECE);
}

void tl_ties_settle(void)
{
	settle_oldest(UINT32_MAX);
}

/* The others go on waiting. True: there may be more. */
static TL_INLINE bool settle_those(bool (*wanted)(const struct tl_timer *, const struct tl_block *),
				   const struct tl_block *block, uint32_t most)
{
	uint32_t settled = 0, gone = 0, kept = TL_NONE;
	struct tl_slot_chain free = {0};
	struct tl_timer *before = NULL, *timer; /* before: kept's */

	gather();
	for (uint32_t slot = oldest, next; (timer = tl_timer_at(slot)) != NULL; slot = next) {
		next = next_of(timer);
		if (!wanted(timer, block)) {
			before = timer;
			kept = slot;
			continue;
		}
		link_to(before, next);
		if (next == TL_NONE)
			last = kept;
		gone += !settle(timer, slot, &free);
		if (++settled == most)
			break;
	}
	tl_slot_release_chain(&free);
	tl_sub(&queued, settled);
	tl_sub(&ended, gone);
	return settled == most;
}

static bool lies_in(const struct tl_timer *timer, const struct tl_block *block)
{
	return tl_load(&timer->place) - block->start < block->size ||
	       tl_load(&timer->payload) - block->start < block->size;
}

struct tl_section tl_ties_enter(uintptr_t start)
{
	struct tl_block block = {start, tl_real_malloc_usable_size((void *)start)};
	uint32_t share = tl_load(&queued) / SHARE;
	struct tl_section section = tl_section_enter();

	settle_piece();
	for (uint32_t i = PIECE; oldest != TL_NONE && i < share; i += PIECE) {
		tl_section_leave(&section);
		section = tl_section_enter();
		settle_piece();
	}
	while (settle_those(lies_in, &block, THOSE)) {
		tl_section_leave(&section);
		section = tl_section_enter();
	}
	return section;
}

static bool has_ended(const struct tl_timer *timer, const struct tl_block *any)
{
	(void)any;
	return tl_load(&timer->flags) & TL_F_ENDED;
}

static void release_ended(void)
{
	settle_those(has_ended, NULL, UINT32_MAX);
}

/* ---- without the section -------------------------------------------------------------------- */

static void push(struct tl_timer *timer, uint32_t slot)
{
	uint64_t head = tl_load(&newest);

	do {
		if (!tl_slot_is(timer, slot))
			return;
		tl_store(&timer->refs, ~(uint32_t)head);
	} while (!tl_quick_swap(&newest, &head, head >> 32 << 32 | slot));
	tl_quick_add(&queued, 1);
}

/* Who sets QUEUED enters it. Settling clears it before it looks at the rest, so that what is
 * changed later is entered once more. */
static void enter(struct tl_timer *timer, uint32_t slot, uint32_t flags)
{
	uint32_t old = change_flags(timer, 0, flags | TL_F_QUEUED);

	if (!(old & TL_F_QUEUED))
		push(timer, slot);
}

static TL_NOINLINE void take_section(void (*change)(void))
{
	struct tl_section section = tl_section_enter_again();

	change();
	tl_section_leave(&section);
}

/* Counted by calls of others as well, at any moment. */
static bool too_many(void)
{
	return (int32_t)(tl_load(&queued) - tl_load(&ended)) >= MOST_LIVE;
}

void tl_ties_later(struct tl_timer *timer, uint32_t slot)
{
	enter(timer, slot, 0);
	if (tl_unlikely(too_many()))
		take_section(settle_piece);
}

/* As many as remain, so that looking through all of them costs each that goes one step more. */
void tl_ties_ended(struct tl_timer *timer, uint32_t slot)
{
	uint32_t gone;

	enter(timer, slot, TL_F_ENDED);
	gone = tl_quick_fetch_add(&ended, 1) + 1;
	if ((int32_t)gone >= FEWEST_GONE && gone >= tl_load(&queued) / 2)
		take_section(release_ended);
}

bool tl_ties_queued(void)
{
	return is_in_use(tl_load(&newest)) || oldest != TL_NONE;
}

void tl_ties_queue_forked(void)
{
	newest = emptied(newest);
	oldest = last = TL_NONE;
	queued = ended = 0;
}
