/* SPDX-License-Identifier: MIT */
#include "report_own_rules.h"
#include "strbuf.h"
#include "util.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One text, and the images that brought it: mostly many of one program. */
struct own {
	struct strbuf text;
	uint32_t *images; /* sorted */
	size_t count, capacity;
};

struct owns {
	struct own *list;
	size_t count, capacity;
};

static void read_rules(struct strbuf *text, const struct image *image)
{
	size_t i;

	for (i = 0; i < image->note_count; i++)
		if (image->notes[i].state != TL_SLOT_EMPTY && image->notes[i].code == TL_NOTE_RULES)
			strbuf_puts(text, image->notes[i].text);
}

/* Takes the text over. */
static struct own *find_or_add(struct owns *owns, struct strbuf *text)
{
	size_t i;

	for (i = 0; i < owns->count; i++) {
		if (strcmp(owns->list[i].text.data, text->data) != 0)
			continue;
		strbuf_free(text);
		return &owns->list[i];
	}
	if (!array_grow(&owns->list, owns->count, &owns->capacity, sizeof(*owns->list))) {
		strbuf_free(text);
		return NULL;
	}
	owns->list[owns->count] = (struct own){.text = *text};
	return &owns->list[owns->count++];
}

static int add_image(struct owns *owns, const struct image *image, size_t number)
{
	struct strbuf text = STRBUF_INIT;
	struct own *own;

	read_rules(&text, image);
	if (!text.len) {
		strbuf_free(&text);
		return text.failed ? -1 : 0;
	}
	own = find_or_add(owns, &text);
	if (!own || !array_grow(&own->images, own->count, &own->capacity, sizeof(*own->images)))
		return -1;
	own->images[own->count++] = (uint32_t)number;
	return 0;
}

static int use(struct suppressions *rules, const struct own *own, char **warning)
{
	char error[256];

	if (suppressions_parse_own(rules, SUPPRESSIONS_OWN, own->text.data, own->images, own->count,
				   error, sizeof(error)) == 0 ||
	    *warning)
		return 0;
	return asprintf(warning, "suppressions: %s; none of the program's own rules is used",
			error) < 0
		   ? -1
		   : 0;
}

int report_own_rules(struct suppressions *rules, const struct image *const *images, size_t count,
		     char **warning)
{
	struct owns owns = {0};
	size_t i;
	int failed = 0;

	*warning = NULL;
	for (i = 0; !failed && i < count; i++)
		failed = add_image(&owns, images[i], i);
	for (i = 0; i < owns.count; i++) {
		if (!failed)
			failed = use(rules, &owns.list[i], warning);
		strbuf_free(&owns.list[i].text);
		free(owns.list[i].images);
	}
	free(owns.list);
	return failed;
}
