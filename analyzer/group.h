/* SPDX-License-Identifier: MIT */
/*
 * group.h - timers to sites, over all images: sites merge where timer kind and stack agree (frames
 * as build-id + offset; the path where there is no build-id), and a site has one entry for each
 * kind and class of verdict.
 *
 * A group owns its sites and entries. Strings belong to the symbolizer and to the images, which
 * must outlive it.
 */
#ifndef ANALYZER_GROUP_H
#define ANALYZER_GROUP_H

#include "classify.h"
#include "fingerprint.h"
#include "site_heap.h"
#include "stack_index.h"
#include "timeline.h"
#include "timer_state.h"

struct merged_site {
	uint32_t timer;			  /* TL_POSIX or TL_TIMERFD */
	const struct merged_stack *stack; /* without frames if it is not known */
	char fingerprint[FINGERPRINT_SIZE];
	size_t ordinal;		/* of first appearance */
	uint64_t stopped, live; /* created is their sum */
	uint64_t hazards[TL_HAZARDS];
	struct site_heap heap;
	struct timeline_sum timeline;
	struct entry *entries;
};

/* What was freed, or what became of it (rows 2, 4 and 9). */
enum orphaned_by {
	BY_FREE,    /* of the block that held the handle */
	BY_UNLOAD,  /* of the library that held it */
	BY_PAYLOAD, /* free of what the notification points to */
	BY_MOVE,    /* realloc of that */
};

/* Why the timers of an entry are judged as they are; the first timer's where they differ. */
struct entry_detail {
	uint32_t holder; /* enum tl_holder; static_handle and NONE: held until exit() freed it */
	uint32_t holder_tid;
	const char *variable; /* static: its name, NULL if nameless */
	const char *module;   /* static: its module */
	uint64_t offset;
	enum orphaned_by orphaned_by;
	bool armed;	 /* orphaned: while it was armed */
	bool others;	 /* other timers have other holders, or were orphaned otherwise */
	bool waited_for; /* a thread was blocked on it */
	bool in_ring;	 /* a request of an io_uring was */
	uint32_t end_state;
	int32_t end_status;
	bool alive;
};

/* Timers of an entry that agree in all of this. */
struct entry_part {
	uint64_t thread; /* pid << 32 | tid */
	int32_t clock;
	enum arm_state state;
	uint64_t count, undrained, unread_ticks, retained_bytes;
};

struct entry {
	struct merged_site *site;
	struct entry *next; /* of the same site */
	struct verdict verdict;
	uint64_t count, undrained, retained_bytes;
	int32_t clock;
	uint32_t notify;
	uint64_t states[ARM_STATES];
	uint64_t age_min, age_median, age_max;
	uint64_t *ages; /* sorted */
	size_t age_count, age_capacity;
	uint64_t *threads; /* pid << 32 | tid, sorted, each once */
	size_t thread_count;
	uint32_t *pids; /* sorted, each once */
	size_t pid_count;
	uint32_t *images; /* in the order in which the group took them in, each once */
	size_t image_count, image_capacity;
	struct entry_part *parts; /* sorted by thread, clock, state; each once */
	size_t part_count, part_capacity;
	struct entry_detail detail;
	/* Orphaned: the stack that freed, of the first timer with this detail of which one is
	 * known; NULL if none is. All such stacks, each once. */
	const struct merged_stack *freed_by;
	const struct merged_stack **freers;
	size_t freer_count, freer_capacity;

	/* Filled by the report. */
	const char *suppressed_by;     /* NULL if none */
	uint64_t baselined;	       /* of count: in the baseline already */
	uint64_t undrained_old;	       /* of undrained: the same */
	bool leaked;		       /* some that are not in the baseline are */
	const char *evidence, *advice; /* kept by the report */
};

/* Of its timers, those that count as leaked. */
static inline uint64_t entry_leaked(const struct entry *entry)
{
	return entry->leaked ? entry->count - entry->baselined : 0;
}

struct group;

/* NULL on lack of memory. */
struct group *group_new(struct symbolizer *sym);
void group_free(struct group *group);

/* Takes in one image, in the order in which they are to be named. 0, or -1 on lack of memory. */
int group_add(struct group *group, const struct image *image);

/* After the last image: sorts what is inside the entries. 0, or -1 on lack of memory. */
int group_finish(struct group *group);

/* In the order of first appearance. */
size_t group_site_count(const struct group *group);
struct merged_site *group_site(const struct group *group, size_t i);

/* Timers whose expiry may or may not have been taken: the evidence was not gathered. */
uint64_t group_undrained_unknown(const struct group *group);

#endif
