/* SPDX-License-Identifier: MIT */
#include "image_set.h"
#include "image_set_defer.h"
#include "safe.h"
#include "trace_find.h"
#include "trace_read.h"
#include "util.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct image *writable(const struct image_set *set, size_t i)
{
	return (struct image *)(uintptr_t)set->ordered[i];
}

void image_set_free(struct image_set *set)
{
	size_t i;

	for (i = 0; i < set->count; i++) {
		image_free(writable(set, i));
		free(writable(set, i));
	}
	free(set->ordered);
	*set = (struct image_set){0};
}

size_t image_set_count(const struct image_set *set)
{
	return set->count;
}

const struct image *const *image_set_ordered(const struct image_set *set)
{
	return set->ordered;
}

/* ---- reading ------------------------------------------------------------------------------ */

static uint64_t monotonic_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec;
}

/* Whether it lives is asked after the copy was taken: a process that ended in between has left its
 * end in the file, and is then read as it is, running a moment ago. */
static void find_life(struct image *image, const struct trace_bytes *bytes)
{
	if (image->header.end_state != TL_END_RUNNING || !bytes->ino)
		return;
	image->alive = trace_is_mapped_by(image->header.pid, bytes->ino);
	if (image->alive)
		image->now = monotonic_now();
}

static bool is_stdin(const struct report_input *from)
{
	return strcmp(from->path, "-") == 0;
}

static int take_bytes(struct image *image, const struct report_input *from,
		      const struct trace_bytes *bytes, char *error, size_t size)
{
	int failed = trace_read(image, bytes, is_stdin(from) ? "stdin" : from->path, error, size);

	if (!failed)
		find_life(image, bytes);
	return failed;
}

static int read_whole(struct image *image, const struct report_input *from, char *error,
		      size_t size)
{
	struct trace_bytes bytes;
	int failed = is_stdin(from)
			 ? trace_bytes_fd(&bytes, STDIN_FILENO, error, size)
			 : trace_bytes_file(&bytes, from->path, from->found, error, size);

	if (!failed)
		failed = take_bytes(image, from, &bytes, error, size);
	trace_bytes_free(&bytes);
	return failed;
}

static struct image *read_image(const struct report_input *from, bool many, char *error,
				size_t size)
{
	struct image *image = calloc(1, sizeof(*image));
	int failed;

	if (!image) {
		snprintf(error, size, "out of memory");
		return NULL;
	}
	if (many && !from->bytes && !is_stdin(from) && image_defer(image, from->path, from->found))
		return image;
	failed = from->bytes ? take_bytes(image, from, from->bytes, error, size)
			     : read_whole(image, from, error, size);
	if (failed) {
		image_free(image);
		free(image);
		return NULL;
	}
	return image;
}

/* Two names of one trace would count every timer twice. */
static bool have_already(const struct image_set *set, const struct image *image)
{
	const struct tl_header *a = &image->header;
	size_t i;

	for (i = 0; i < set->count; i++) {
		const struct tl_header *b = &set->ordered[i]->header;

		if (a->pid == b->pid && a->start == b->start &&
		    a->start_realtime == b->start_realtime)
			return true;
	}
	return false;
}

static int add_image(struct image_set *set, struct image *image)
{
	if (have_already(set, image)) {
		complain("timerleak: %s: the same trace again, counted once\n", image->source);
		image_free(image);
		free(image);
		return 0;
	}
	if (!array_grow(&set->ordered, set->count, &set->capacity, sizeof(struct image *))) {
		image_free(image);
		free(image);
		return -1;
	}
	set->ordered[set->count++] = image;
	return 0;
}

/* One instant for all that live, so that what they have at the end is there at once. */
static void align_living(struct image_set *set)
{
	uint64_t now = monotonic_now();
	size_t i;

	for (i = 0; i < set->count; i++)
		if (set->ordered[i]->alive)
			writable(set, i)->now = now;
}

int image_set_read(struct image_set *set, const struct report_input *inputs, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		char error[256];
		struct image *image =
		    read_image(&inputs[i], count > IMAGES_AT_ONCE, error, sizeof(error));

		if (!image) {
			complain("timerleak: %s: %s\n",
				 is_stdin(&inputs[i]) ? "stdin" : inputs[i].path, error);
			set->unreadable++;
			continue;
		}
		if (add_image(set, image)) {
			complain("timerleak: out of memory\n");
			return -1;
		}
	}
	align_living(set);
	report_order_images(set->ordered, set->count);
	return 0;
}

/* ---- the launcher's knowledge ------------------------------------------------------------- */

static void apply_end(struct image_set *set, const struct report_end *end)
{
	size_t i;

	/* An older image of the same pid ended by exec, and says so itself. */
	for (i = set->count; i-- > 0;) {
		struct image *image = writable(set, i);

		if (image->header.pid != end->pid)
			continue;
		if (image->header.end_state == TL_END_RUNNING) {
			image->alive = end->end_state == TL_END_RUNNING;
			if (image->alive)
				image->now = monotonic_now();
			image->header.end_state = end->end_state;
			image->header.end_status = end->status;
		}
		return;
	}
}

void image_set_apply_ends(struct image_set *set, const struct report_end *ends, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		apply_end(set, &ends[i]);
}
