/* SPDX-License-Identifier: MIT */
/*
 * emit_pprof_about.h - what a profile says of the run that it is of.
 */
#ifndef ANALYZER_EMIT_PPROF_ABOUT_H
#define ANALYZER_EMIT_PPROF_ABOUT_H

#include "model.h"
#include "pprof.h"

/* When it was and how long, the main image's module, and who wrote this. */
void pprof_about(struct pprof *p, struct symbolizer *sym, const struct image *const *images,
		 size_t count, const struct image *main);

#endif
