/* SPDX-License-Identifier: MIT */
/*
 * symbolize_dwarf.h - the functions and lines that debug info has for one address.
 */
#ifndef ANALYZER_SYMBOLIZE_DWARF_H
#define ANALYZER_SYMBOLIZE_DWARF_H

#include "symbolize_object.h"

#define DWARF_CHAIN_MAX 64 /* inlined calls at one address; deeper ones lose their outermost */

#define DWARF_SCOPES_MAX 16

struct dwarf_frame {
	const char *function; /* as linked, or as written where there is no linker name; or NULL */
	/* C++ without a linker name: the namespaces, classes and functions around it, innermost
	 * first. */
	const char *scopes[DWARF_SCOPES_MAX];
	size_t scope_count;
	const char *directory, *file; /* directory: only for a relative file; either may be NULL */
	int line;
	bool inlined;
};

/*
 * Frames at `address`, innermost first; 0 if debug info does not cover it. Strings live as long as
 * the object.
 */
size_t dwarf_frames_at(struct object *object, uint64_t address,
		       struct dwarf_frame frames[DWARF_CHAIN_MAX]);

#endif
