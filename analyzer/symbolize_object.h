/* SPDX-License-Identifier: MIT */
/*
 * symbolize_object.h - one object file, opened by libdwfl in a session of its own, so that run-time
 * addresses play no part: every address here is an ELF virtual address.
 *
 * Object files are untrusted input: gone, replaced, unreadable or no ELF at all gives a sentence,
 * never a wrong name.
 */
#ifndef ANALYZER_SYMBOLIZE_OBJECT_H
#define ANALYZER_SYMBOLIZE_OBJECT_H

#include "frame.h"
#include "symbolize_units.h"

#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct object {
	Dwfl *dwfl;
	Dwfl_Module *module;	  /* NULL: nothing is known about it */
	Dwarf *dwarf;		  /* NULL: no debug info */
	uint64_t dwarf_bias;	  /* 0 but for debug info of a prelinked file */
	Dwfl_Callbacks callbacks; /* libdwfl keeps pointers to this and the next */
	char *debug_path;
	struct unit_index units;
};

struct object_source {
	const char *path;
	const uint8_t *build_id;
	size_t build_id_len;	/* 0: path alone decides */
	const char *debug_root; /* or NULL */
	bool names_only;	/* linker names will do: debug info is not read */
};

/*
 * Opens the object, or the debug file with its build-id. 0; -1 with one sentence in *warning
 * (malloc'ed, NULL on lack of memory); there may be one with 0 too. object_close() is right after
 * either.
 */
int object_open(struct object *object, const struct object_source *source, char **warning);
void object_close(struct object *object);

/* The unit that the code at `address` was compiled from; false if no debug info has it. */
bool object_find_unit(struct object *object, uint64_t address, Dwarf_Die *unit);

/* Where a program begins; 0 if it is not known. */
uint64_t object_entry(struct object *object);

/* The loaded part of the file that has code at `address`, in whole pages; false if none has. */
bool object_segment(struct object *object, uint64_t address, struct segment *segment);

/* Linker name of the symbol that covers `address`, or NULL. Lives as long as the object. */
const char *object_function(struct object *object, uint64_t address);
const char *object_variable(struct object *object, uint64_t address);

#endif
