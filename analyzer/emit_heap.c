/* SPDX-License-Identifier: MIT */
#include "emit_heap.h"
#include "heap_top.h"
#include "heap_tree.h"
#include "text_parts.h"
#include "report.h"
#include "util.h"

#define TOP_ROWS 30

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

/* ---- the head ----------------------------------------------------------------------------- */

static void emit_program(struct strbuf *out, const struct heap_profile *profile)
{
	const char *exe = report_main_image(profile->images, profile->image_count, 0)->header.exe;
	size_t others = profile->image_count - 1;

	strbuf_puts_safe(out, exe[0] ? exe : "(unknown program)");
	if (others)
		strbuf_printf(out, " and %zu other process image%s", others, plural(others));
}

static void emit_mean(struct strbuf *out, const struct heap_summary *summary)
{
	char bytes[HUMAN_SIZE];

	strbuf_puts(out, "estimates from samples");
	if (summary->sample)
		strbuf_printf(out, ", one for every %s allocated on average",
			      human_bytes(bytes, summary->sample));
}

static void emit_mode(struct strbuf *out, const struct heap_summary *summary)
{
	const size_t *images = summary->images;
	size_t recorded = images[HEAP_FULL] + images[HEAP_SAMPLED];

	strbuf_printf(out, "mode %s: ", heap_summary_mode(summary));
	if (images[HEAP_FULL] && images[HEAP_SAMPLED])
		strbuf_printf(out, "%zu process image%s exact, %zu with ", images[HEAP_FULL],
			      plural(images[HEAP_FULL]), images[HEAP_SAMPLED]);
	if (images[HEAP_SAMPLED])
		emit_mean(out, summary);
	else
		strbuf_puts(out, "every allocation was recorded");
	if (images[HEAP_OFF])
		strbuf_printf(out, ", but nothing of %zu of %zu process images", images[HEAP_OFF],
			      images[HEAP_OFF] + recorded);
	strbuf_puts(out, "\n");
}

static void emit_amount(struct strbuf *out, const char *what, bool about, uint64_t bytes,
			uint64_t objects)
{
	char amount[HUMAN_SIZE];

	strbuf_printf(out, "%s %s%s in %llu object%s", what, about ? "about " : "",
		      human_bytes(amount, bytes), (unsigned long long)objects, plural(objects));
}

static void emit_totals(struct strbuf *out, const struct heap_profile *profile)
{
	const struct heap_numbers *total = &profile->total;
	const struct heap_summary *sum = &profile->summary;
	bool about = sum->images[HEAP_SAMPLED];

	emit_amount(out, "live", about, total->live_bytes, heap_objects(total->live_objects));
	if (about && sum->live_images == profile->image_count)
		emit_amount(out, " (exactly", false, sum->live_bytes, sum->live_blocks);
	strbuf_puts(out, about && sum->live_images == profile->image_count ? "), " : ", ");
	emit_amount(out, "allocated", about, total->alloc_bytes,
		    heap_objects(total->alloc_objects));
	strbuf_printf(out, ", by %zu stack%s\n", profile->count, plural(profile->count));
}

/* ---- rows --------------------------------------------------------------------------------- */

static void emit_heading(struct strbuf *out)
{
	strbuf_printf(out, "%11s%8s%12s%14s%14s  %s\n", "live", "live%", "allocated",
		      "live objects", "all objects", "function");
}

static void emit_numbers(struct strbuf *out, const struct heap_numbers *n,
			 const struct heap_numbers *total)
{
	char live[HUMAN_SIZE], alloc[HUMAN_SIZE];
	double percent =
	    total->live_bytes ? 100.0 * (double)n->live_bytes / (double)total->live_bytes : 0;

	strbuf_printf(out, "%11s%7.1f%%%12s%14llu%14llu  ", human_bytes(live, n->live_bytes),
		      percent, human_bytes(alloc, n->alloc_bytes),
		      (unsigned long long)heap_objects(n->live_objects),
		      (unsigned long long)heap_objects(n->alloc_objects));
}

static void emit_frame(struct strbuf *out, const struct frame *frame)
{
	if (frame)
		text_frame(out, frame);
	else
		strbuf_puts(out, "(the stack is not known)");
	strbuf_puts(out, "\n");
}

static int emit_top(struct strbuf *out, const struct heap_profile *profile)
{
	struct heap_numbers rest = {0};
	struct heap_top top;
	size_t i;

	if (heap_top_build(&top, profile))
		return -1;
	strbuf_puts(out, "\ntop: by the function that allocated\n\n");
	emit_heading(out);
	for (i = 0; i < top.count; i++) {
		if (i >= TOP_ROWS) {
			heap_numbers_add(&rest, &top.rows[i].n);
			continue;
		}
		emit_numbers(out, &top.rows[i].n, &profile->total);
		emit_frame(out, top.rows[i].frame);
	}
	if (top.count > TOP_ROWS) {
		emit_numbers(out, &rest, &profile->total);
		strbuf_printf(out, "... %zu more\n", top.count - TOP_ROWS);
	}
	heap_top_free(&top);
	return 0;
}

struct tree {
	struct strbuf *out;
	const struct heap_numbers *total;
};

static void emit_branch(void *arg, const struct heap_branch *branch)
{
	const struct tree *tree = arg;

	emit_numbers(tree->out, &branch->n, tree->total);
	strbuf_printf(tree->out, "%*s", (int)(2 * branch->depth), "");
	if (branch->folded)
		strbuf_printf(tree->out, "... %zu more\n", branch->folded);
	else if (branch->too_deep)
		strbuf_puts(tree->out, "... deeper calls\n");
	else
		emit_frame(tree->out, branch->frame);
}

static int emit_tree(struct strbuf *out, const struct heap_profile *profile)
{
	struct tree tree = {out, &profile->total};

	strbuf_printf(out, "\ntree: by call, callers first; what is below %u %% is folded\n\n",
		      100 / HEAP_TREE_FOLD);
	emit_heading(out);
	return heap_tree_walk(profile, emit_branch, &tree);
}

/* ---- the end ------------------------------------------------------------------------------ */

static void add_notes(struct strbuf *notes, const struct heap_profile *profile)
{
	const char *const *text = symbolizer_warnings(profile->sym);
	uint64_t lost = profile->summary.lost_blocks;
	size_t i;

	if (lost)
		strbuf_printf(notes, "note: %llu heap block%s could not be recorded\n",
			      (unsigned long long)lost, plural(lost));
	for (i = 0; i < profile->image_count; i++) {
		const struct image *image = profile->images[i];

		if (!image->damage)
			continue;
		strbuf_puts(notes, "note: incomplete trace ");
		strbuf_puts_safe(notes, image->source);
		strbuf_printf(notes, ": %s\n", image->damage);
	}
	for (; *text; text++) {
		strbuf_puts(notes, "note: ");
		strbuf_puts_safe(notes, *text);
		strbuf_puts(notes, "\n");
	}
}

static void emit_notes(struct strbuf *out, const struct heap_profile *profile)
{
	struct strbuf notes = STRBUF_INIT;

	add_notes(&notes, profile);
	if (notes.len) {
		strbuf_puts(out, "\n");
		strbuf_add(out, notes.data, notes.len);
	}
	out->failed |= notes.failed;
	strbuf_free(&notes);
}

/* The shim says why, if it was not told to. */
static const char *reason_of_none(const struct heap_profile *profile)
{
	size_t i, k;

	for (i = 0; i < profile->image_count; i++) {
		const struct image *image = profile->images[i];

		for (k = 0; k < image->note_count; k++)
			if (image->notes[k].state != TL_SLOT_EMPTY &&
			    image->notes[k].code == TL_NOTE_HEAP && image->notes[k].text[0])
				return image->notes[k].text;
	}
	return "the heap was not recorded (heap=off)";
}

int emit_heap_text(struct strbuf *out, const struct heap_profile *profile)
{
	bool none = profile->summary.images[HEAP_OFF] == profile->image_count;

	strbuf_puts(out, none ? "no heap profile of " : "heap profile of ");
	emit_program(out, profile);
	if (none) {
		strbuf_puts(out, ": ");
		strbuf_puts_safe(out, reason_of_none(profile));
	}
	strbuf_puts(out, "\n");
	if (none)
		return out->failed ? -1 : 0;
	emit_mode(out, &profile->summary);
	emit_totals(out, profile);
	if (profile->count && (emit_top(out, profile) || emit_tree(out, profile)))
		return -1;
	emit_notes(out, profile);
	return out->failed ? -1 : 0;
}
