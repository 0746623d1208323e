/* SPDX-License-Identifier: MIT */
/* Calls as a flame graph that hangs down: callers on top, as wide as what was leaked through them.
 * Without a script: CI servers let none run. */
#include "call_tree.h"
#include "html.h"
#include "util.h"

#include <inttypes.h>
#include <string.h>

#define ROW	  20   /* pixels */
#define DEPTH_MAX 60   /* rows drawn */
#define NARROW	  0.15 /* percent of the width: not to be seen, nor clicked */
#define NODES_MAX 4000 /* of a picture: browsers have to lay them out */

struct picture {
	const struct html *html;
	const char *unit; /* "timer", or NULL for bytes */
	uint64_t total;
	unsigned nodes, hidden, rows;
};

static void amount(struct strbuf *out, const struct picture *picture, uint64_t weight)
{
	char bytes[HUMAN_SIZE];

	if (!picture->unit) {
		strbuf_puts(out, human_bytes(bytes, weight));
		return;
	}
	html_number(out, weight);
	strbuf_printf(out, " %s%s", picture->unit, weight == 1 ? "" : "s");
}

static void share(struct strbuf *out, const struct picture *picture, uint64_t weight)
{
	amount(out, picture, weight);
	strbuf_printf(out, ", %.1f %%", 100.0 * (double)weight / (double)picture->total);
}

static void caption(struct strbuf *out, const struct call_node *node)
{
	const char *name = node->frame ? node->frame->function : "all";

	if (name)
		safe_xml(out, name);
	else
		html_frame(out, node->frame);
}

/* Neighbours differ; a name keeps its shade over pictures. */
static unsigned shade(const struct call_node *node)
{
	const char *name = node->frame && node->frame->function ? node->frame->function : "";

	return (unsigned)(fnv_add(FNV_START, name, strlen(name)) % 3);
}

static void tooltip(struct strbuf *out, const struct picture *picture, const struct call_node *node)
{
	strbuf_puts(out, "<title>");
	if (node->frame && node->frame->function)
		safe_xml(out, node->frame->function);
	else
		strbuf_puts(out, node->frame ? "(nameless)" : "all");
	if (node->frame && node->frame->file) {
		strbuf_puts(out, " ");
		safe_xml(out, node->frame->file);
		strbuf_printf(out, ":%d", node->frame->line);
	}
	strbuf_puts(out, " (");
	share(out, picture, node->weight);
	strbuf_puts(out, ")</title>");
}

static void draw_node(struct picture *picture, const struct call_node *node, double x, double width,
		      unsigned depth)
{
	struct strbuf *out = picture->html->out;

	strbuf_puts(out, "<a href=\"#");
	html_anchor(out, node->item);
	strbuf_printf(out, "\"><svg x=\"%.3f%%\" y=\"%u\" width=\"%.3f%%\" height=\"%u\">", x,
		      depth * ROW, width, (unsigned)ROW);
	tooltip(out, picture, node);
	if (node->frame)
		strbuf_printf(out, "<rect class=b%u width=\"100%%\" height=\"100%%\"/>",
			      shade(node));
	else
		strbuf_puts(out, "<rect class=all width=\"100%\" height=\"100%\"/>");
	if (width > 1.5) {
		strbuf_puts(out, "<text x=\"4\" y=\"14\">");
		if (node->frame && !node->frame->function)
			strbuf_puts(out, "(nameless)");
		else
			caption(out, node);
		if (!node->frame) {
			strbuf_puts(out, ": ");
			amount(out, picture, node->weight);
		}
		strbuf_puts(out, "</text>");
	}
	strbuf_puts(out, "</svg></a>\n");
}

static void draw(struct picture *picture, const struct call_node *node, double x, unsigned depth)
{
	double width = 100.0 * (double)node->weight / (double)picture->total;
	const struct call_node *child;

	if (width < NARROW || depth >= DEPTH_MAX || picture->nodes >= NODES_MAX) {
		picture->hidden++;
		return;
	}
	picture->nodes++;
	if (depth + 1 > picture->rows)
		picture->rows = depth + 1;
	draw_node(picture, node, x, width, depth);
	for (child = node->child; child; child = child->next) {
		draw(picture, child, x, depth + 1);
		x += 100.0 * (double)child->weight / (double)picture->total;
	}
}

/* What a reader without eyes or with a keyboard gets: the same as nested lists. */
static void list(struct picture *picture, const struct call_node *node, unsigned depth)
{
	struct strbuf *out = picture->html->out;
	const struct call_node *child;

	if (!node->child || depth >= DEPTH_MAX)
		return;
	strbuf_puts(out, "<ul>");
	for (child = node->child; child; child = child->next) {
		if (100.0 * (double)child->weight / (double)picture->total < NARROW)
			continue;
		strbuf_puts(out, "<li>");
		html_frame(out, child->frame);
		strbuf_puts(out, ": ");
		share(out, picture, child->weight);
		list(picture, child, depth + 1);
		strbuf_puts(out, "</li>");
	}
	strbuf_puts(out, "</ul>\n");
}

static unsigned rows_of(const struct call_node *node, uint64_t total, unsigned depth)
{
	unsigned deepest = depth + 1, below;
	const struct call_node *child;

	for (child = node->child; child && depth + 1 < DEPTH_MAX; child = child->next) {
		if (100.0 * (double)child->weight / (double)total < NARROW)
			continue;
		below = rows_of(child, total, depth + 1);
		deepest = below > deepest ? below : deepest;
	}
	return deepest;
}

static void picture(const struct html *html, struct call_tree *tree, const char *id,
		    const char *title, const char *unit)
{
	struct picture picture = {.html = html, .unit = unit, .total = tree->root.weight};
	struct strbuf *out = html->out;

	if (tree->failed)
		out->failed = true;
	if (!picture.total || tree->failed)
		return;
	call_tree_sort(tree);
	strbuf_printf(out,
		      "<section aria-labelledby=%s><h2 id=%s>%s</h2>\n<p class=soft>Callers on "
		      "top; as wide as what was leaked through them. Each block leads to its "
		      "site.</p>\n<svg role=group aria-label=\"%s\" height=\"%u\">\n",
		      id, id, title, title, rows_of(&tree->root, picture.total, 0) * ROW);
	draw(&picture, &tree->root, 0, 0);
	strbuf_puts(out, "</svg>\n");
	if (picture.hidden)
		strbuf_printf(out, "<p class=soft>%u call%s too narrow or too deep to draw.</p>\n",
			      picture.hidden, picture.hidden == 1 ? " is" : "s are");
	strbuf_puts(out, "<details><summary>The same as a list</summary>");
	list(&picture, &tree->root, 0);
	strbuf_puts(out, "</details></section>\n");
}

void html_icicles(const struct html *html)
{
	const struct report *report = html->report;
	struct call_tree timers = {0}, bytes = {0};
	size_t i;

	for (i = 0; i < report->entry_count && i < HTML_SITES_MAX; i++) {
		const struct entry *entry = report->entries[i];

		if (!entry->leaked)
			break;
		call_tree_add(&timers, entry->site->stack, entry_leaked(entry), i);
		call_tree_add(&bytes, entry->site->stack, entry->retained_bytes, i);
	}
	picture(html, &timers, "timers", "Leaked timers by call", "timer");
	picture(html, &bytes, "bytes", "Retained bytes by call", NULL);
	call_tree_free(&timers);
	call_tree_free(&bytes);
}
