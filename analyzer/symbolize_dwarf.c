/* SPDX-License-Identifier: MIT */
#include "symbolize_dwarf.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#define NESTING_MAX 200 /* blocks in blocks; bounds the walk over a bad file */

/* Functions around an address, outermost first. */
struct chain {
	Dwarf_Die dies[DWARF_CHAIN_MAX];
	size_t count;
};

static bool is_function(int tag)
{
	return tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine;
}

static bool is_block(int tag)
{
	return is_function(tag) || tag == DW_TAG_lexical_block || tag == DW_TAG_try_block ||
	       tag == DW_TAG_catch_block;
}

static void push(struct chain *chain, const Dwarf_Die *die)
{
	if (chain->count < DWARF_CHAIN_MAX)
		chain->dies[chain->count++] = *die;
}

/*
 * Goes down from `parent` along what contains pc. dwarf_getscopes() is not used: at an inlined call
 * it goes on with the scopes of the definition, not with those of the caller.
 */
static void descend(Dwarf_Die *parent, Dwarf_Addr pc, struct chain *chain)
{
	Dwarf_Die child, block = *parent;
	int depth, found;

	for (depth = 0; depth < NESTING_MAX; depth++) {
		if (dwarf_child(&block, &child) != 0)
			return;
		do
			found = is_block(dwarf_tag(&child)) && dwarf_haspc(&child, pc) > 0;
		while (!found && dwarf_siblingof(&child, &child) == 0);
		if (!found)
			return;
		block = child;
		if (is_function(dwarf_tag(&block)))
			push(chain, &block);
	}
}

/* With -gsplit-dwarf the functions are in a .dwo file, the unit found is its skeleton. */
static Dwarf_Die *full_unit(Dwarf_Die *unit, Dwarf_Die *split)
{
	uint8_t type = 0;

	if (dwarf_cu_info(unit->cu, NULL, &type, NULL, split, NULL, NULL, NULL) == 0 &&
	    type == DW_UT_skeleton && dwarf_tag(split) != DW_TAG_invalid)
		return split;
	return unit;
}

static const char *attr_string(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attr;

	return dwarf_formstring(dwarf_attr_integrate(die, name, &attr));
}

static int attr_number(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attr;
	Dwarf_Word value;

	if (dwarf_formudata(dwarf_attr(die, name, &attr), &value) != 0 || value > INT32_MAX)
		return 0;
	return (int)value;
}

static const char *linkage_name(Dwarf_Die *die)
{
	const char *name = attr_string(die, DW_AT_linkage_name);

	return name ? name : attr_string(die, DW_AT_MIPS_linkage_name);
}

/* ---- scopes of what has no linker name ---------------------------------------------------- */

static bool is_cpp(Dwarf_Die *die)
{
	Dwarf_Die unit;

	if (!dwarf_diecu(die, &unit, NULL, NULL))
		return false;
	switch (dwarf_srclang(&unit)) {
	case DW_LANG_C_plus_plus:
	case DW_LANG_C_plus_plus_03:
	case DW_LANG_C_plus_plus_11:
	case DW_LANG_C_plus_plus_14:
	case 0x2a: /* DW_LANG_C_plus_plus_17 and _20, younger than elfutils 0.188 */
	case 0x2b:
		return true;
	default:
		return false;
	}
}

/* An inlined or out-of-line body leads to its declaration, which is where the scopes are. */
static void go_to_declaration(Dwarf_Die *die)
{
	static const unsigned links[] = {DW_AT_abstract_origin, DW_AT_specification};
	Dwarf_Attribute attr;
	Dwarf_Die next;
	size_t i;

	for (i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (dwarf_formref_die(dwarf_attr(die, links[i], &attr), &next))
			*die = next;
}

static const char *scope_name(Dwarf_Die scope, const char *function)
{
	int tag = dwarf_tag(&scope);
	const char *name = dwarf_diename(&scope);

	if (!symbolize_is_scope_of_names(tag) && tag != DW_TAG_subprogram)
		return NULL;
	if (name || tag == DW_TAG_subprogram)
		return name;
	if (tag == DW_TAG_namespace)
		return "(anonymous namespace)";
	return strcmp(function, "operator()") == 0 ? "{lambda}" : "{unnamed}";
}

/*
 * gcc gives no linker name to what is local to a file: members of anonymous namespaces, lambdas,
 * templates over either.
 */
static void add_scopes(struct object *object, struct dwarf_frame *frame, Dwarf_Die die)
{
	const struct scope_index *index;
	const char *name;
	size_t at;

	if (!is_cpp(&die))
		return;
	go_to_declaration(&die);
	index = unit_index_scopes(&object->units, die.cu);
	at = index ? scope_index_find(index, &die) : SCOPE_NONE;
	while (at != SCOPE_NONE && frame->scope_count < DWARF_SCOPES_MAX) {
		at = index->scopes[at].parent;
		name = at == SCOPE_NONE ? NULL : scope_name(index->scopes[at].die, frame->function);
		if (name)
			frame->scopes[frame->scope_count++] = name;
	}
}

static void set_function(struct object *object, struct dwarf_frame *frame, Dwarf_Die *die)
{
	frame->function = linkage_name(die);
	if (frame->function)
		return;
	frame->function = dwarf_diename(die);
	if (frame->function)
		add_scopes(object, frame, *die);
}

/* ---- lines -------------------------------------------------------------------------------- */

static const char *unit_directory(Dwarf_Die *unit)
{
	Dwarf_Attribute attr;

	return dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attr));
}

/* libdw puts the directory of the line table before the name, and the first of these is the unit's
 * own: a relative one (-ffile-prefix-map=$PWD=.) would come twice.
 */
static bool has_directory(const char *file, const char *directory)
{
	size_t len = strlen(directory);

	return strncmp(file, directory, len) == 0 && (file[len] == '/' || !len);
}

static void set_file(struct dwarf_frame *frame, Dwarf_Die *unit, const char *file)
{
	const char *directory = file && file[0] != '/' ? unit_directory(unit) : NULL;

	frame->file = file;
	frame->directory = directory && !has_directory(file, directory) ? directory : NULL;
}

static void set_line(struct dwarf_frame *frame, Dwarf_Die *unit, Dwarf_Addr pc)
{
	Dwarf_Line *line = dwarf_getsrc_die(unit, pc);

	if (!line)
		return;
	if (dwarf_lineno(line, &frame->line) != 0)
		frame->line = 0;
	set_file(frame, unit, dwarf_linesrc(line, NULL, NULL));
}

/* Where an inlined function was called: a line of the function around it. */
static void set_call_site(struct dwarf_frame *frame, Dwarf_Die *call)
{
	Dwarf_Die unit;
	Dwarf_Files *files;
	size_t count;

	frame->line = attr_number(call, DW_AT_call_line);
	if (!dwarf_diecu(call, &unit, NULL, NULL) || dwarf_getsrcfiles(&unit, &files, &count) != 0)
		return;
	set_file(frame, &unit,
		 dwarf_filesrc(files, (size_t)attr_number(call, DW_AT_call_file), NULL, NULL));
}

/* ---- all of it ---------------------------------------------------------------------------- */

size_t dwarf_frames_at(struct object *object, uint64_t address,
		       struct dwarf_frame frames[DWARF_CHAIN_MAX])
{
	Dwarf_Addr pc = address - object->dwarf_bias;
	struct chain chain = {.count = 0};
	const struct die_ranges *functions;
	Dwarf_Die unit, split, *function;
	size_t i;

	if (!object_find_unit(object, address, &unit))
		return 0;
	functions = unit_index_functions(&object->units, full_unit(&unit, &split));
	function = functions ? function_index_find(functions, pc) : NULL;
	if (function) {
		push(&chain, function);
		descend(function, pc, &chain);
	}
	memset(frames, 0, (chain.count ? chain.count : 1) * sizeof(*frames));
	set_line(&frames[0], &unit, pc);
	for (i = 0; i < chain.count; i++) {
		Dwarf_Die *die = &chain.dies[chain.count - 1 - i];

		set_function(object, &frames[i], die);
		frames[i].inlined =
		    i + 1 < chain.count && dwarf_tag(die) == DW_TAG_inlined_subroutine;
		if (i + 1 < chain.count)
			set_call_site(&frames[i + 1], die);
	}
	return chain.count ? chain.count : 1;
}
