/* SPDX-License-Identifier: MIT */
#include "symbolize.h"
#include "preload/tl_format.h"
#include "symbolize_dwarf.h"
#include "symbolize_text.h"
#include "util.h"
#include "util_path.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct answer_key {
	uint64_t address;
	uint64_t handle; /* 64 bits wide: no padding in what is hashed */
};

struct answer {
	UT_hash_handle hh;
	struct answer_key key;
	size_t count;
	struct frame frames[];
};

/* More parts with code than linkers make. */
#define SEGMENTS_MAX 4

struct module {
	char *path;
	uint8_t build_id[32];
	size_t build_id_len;
	char hex[65];
	unsigned flags;
	struct segment segments[SEGMENTS_MAX]; /* the first one is all that was loaded */
	size_t segment_count;
	int twin; /* see symbolizer_twin() */
	bool opened;
	struct object object;
};

struct symbolizer {
	struct symbolizer_options options;
	struct module **modules;
	size_t module_count, module_capacity;
	struct text_pool texts;
	struct answer *answers;
	char **warnings; /* NULL-terminated */
	size_t warning_count, warning_capacity;
	struct frame unknown; /* the answer when there is no memory for a better one */
	bool failed;	      /* that was given, or a name is missing for the same reason */
};

/* ---- life --------------------------------------------------------------------------------- */

struct symbolizer *symbolizer_new(const struct symbolizer_options *options)
{
	struct symbolizer *sym = calloc(1, sizeof(*sym));

	if (!sym)
		return NULL;
	sym->options = *options;
	sym->unknown.build_id = "";
	/* The list always ends with NULL, also while it is empty. */
	if (!array_grow(&sym->warnings, 0, &sym->warning_capacity, sizeof(*sym->warnings))) {
		free(sym);
		return NULL;
	}
	sym->warnings[0] = NULL;
	/* libdwfl asks servers by itself as soon as the variable is set. */
	if (!options->debuginfod)
		unsetenv("DEBUGINFOD_URLS");
	return sym;
}

static void free_module(struct module *module)
{
	object_close(&module->object);
	free(module->path);
	free(module);
}

void symbolizer_free(struct symbolizer *sym)
{
	struct answer *answer, *next_answer;
	size_t i;

	if (!sym)
		return;
	HASH_ITER (hh, sym->answers, answer, next_answer) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the next was read before the free */
		HASH_DEL(sym->answers, answer);
		free(answer);
	}
	text_pool_free(&sym->texts);
	for (i = 0; i < sym->module_count; i++)
		free_module(sym->modules[i]);
	for (i = 0; i < sym->warning_count; i++)
		free(sym->warnings[i]);
	free(sym->modules);
	free(sym->warnings);
	free(sym);
}

/* ---- modules ------------------------------------------------------------------------------ */

static bool same_build(const struct module *a, const struct symbolizer_module *b)
{
	return a->build_id_len && a->build_id_len == b->build_id_len &&
	       memcmp(a->build_id, b->build_id, a->build_id_len) == 0;
}

static bool same_module(const struct module *a, const struct symbolizer_module *b)
{
	return (same_build(a, b) || (!a->build_id_len && !b->build_id_len)) &&
	       strcmp(a->path, b->path) == 0;
}

static struct module *new_module(const struct symbolizer_module *from)
{
	struct module *module = calloc(1, sizeof(*module));

	if (!module)
		return NULL;
	module->path = strdup(from->path);
	if (!module->path) {
		free(module);
		return NULL;
	}
	module->flags = from->flags;
	module->segment_count = 1;
	if (from->start < from->end)
		module->segments[0] = (struct segment){from->start, from->end, 0, from->start != 0};
	module->build_id_len = from->build_id_len;
	if (from->build_id_len)
		memcpy(module->build_id, from->build_id, from->build_id_len);
	hex_encode(module->hex, module->build_id, module->build_id_len);
	return module;
}

int symbolizer_add(struct symbolizer *sym, const struct symbolizer_module *module)
{
	struct module *added;
	int twin = -1;
	size_t i;

	if (!module->path || module->build_id_len > sizeof(added->build_id))
		return -1;
	for (i = 0; i < sym->module_count; i++) {
		if (same_module(sym->modules[i], module))
			return (int)i;
		if (twin < 0 && same_build(sym->modules[i], module))
			twin = (int)i;
	}
	added = sym->module_count < INT32_MAX &&
			array_grow(&sym->modules, sym->module_count, &sym->module_capacity,
				   sizeof(*sym->modules))
		    ? new_module(module)
		    : NULL;
	if (!added) {
		sym->failed = true;
		return -1;
	}
	added->twin = twin < 0 ? (int)sym->module_count : twin;
	sym->modules[sym->module_count] = added;
	return (int)sym->module_count++;
}

static void warn(struct symbolizer *sym, char *sentence)
{
	if (!sentence || !array_grow(&sym->warnings, sym->warning_count + 1, &sym->warning_capacity,
				     sizeof(*sym->warnings))) {
		sym->failed = true;
		free(sentence);
		return;
	}
	sym->warnings[sym->warning_count++] = sentence;
	sym->warnings[sym->warning_count] = NULL;
}

static struct module *module_of(struct symbolizer *sym, int handle)
{
	return handle >= 0 && (size_t)handle < sym->module_count ? sym->modules[handle] : NULL;
}

int symbolizer_twin(const struct symbolizer *sym, int handle)
{
	return handle >= 0 && (size_t)handle < sym->module_count ? sym->modules[handle]->twin
								 : handle;
}

/* Code that is in no file: the vDSO and whatever has no absolute path. */
static bool has_file(const struct module *module)
{
	return !(module->flags & (TL_MOD_VDSO | TL_MOD_PATH_CUT)) && module->path[0] == '/';
}

/* Debug info of the libc, where it is installed, is compressed and takes longer to unpack than all
 * the rest of a report; its lines are of no use to those who did not write it. */
static bool is_plumbing(const struct module *module)
{
	return module->flags & (TL_MOD_LIBC | TL_MOD_SHIM | TL_MOD_UNWIND);
}

/* Libraries give no name and no reason; what malloc() leaves in errno is one. */
static void fail_if_no_memory(struct symbolizer *sym)
{
	if (errno == ENOMEM)
		sym->failed = true;
}

static struct object *object_of(struct symbolizer *sym, struct module *module)
{
	struct object_source source = {module->path, module->build_id, module->build_id_len,
				       sym->options.debug_root, is_plumbing(module)};
	char *warning = NULL;

	if (!sym->options.symbolize || !has_file(module))
		return NULL;
	if (!module->opened) {
		module->opened = true;
		errno = 0;
		if (object_open(&module->object, &source, &warning) != 0) {
			fail_if_no_memory(sym);
			object_close(&module->object);
			warn(sym, warning);
		} else if (warning) {
			warn(sym, warning);
		}
	}
	return module->object.module ? &module->object : NULL;
}

/* ---- look-up ------------------------------------------------------------------------------ */

static const char *without_root(const struct symbolizer *sym, const char *file)
{
	const char *root = sym->options.source_root;
	size_t len = root ? strlen(root) : 0;

	while (len && root[len - 1] == '/')
		len--;
	if (!file || !len || strncmp(file, root, len) != 0 || file[len] != '/')
		return file;
	while (file[len] == '/')
		len++;
	/* With "..", it may lead out again. */
	return path_inside(file + len) ? file + len : file;
}

static void fill_frame(struct symbolizer *sym, struct frame *frame, const struct dwarf_frame *from)
{
	frame->function = from->scope_count ? text_pool_scoped(&sym->texts, from)
					    : text_pool_demangled(&sym->texts, from->function);
	frame->file = without_root(sym, text_pool_file(&sym->texts, from));
	frame->line = from->line;
	frame->inlined = from->inlined;
}

/* Frames keep pointers to them: none ever moves. */
static const struct segment *find_segment(struct symbolizer *sym, struct module *module,
					  uint64_t address)
{
	struct segment *next = &module->segments[module->segment_count];
	struct object *object = object_of(sym, module);
	size_t i;

	for (i = 1; i < module->segment_count; i++)
		if (address - module->segments[i].start <
		    module->segments[i].end - module->segments[i].start)
			return &module->segments[i];
	if (module->segment_count < SEGMENTS_MAX && object &&
	    object_segment(object, address, next)) {
		next->fixed = module->segments[0].fixed;
		module->segment_count++;
		return next;
	}
	return module->segments[0].end ? &module->segments[0] : NULL;
}

static void fill_module(struct symbolizer *sym, struct frame *frame, struct module *module)
{
	frame->build_id = "";
	if (!module)
		return;
	frame->module = module->path;
	frame->build_id = module->hex;
	frame->module_flags = module->flags;
	frame->segment = find_segment(sym, module, frame->offset ? frame->offset - 1 : 0);
}

static struct answer *new_answer(struct symbolizer *sym, const struct answer_key *key,
				 const struct dwarf_frame *found, size_t count)
{
	struct module *module = module_of(sym, (int)(int64_t)key->handle);
	struct answer *answer = calloc(1, sizeof(*answer) + count * sizeof(answer->frames[0]));
	size_t i;

	if (!answer)
		return NULL;
	answer->key = *key;
	answer->count = count;
	for (i = 0; i < count; i++) {
		struct frame *frame = &answer->frames[i];

		fill_frame(sym, frame, &found[i]);
		frame->offset = key->address;
		fill_module(sym, frame, module);
	}
	return answer;
}

static struct answer *look_up(struct symbolizer *sym, const struct answer_key *key)
{
	struct dwarf_frame found[DWARF_CHAIN_MAX] = {{0}};
	struct module *module = module_of(sym, (int)(int64_t)key->handle);
	struct object *object = module ? object_of(sym, module) : NULL;
	/* A return address may be the first byte of the next line or function. */
	uint64_t call = key->address ? key->address - 1 : 0;
	struct answer *answer;
	size_t count;

	errno = 0;
	count = object ? dwarf_frames_at(object, call, found) : 0;
	if (!count)
		count = 1;
	if (object && !found[count - 1].function)
		found[count - 1].function = object_function(object, call);
	answer = new_answer(sym, key, found, count);
	fail_if_no_memory(sym);
	return answer;
}

size_t symbolizer_lookup(struct symbolizer *sym, int handle, uint64_t address,
			 const struct frame **frames)
{
	struct answer_key key = {address, (uint64_t)(int64_t)(handle < 0 ? -1 : handle)};
	struct answer *answer;

	/* NOLINTNEXTLINE(clang-analyzer-core.*): it forgets the key in the hash function */
	HASH_FIND(hh, sym->answers, &key, sizeof(key), answer);
	if (!answer) {
		answer = look_up(sym, &key);
		if (answer)
			HASH_ADD(hh, sym->answers, key, sizeof(key), answer);
		if (answer && !answer->hh.tbl) {
			free(answer);
			answer = NULL;
		}
		sym->failed |= !answer;
	}
	*frames = answer ? answer->frames : &sym->unknown;
	return answer ? answer->count : 1;
}

size_t symbolizer_entry(struct symbolizer *sym, int handle, const struct frame **frames)
{
	struct module *module = module_of(sym, handle);
	struct object *object = module ? object_of(sym, module) : NULL;
	uint64_t entry = object ? object_entry(object) : 0;

	/* As the look-up takes it, an address is one that a call returns to. */
	return symbolizer_lookup(sym, handle, entry ? entry + 1 : 0, frames);
}

const char *symbolizer_data(struct symbolizer *sym, int handle, uint64_t address)
{
	struct module *module = module_of(sym, handle);
	struct object *object = module ? object_of(sym, module) : NULL;
	const char *name;

	errno = 0;
	name = object ? text_pool_demangled(&sym->texts, object_variable(object, address)) : NULL;
	fail_if_no_memory(sym);
	return name;
}

bool symbolizer_failed(const struct symbolizer *sym)
{
	return sym->failed;
}

const char *const *symbolizer_warnings(struct symbolizer *sym)
{
	return (const char *const *)sym->warnings;
}
