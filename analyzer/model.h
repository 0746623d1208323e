/* SPDX-License-Identifier: MIT */
/*
 * model.h - one process image in memory, as its trace tells it. No I/O.
 *
 * Everything here was copied out of the trace before it was looked at (the process may still be
 * writing) and is bounded: strings end, counts fit their arrays. Indexes between records are as the
 * trace has them and must go through the image_*() look-ups, which give NULL for a bad one. An
 * image owns its arrays.
 */
#ifndef ANALYZER_MODEL_H
#define ANALYZER_MODEL_H

#include "preload/tl_format.h"
#include "timer.h"
#include <stdbool.h>
#include <stddef.h>

enum heap_mode { HEAP_OFF, HEAP_SAMPLED, HEAP_FULL }; /* header.heap_mode */

struct image {
	struct tl_header header;
	char *source; /* name of the input, for messages */

	struct tl_module *modules;
	struct tl_stack *stacks; /* see trace_stacks_check */
	struct tl_frame *frames;
	struct tl_site *sites;
	struct tl_creator *creators;
	struct timer *timers;
	struct tl_note *notes;
	struct tl_heap_stack *heap_stacks;
	size_t module_count, stack_count, frame_count, site_count, creator_count, timer_count,
	    note_count, heap_stack_count;

	/* Where many images are looked at one after the other, their records are read when they are
	 * needed: see image_load. NULL: they are all here. */
	int (*read_again)(struct image *image);
	bool found;	      /* for that: nobody gave its name, see trace_open_found */
	bool had_live_timers; /* when its records were let go */

	char *damage; /* where and how the trace is cut or holed; NULL if it is whole */
	bool alive;   /* the process runs: `now` is the end of what is known */
	uint64_t now; /* CLOCK_MONOTONIC at the reading, for a live process */
};

void image_free(struct image *image);

/*
 * Between these two the records are there: modules to heap_stacks. Outside, of an image with
 * read_again, there are only the header, the notes, the damage and the module of the program. 0, or
 * -1 on lack of memory; what cannot be read any more is damage.
 */
int image_load(const struct image *image);
void image_unload(const struct image *image);

/* Also of an image whose records were let go. */
bool image_has_live_timers(const struct image *image);

const struct tl_module *image_module(const struct image *image, uint32_t index);
const struct tl_stack *image_stack(const struct image *image, uint32_t index);
const struct tl_site *image_site(const struct image *image, uint32_t index);
const struct tl_heap_stack *image_heap_stack(const struct image *image, uint32_t index);

/* The module of the program itself; NULL if the trace has none. */
const struct tl_module *image_exe(const struct image *image);

/* The instant up to which the trace speaks: ages, expiries and gaps are measured to it. */
uint64_t image_end_time(const struct image *image);

/* Return, exit, _exit or quick_exit. */
bool image_ended_by_itself(const struct image *image);

/* Records were lost, cut off or never saved: no gate may pass. */
bool image_incomplete(const struct image *image);

/* Created in this image and, as far as the hooks saw, not stopped. */
bool timer_is_live(const struct timer *timer);

#endif
