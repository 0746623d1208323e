/* SPDX-License-Identifier: MIT */
#include "emit_pprof.h"
#include "emit_pprof_about.h"
#include "heap_caller.h"

/* In the order of what `begin` declares: Go's, which readers of heap profiles know. */
enum { ALLOC_OBJECTS, ALLOC_SPACE, INUSE_OBJECTS, INUSE_SPACE };

/* The values are whole estimates, not samples: readers must not scale them again. The period only
 * tells how far apart the samples were, 1 where each block was recorded. */
static void begin(struct pprof *p, const struct heap_profile *profile)
{
	pprof_sample_type(p, "alloc_objects", "count");
	pprof_sample_type(p, "alloc_space", "bytes");
	pprof_sample_type(p, "inuse_objects", "count");
	pprof_sample_type(p, "inuse_space", "bytes");
	pprof_default_type(p, "inuse_space");
	pprof_period(p, "space", "bytes", profile->summary.sample ? profile->summary.sample : 1);
	pprof_about(p, profile->sym, profile->images, profile->image_count,
		    report_main_image(profile->images, profile->image_count, 0));
}

static void comment(struct pprof *p, const struct heap_profile *profile)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_printf(&text, "heap: %s", heap_summary_mode(&profile->summary));
	if (profile->summary.lost_blocks)
		strbuf_printf(&text, "; %llu blocks could not be recorded",
			      (unsigned long long)profile->summary.lost_blocks);
	if (!text.failed)
		pprof_comment(p, text.data);
	strbuf_free(&text);
}

static void add_row(struct pprof *p, const struct heap_row *row)
{
	/* Frames of the allocator say nothing, and would be the top of every profile. */
	const struct merged_stack stack = heap_caller(row->stack);
	const struct pprof_sample sample = {
	    .stack = &stack,
	    .values =
		{
		    [ALLOC_OBJECTS] = heap_objects(row->n.alloc_objects),
		    [ALLOC_SPACE] = row->n.alloc_bytes,
		    [INUSE_OBJECTS] = heap_objects(row->n.live_objects),
		    [INUSE_SPACE] = row->n.live_bytes,
		},
	};

	pprof_sample(p, &sample);
}

int emit_heap_pprof(struct strbuf *out, const struct heap_profile *profile)
{
	struct pprof *p = pprof_new();
	int result;
	size_t i;

	if (!p)
		return -1;
	begin(p, profile);
	comment(p, profile);
	for (i = 0; i < profile->count; i++)
		add_row(p, &profile->rows[i]);
	result = pprof_write(p, out);
	pprof_free(p);
	return result;
}
