/* SPDX-License-Identifier: MIT */
/*
 * trace_maker.h - trace images in memory, for tests: records are filled in freely and laid out as
 * the shim would. Owns what trace_maker_bytes() gave until trace_maker_free(). Limits are small and
 * fixed; exceeding one aborts, it is a mistake in the test.
 */
#ifndef TRACE_MAKER_H
#define TRACE_MAKER_H

#include "analyzer/trace_bytes.h"
#include "analyzer/timer.h"
#include "preload/tl_format.h"

#define MAKER_SLOTS  256
#define MAKER_FRAMES 2048
#define MAKER_WORDS  4096 /* of all stacks in a trace of major version 1 */

struct maker_frame {
	uint32_t module; /* index, or TL_NONE: offset is the address */
	uint64_t offset;
};

struct trace_maker {
	/* bytes_used is set by trace_maker_bytes(), which lays things out as major has them */
	struct tl_header header;
	struct tl_module modules[MAKER_SLOTS];
	struct tl_frame frames[MAKER_FRAMES];
	struct tl_stack stacks[MAKER_SLOTS];
	struct tl_site sites[MAKER_SLOTS];
	struct tl_creator creators[MAKER_SLOTS];
	struct timer timers[MAKER_SLOTS];
	struct tl_note notes[MAKER_SLOTS];
	struct tl_heap_stack heap_stacks[MAKER_SLOTS];
	uint32_t module_count, frame_count, stack_count, site_count, creator_count, timer_count,
	    note_count, heap_stack_count;
	uint32_t chunk_slots; /* slots a chunk; 0: all in one */
	uint8_t *bytes;
	size_t len;
};

#define MAKER_SECOND UINT64_C(1000000000)
#define MAKER_START  (100 * MAKER_SECOND) /* of every image */
#define MAKER_END    (160 * MAKER_SECOND)

/* An image that ended by exit(0) a minute after its start, all evidence gathered. */
struct trace_maker *trace_maker_new(uint32_t pid);
void trace_maker_free(struct trace_maker *maker);

/* Each gives the index of the new record. A build-id of NULL is none. */
uint32_t maker_module(struct trace_maker *maker, const char *path, const char *build_id,
		      uint32_t flags);
/* Innermost frame first; stacks share the callers that they have in common. */
uint32_t maker_stack(struct trace_maker *maker, const struct maker_frame *frames, uint16_t depth);
uint32_t maker_site(struct trace_maker *maker, uint32_t kind, uint32_t stack);
uint32_t maker_creator(struct trace_maker *maker, uint32_t site, uint32_t tid);
uint32_t maker_note(struct trace_maker *maker, uint32_t code, const char *text);
/* Blocks that live and blocks in all, whole ones, each of the size. */
uint32_t maker_heap_stack(struct trace_maker *maker, uint32_t stack, uint64_t live, uint64_t all,
			  uint64_t size);

/* The heap was recorded (heap_mode: 1 sampled, 2 full), and searched to the end. */
void maker_heap(struct trace_maker *maker, uint8_t mode);

/* A live, armed one-shot timer of the site, made at the start, that fires after the end. */
struct timer *maker_timer(struct trace_maker *maker, uint32_t site);

/* A program with one module, one stack of two frames and one site; returns the site. */
uint32_t maker_simple_site(struct trace_maker *maker, uint32_t kind);

void trace_maker_exe(struct trace_maker *maker, const char *exe);

/* The trace; the bytes belong to the maker. */
struct trace_bytes trace_maker_bytes(struct trace_maker *maker);

#endif
