/* SPDX-License-Identifier: MIT */
/*
 * symbolize_text.h - names of functions and files, each distinct one once: a stack's frames repeat
 * the same few. They live as long as the pool. NULL where there is no name, and on lack of memory,
 * with ENOMEM in errno.
 */
#ifndef ANALYZER_SYMBOLIZE_TEXT_H
#define ANALYZER_SYMBOLIZE_TEXT_H

#include "symbolize_dwarf.h"
#include "util_words.h"

struct text_pool {
	struct words texts;
	struct text_name *names; /* what became of each symbol: to demangle one is dear */
};

void text_pool_free(struct text_pool *pool);

/* As its source has it. */
const char *text_pool_demangled(struct text_pool *pool, const char *symbol);
/* "outer::inner::function" */
const char *text_pool_scoped(struct text_pool *pool, const struct dwarf_frame *from);
const char *text_pool_file(struct text_pool *pool, const struct dwarf_frame *from);

#endif
