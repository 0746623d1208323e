/* SPDX-License-Identifier: MIT */
/*
 * pprof.h - a profile in pprof's format (profile.proto) in the making: its tables of strings,
 * functions, mappings and locations grow with the samples that are added. Numbers of all of them
 * run from 1 without a gap, which some readers demand.
 *
 * A failed allocation is remembered and said by pprof_write, as strbuf does it. All texts are
 * copied.
 */
#ifndef ANALYZER_PPROF_H
#define ANALYZER_PPROF_H

#include "stack_index.h"
#include "strbuf.h"

#define PPROF_VALUES_MAX 8
#define PPROF_LABELS_MAX 8

/* A label without a value is left out. */
struct pprof_label {
	const char *key, *value;
};

struct pprof_sample {
	const struct merged_stack *stack;
	uint64_t values[PPROF_VALUES_MAX]; /* one for each sample type, in their order */
	struct pprof_label labels[PPROF_LABELS_MAX];
};

struct pprof;

struct pprof *pprof_new(void);
void pprof_free(struct pprof *p);

/* In the order of the values; before the first sample. */
void pprof_sample_type(struct pprof *p, const char *type, const char *unit);
/* What readers show unless they are asked for another. */
void pprof_default_type(struct pprof *p, const char *type);
void pprof_period(struct pprof *p, const char *type, const char *unit, uint64_t period);
/* Nanoseconds since 1970, and for how long. */
void pprof_time(struct pprof *p, uint64_t begin, uint64_t duration);
/* Functions of this name are left out by readers, with all that they call. */
void pprof_drop_frames(struct pprof *p, const char *regex);
void pprof_comment(struct pprof *p, const char *text);

/* The main program, by any place in its code, which readers expect to come first. */
void pprof_main(struct pprof *p, const struct frame *frame);

/* Without any value above 0 it is left out. */
void pprof_sample(struct pprof *p, const struct pprof_sample *sample);

/* Appends the profile, compressed. 0, or -1 on lack of memory. */
int pprof_write(const struct pprof *p, struct strbuf *out);

#endif
