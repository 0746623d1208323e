/* SPDX-License-Identifier: MIT */
/*
 * symbolize.h - addresses to functions, files and lines, by libdw.
 *
 * A symbolizer opens each object once, checks its build-id against the one recorded in the trace (a
 * file that was rebuilt since must not give wrong lines: its frames are then module+offset, and
 * symbolizer_warnings says why), finds separate debug info (.gnu_debuglink, build-id directories,
 * --debug-root), and caches every answer. Not thread-safe.
 */
#ifndef ANALYZER_SYMBOLIZE_H
#define ANALYZER_SYMBOLIZE_H

#include "frame.h"
#include <stdbool.h>
#include <stddef.h>

struct symbolizer;

struct symbolizer_options {
	const char *debug_root; /* searched for objects and debug info before the system; or NULL */
	bool debuginfod;	/* off unless asked for: no network access otherwise */
	bool symbolize;		/* false: every frame stays module+offset */
	const char *source_root; /* stripped from file names; or NULL */
};

struct symbolizer_module {
	const char *path;
	const uint8_t *build_id;
	size_t build_id_len; /* 0 = none: then path alone decides */
	unsigned flags;	     /* TL_MOD_* */
	uint64_t start, end; /* ELF virtual addresses that it spans; of the first that was added */
};

/* NULL on lack of memory. */
struct symbolizer *symbolizer_new(const struct symbolizer_options *options);
void symbolizer_free(struct symbolizer *sym);

/*
 * Registers an object and returns its handle (0, 1, ...); the same path and build-id give the same
 * handle. Opens nothing yet.
 */
int symbolizer_add(struct symbolizer *sym, const struct symbolizer_module *module);

/* The first that was added of the same build-id: itself, most often, and where it has none. */
int symbolizer_twin(const struct symbolizer *sym, int handle);

/*
 * Frames of one return address, innermost inlined one first, at least one; valid until
 * symbolizer_free. `address` is the return address as an ELF virtual address; the call before it is
 * what is looked up. A negative handle gives a nameless frame.
 */
size_t symbolizer_lookup(struct symbolizer *sym, int handle, uint64_t address,
			 const struct frame **frames);

/* The same for the place where a program begins, as far as that is known: never in a call. */
size_t symbolizer_entry(struct symbolizer *sym, int handle, const struct frame **frames);

/* Name of the data symbol that covers `address`, demangled, or NULL. */
const char *symbolizer_data(struct symbolizer *sym, int handle, uint64_t address);

/* Whether some answer, or part of one, was lost for lack of memory: no report is right then. */
bool symbolizer_failed(const struct symbolizer *sym);

/* One sentence a module that could not be used as recorded; NULL-terminated, owned by sym. */
const char *const *symbolizer_warnings(struct symbolizer *sym);

#endif
