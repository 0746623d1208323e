/* SPDX-License-Identifier: MIT */
/*
 * stack_places.h - the return addresses that stacks consist of, over all images, each once: its
 * frames, and a number that is the same where build-id and offset are (the path where there is no
 * build-id). A stack of numbers is much smaller than one of build-ids.
 */
#ifndef ANALYZER_STACK_PLACES_H
#define ANALYZER_STACK_PLACES_H

#include "symbolize.h"

struct stack_place {
	const struct frame *frames; /* the symbolizer's; NULL until they are looked up */
	size_t count;
	uint32_t number;
};

/* All zero is an empty one. */
struct stack_places {
	struct place_node *nodes; /* by module and offset */
	uint32_t numbers;	  /* that were given */
};

void stack_places_free(struct stack_places *places);

/* NULL on lack of memory. */
struct stack_place *stack_places_get(struct stack_places *places, struct symbolizer *sym,
				     int module, uint64_t offset);

/* Fills in the frames. Of a stack that is known already by another path nobody wants them, nor a
 * warning that there is no file at that path. */
void stack_place_look_up(struct stack_place *place, struct symbolizer *sym);

#endif
