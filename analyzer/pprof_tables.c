/* SPDX-License-Identifier: MIT */
#include "pprof_tables.h"
#include "util.h"

#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

enum table { STRINGS, FUNCTIONS, MAPPINGS, LOCATIONS };

/* What an entry of a table is found by: for strings a text, else two numbers. */
struct pprof_node {
	UT_hash_handle hh;
	uint64_t index;
	char key[]; /* a byte for the table, then the rest */
};

static struct pprof_node *find(const struct pprof *p, enum table table, const void *data,
			       size_t len, struct strbuf *key)
{
	struct pprof_node *node;
	char which = (char)table;

	strbuf_add(key, &which, 1);
	strbuf_add(key, data, len);
	if (key->failed)
		return NULL;
	HASH_FIND(hh, p->nodes, key->data, key->len, node);
	return node;
}

static bool remember(struct pprof *p, const struct strbuf *key, uint64_t index)
{
	struct pprof_node *node = key->failed ? NULL : malloc(sizeof(*node) + key->len);

	if (!node)
		return false;
	node->index = index;
	memcpy(node->key, key->data, key->len);
	HASH_ADD_KEYPTR(hh, p->nodes, node->key, key->len, node);
	if (node->hh.tbl)
		return true;
	free(node);
	return false;
}

void pprof_tables_free(struct pprof *p)
{
	struct pprof_node *node, *next;

	HASH_ITER (hh, p->nodes, node, next) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the next was read before the free */
		HASH_DEL(p->nodes, node);
		free(node);
	}
}

/* ---- adding ------------------------------------------------------------------------------- */

/* Each adds an entry and returns its number, 0 on lack of memory. Strings are UTF-8 by protobuf's
 * rules, and readers print them on terminals. */
static uint64_t add_string(struct pprof *p, const char *text)
{
	pb_profile *profile = p->profile;
	struct strbuf safe = STRBUF_INIT;

	strbuf_puts_safe(&safe, text);
	if (safe.failed || !array_grow(&profile->string_table, profile->n_string_table,
				       &p->string_capacity, sizeof(char *))) {
		strbuf_free(&safe);
		return 0;
	}
	profile->string_table[profile->n_string_table] = safe.data;
	return profile->n_string_table++;
}

static uint64_t add_function(struct pprof *p, int64_t name, int64_t file)
{
	pb_profile *profile = p->profile;
	pb_function *function;

	if (!array_grow(&profile->function, profile->n_function, &p->function_capacity,
			sizeof(pb_function *)))
		return 0;
	function = malloc(sizeof(*function));
	if (!function)
		return 0;
	perftools__profiles__function__init(function);
	profile->function[profile->n_function++] = function;
	function->id = profile->n_function;
	function->name = function->system_name = name;
	function->filename = file;
	return function->id;
}

/*
 * Processes load a module wherever it pleases the kernel; here each has a place of its own, so that
 * no two share an address, which readers would take for one. What is linked to fixed addresses has
 * those.
 */
static uint64_t address_of(uint64_t mapping, const struct frame *frame, uint64_t offset)
{
	uint64_t base = !mapping || (frame->segment && frame->segment->fixed) ? 0 : mapping << 32;

	return offset < UINT64_MAX - base ? base + offset : UINT64_MAX - 1;
}

static uint64_t add_mapping(struct pprof *p, const struct frame *frame, int64_t path, int64_t id)
{
	const struct segment *segment = frame->segment;
	pb_profile *profile = p->profile;
	pb_mapping *mapping;

	if (!array_grow(&profile->mapping, profile->n_mapping, &p->mapping_capacity,
			sizeof(pb_mapping *)))
		return 0;
	mapping = malloc(sizeof(*mapping));
	if (!mapping)
		return 0;
	perftools__profiles__mapping__init(mapping);
	profile->mapping[profile->n_mapping++] = mapping;
	mapping->id = profile->n_mapping;
	mapping->filename = path;
	mapping->build_id = id;
	if (segment) {
		mapping->memory_start = address_of(mapping->id, frame, segment->start);
		mapping->memory_limit = address_of(mapping->id, frame, segment->end);
		mapping->file_offset = segment->offset;
	}
	mapping->has_functions = mapping->has_filenames = true;
	mapping->has_line_numbers = mapping->has_inline_frames = true;
	return mapping->id;
}

static uint64_t add_location(struct pprof *p, uint64_t mapping, uint64_t address)
{
	pb_profile *profile = p->profile;
	pb_location *location;

	if (!array_grow(&profile->location, profile->n_location, &p->location_capacity,
			sizeof(pb_location *)))
		return 0;
	location = malloc(sizeof(*location));
	if (!location)
		return 0;
	perftools__profiles__location__init(location);
	profile->location[profile->n_location++] = location;
	location->id = profile->n_location;
	location->mapping_id = mapping;
	location->address = address;
	return location->id;
}

/* ---- lines -------------------------------------------------------------------------------- */

static bool add_line(struct pprof *p, pb_location *location, const struct frame *frame)
{
	uint64_t function = pprof_function(p, frame);
	pb_line *line = function ? malloc(sizeof(*line)) : NULL;

	if (!line)
		return false;
	perftools__profiles__line__init(line);
	location->line[location->n_line++] = line;
	line->function_id = function;
	line->line = frame->line;
	return true;
}

/* A nameless frame has no line: readers then show its address, or look for its name themselves. */
static bool add_lines(struct pprof *p, pb_location *location, const struct frame *const *frames,
		      size_t count)
{
	size_t i;

	location->line = calloc(count, sizeof(pb_line *));
	if (!location->line)
		return false;
	for (i = 0; i < count; i++)
		if (frames[i]->function && !add_line(p, location, frames[i]))
			return false;
	return true;
}

/* A mapping has what all its locations have, and spans them, whatever a trace says. */
static void mapping_knows(pb_mapping *mapping, const pb_location *location,
			  const struct frame *const *frames, size_t count)
{
	size_t i;

	if (location->address < mapping->memory_start || !mapping->memory_limit)
		mapping->memory_start = location->address;
	if (location->address >= mapping->memory_limit)
		mapping->memory_limit = location->address + 1;
	for (i = 0; i < count; i++) {
		mapping->has_functions &= frames[i]->function != NULL;
		mapping->has_filenames &= frames[i]->file != NULL;
		mapping->has_line_numbers &= frames[i]->line > 0;
	}
	mapping->has_inline_frames = mapping->has_line_numbers;
}

/* ---- find or add -------------------------------------------------------------------------- */

int64_t pprof_string(struct pprof *p, const char *text)
{
	struct strbuf key = STRBUF_INIT;
	const struct pprof_node *node;
	uint64_t index;

	if (!text || !*text)
		return 0;
	node = find(p, STRINGS, text, strlen(text), &key);
	index = node ? node->index : add_string(p, text);
	p->failed |= !index || (!node && !remember(p, &key, index));
	strbuf_free(&key);
	return (int64_t)index;
}

uint64_t pprof_function(struct pprof *p, const struct frame *frame)
{
	const int64_t names[2] = {pprof_string(p, frame->function), pprof_string(p, frame->file)};
	struct strbuf key = STRBUF_INIT;
	const struct pprof_node *node = find(p, FUNCTIONS, names, sizeof(names), &key);
	uint64_t id = node ? node->index : add_function(p, names[0], names[1]);

	p->failed |= !id || (!node && !remember(p, &key, id));
	strbuf_free(&key);
	return id;
}

uint64_t pprof_mapping(struct pprof *p, const struct frame *frame)
{
	const int64_t names[3] = {pprof_string(p, frame->module), pprof_string(p, frame->build_id),
				  frame->segment ? (int64_t)frame->segment->start : 0};
	struct strbuf key = STRBUF_INIT;
	const struct pprof_node *node;
	uint64_t id;

	if (!frame->module)
		return 0;
	node = find(p, MAPPINGS, names, sizeof(names), &key);
	id = node ? node->index : add_mapping(p, frame, names[0], names[1]);
	p->failed |= !id || (!node && !remember(p, &key, id));
	strbuf_free(&key);
	return id;
}

uint64_t pprof_location(struct pprof *p, const struct frame *const *frames, size_t count)
{
	/* The call, not where it returns to: that may be another line. */
	uint64_t call = frames[0]->offset ? frames[0]->offset - 1 : 0,
		 mapping = pprof_mapping(p, frames[0]);
	uint64_t place[2] = {mapping, address_of(mapping, frames[0], call)}, id;
	struct strbuf key = STRBUF_INIT;
	const struct pprof_node *node = find(p, LOCATIONS, place, sizeof(place), &key);
	pb_location *location;

	id = node ? node->index : add_location(p, place[0], place[1]);
	p->failed |= !id || (!node && !remember(p, &key, id));
	strbuf_free(&key);
	if (node || !id)
		return id;
	location = p->profile->location[id - 1];
	p->failed |= !add_lines(p, location, frames, count);
	if (place[0])
		mapping_knows(p->profile->mapping[place[0] - 1], location, frames, count);
	return id;
}
