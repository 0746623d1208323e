/* SPDX-License-Identifier: MIT */
/*
 * frame.h - one line of a stack as a person reads it. The one shape that symbolize, suppress,
 * group and the emitters share.
 *
 * Strings are owned by the symbolizer (they live until symbolizer_free) and are never modified.
 */
#ifndef ANALYZER_FRAME_H
#define ANALYZER_FRAME_H

#include <stdbool.h>
#include <stdint.h>

/* What was loaded of an object, and from where in its file. */
struct segment {
	uint64_t start, end; /* ELF virtual addresses */
	uint64_t offset;     /* of its start in the file */
	bool fixed;	     /* the object is linked to run at these addresses */
};

struct frame {
	const char *function; /* demangled; NULL if nameless */
	const char *file;   /* as the debug info has it, joined with its directory; NULL if none */
	int line;	    /* 0 if none */
	bool inlined;	    /* into the next frame */
	const char *module; /* path of the object; NULL for code outside every object */
	const char *build_id;	       /* lower-case hex; "" if none */
	uint64_t offset;	       /* ELF virtual address in the module */
	unsigned module_flags;	       /* TL_MOD_* of tl_format.h */
	const struct segment *segment; /* NULL if unknown */
};

#endif
