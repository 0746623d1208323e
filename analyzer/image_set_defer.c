/* SPDX-License-Identifier: MIT */
#include "image_set_defer.h"
#include "trace_find.h"
#include "trace_read.h"

#include <stdio.h>
#include <stdlib.h>

static int read_file(struct image *image, const char *path, bool found, char *error, size_t size)
{
	struct trace_bytes bytes;
	int failed = trace_bytes_file(&bytes, path, found, error, size);

	if (!failed)
		failed = trace_read(image, &bytes, path, error, size);
	trace_bytes_free(&bytes);
	return failed;
}

static bool same_trace(const struct tl_header *a, const struct tl_header *b)
{
	return a->pid == b->pid && a->start == b->start && a->start_realtime == b->start_realtime &&
	       a->bytes_used == b->bytes_used;
}

/* The header stays: somebody may have learnt how the process ended since it was read. */
static void take_records(struct image *image, struct image *whole)
{
	const struct image kept = *image;

	*image = *whole;
	*whole = (struct image){.modules = kept.modules,
				.notes = kept.notes,
				.damage = kept.damage,
				.source = whole->source};
	image->header = kept.header;
	image->source = kept.source;
	image->alive = kept.alive;
	image->now = kept.now;
	image->read_again = kept.read_again;
	image->found = kept.found;
}

static int read_again(struct image *image)
{
	struct image whole = {0};
	char error[256] = "it is another trace now";
	int result = 0;

	if (read_file(&whole, image->source, image->found, error, sizeof(error)) == 0 &&
	    same_trace(&image->header, &whole.header)) {
		take_records(image, &whole);
	} else {
		free(image->damage);
		if (asprintf(&image->damage, "it could be read no more: %s", error) < 0) {
			image->damage = NULL;
			result = -1;
		}
	}
	image_free(&whole);
	return result;
}

static bool is_at_rest(const struct image *image, const struct trace_bytes *bytes)
{
	return image->header.end_state != TL_END_RUNNING ||
	       !trace_is_mapped_by(image->header.pid, bytes->ino);
}

bool image_defer(struct image *image, const char *path, bool found)
{
	struct trace_bytes bytes;
	char error[256];
	bool good = trace_bytes_head(&bytes, path, found, error, sizeof(error)) == 0 && bytes.len &&
		    trace_read(image, &bytes, path, error, sizeof(error)) == 0 &&
		    is_at_rest(image, &bytes);

	trace_bytes_free(&bytes);
	/* Of all but the header it was said to be cut. */
	free(image->damage);
	image->damage = NULL;
	image->found = found;
	if (good)
		image->read_again = read_again;
	else
		image_free(image);
	return good;
}
