/* SPDX-License-Identifier: MIT */
/*
 * suppress_make.h - a rule that matches one stack, ready to be put into a file.
 */
#ifndef ANALYZER_SUPPRESS_MAKE_H
#define ANALYZER_SUPPRESS_MAKE_H

#include "strbuf.h"
#include "suppress.h"

/* "stack:^make$;^main$", one line without its end; nothing where no frame has a name at all. */
void suppress_make(struct strbuf *out, const struct frame *const *frames, size_t count);

/* Whether some of its frames stand for all of their module, since they have no function. */
bool suppress_make_is_broad(const struct frame *const *frames, size_t count);

#endif
