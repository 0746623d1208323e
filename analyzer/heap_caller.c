/* SPDX-License-Identifier: MIT */
#include "heap_caller.h"
#include "fingerprint.h"
#include "util.h"

#include <string.h>

/* Those of programs that bring their own; the libc's are known by their module. */
static bool is_c_allocator(const char *function)
{
	static const char *const names[] = {
	    "malloc",	"calloc",	  "realloc", "reallocarray", "aligned_alloc",
	    "memalign", "posix_memalign", "valloc",  "pvalloc",	     "strdup",
	    "strndup",	"free",		  "cfree",   "free_sized",
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(function, names[i]) == 0)
			return true;
	return false;
}

/* Inlined into the user's module, so that the module does not tell. */
static bool is_of_cxx_library(const char *function)
{
	static const char *const prefixes[] = {
	    "operator new",
	    "operator delete",
	    "std::",
	    "__gnu_cxx::",
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(prefixes); i++)
		if (strncmp(function, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

static bool is_caller(const struct frame *frame)
{
	if (!frame_is_user(frame))
		return false;
	return !frame->function ||
	       (!is_c_allocator(frame->function) && !is_of_cxx_library(frame->function));
}

struct merged_stack heap_caller(const struct merged_stack *stack)
{
	struct merged_stack part = *stack;
	size_t i = 0;

	while (i < stack->count && !is_caller(stack->frames[i]))
		i++;
	if (i == stack->count)
		return part;
	part.frames += i;
	part.count -= i;
	return part;
}

const struct frame *heap_caller_frame(const struct merged_stack *stack)
{
	return stack->count ? heap_caller(stack).frames[0] : NULL;
}

static int compare_text(const char *a, const char *b)
{
	if (!a || !b)
		return !b - !a;
	/* The symbolizer keeps each text once. */
	return a == b ? 0 : strcmp(a, b);
}

int heap_frame_compare(const struct frame *a, const struct frame *b)
{
	int order;

	if (!a || !b)
		return !b - !a;
	order = compare_text(a->function, b->function);
	if (!order)
		order = compare_text(a->file, b->file);
	if (!order)
		order = compare_text(a->module, b->module);
	if (order)
		return order;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	/* A line tells more than an address, of which each inlined copy has its own. */
	if (a->file && a->line > 0)
		return 0;
	return a->offset < b->offset ? -1 : a->offset > b->offset;
}
