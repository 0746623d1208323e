/* SPDX-License-Identifier: MIT */
#include "model.h"

#include <stdlib.h>
#include <string.h>

void image_free(struct image *image)
{
	free(image->source);
	free(image->modules);
	free(image->stacks);
	free(image->frames);
	free(image->sites);
	free(image->creators);
	free(image->timers);
	free(image->notes);
	free(image->heap_stacks);
	free(image->damage);
	*image = (struct image){0};
}

/* ---- records that come and go ------------------------------------------------------------- */

/* Who reports borrows images to look at; the one who owns them let them be read again. */
static struct image *writable(const struct image *image)
{
	return (struct image *)(uintptr_t)image;
}

int image_load(const struct image *image)
{
	return image->read_again ? image->read_again(writable(image)) : 0;
}

static void keep_exe(struct image *image)
{
	const struct tl_module *exe = image_exe(image);
	struct tl_module *kept = exe ? malloc(sizeof(*kept)) : NULL;

	if (kept)
		*kept = *exe;
	free(image->modules);
	image->modules = kept;
	image->module_count = kept ? 1 : 0;
}

static void let_go(void *array, size_t *count)
{
	void *records;

	memcpy(&records, array, sizeof(records));
	free(records);
	memset(array, 0, sizeof(records));
	*count = 0;
}

void image_unload(const struct image *borrowed)
{
	struct image *image = writable(borrowed);

	if (!image->read_again)
		return;
	image->had_live_timers = image_has_live_timers(image);
	keep_exe(image);
	let_go(&image->stacks, &image->stack_count);
	let_go(&image->frames, &image->frame_count);
	let_go(&image->sites, &image->site_count);
	let_go(&image->creators, &image->creator_count);
	let_go(&image->timers, &image->timer_count);
	let_go(&image->heap_stacks, &image->heap_stack_count);
}

bool image_has_live_timers(const struct image *image)
{
	size_t i;

	for (i = 0; i < image->timer_count; i++)
		if (timer_is_live(&image->timers[i]))
			return true;
	return image->had_live_timers;
}

/* ---- look-ups ----------------------------------------------------------------------------- */

const struct tl_module *image_module(const struct image *image, uint32_t index)
{
	if (index >= image->module_count || image->modules[index].state == TL_SLOT_EMPTY)
		return NULL;
	return &image->modules[index];
}

const struct tl_stack *image_stack(const struct image *image, uint32_t index)
{
	if (index >= image->stack_count || image->stacks[index].state == TL_SLOT_EMPTY)
		return NULL;
	return &image->stacks[index];
}

const struct tl_site *image_site(const struct image *image, uint32_t index)
{
	if (index >= image->site_count || image->sites[index].state == TL_SLOT_EMPTY)
		return NULL;
	return &image->sites[index];
}

const struct tl_heap_stack *image_heap_stack(const struct image *image, uint32_t index)
{
	if (index >= image->heap_stack_count || image->heap_stacks[index].state == TL_SLOT_EMPTY)
		return NULL;
	return &image->heap_stacks[index];
}

const struct tl_module *image_exe(const struct image *image)
{
	size_t i;

	for (i = 0; i < image->module_count; i++)
		if (image->modules[i].state != TL_SLOT_EMPTY &&
		    (image->modules[i].flags & TL_MOD_EXE))
			return &image->modules[i];
	return NULL;
}

uint64_t image_end_time(const struct image *image)
{
	if (image->alive)
		return image->now;
	return image->header.end ? image->header.end : image->header.last_op;
}

bool image_ended_by_itself(const struct image *image)
{
	switch (image->header.end_state) {
	case TL_END_EXIT:
	case TL_END__EXIT:
	case TL_END_QUICK_EXIT:
		return true;
	default:
		return false;
	}
}

bool image_incomplete(const struct image *image)
{
	const struct tl_header *header = &image->header;
	size_t i;

	if (image->damage || header->lost_timers || header->lost_stacks || header->lost_sites ||
	    header->lost_modules)
		return true;
	for (i = 0; i < image->note_count; i++)
		if (image->notes[i].state != TL_SLOT_EMPTY && image->notes[i].code == TL_NOTE_TRACE)
			return true;
	return false;
}

bool timer_is_live(const struct timer *timer)
{
	switch (timer->state) {
	case TL_SLOT_LIVE:
	case TL_SLOT_STOPPING:
		return true;
	default:
		return false;
	}
}
