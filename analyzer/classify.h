/* SPDX-License-Identifier: MIT */
/*
 * classify.h - the verdict on one timer: the spec of the tool, as one table of rules in the order
 * in which they are asked.
 *
 * Pure: reads an image, changes nothing, allocates nothing. Every timer that is not stopped gets
 * exactly one verdict, the first rule that fits.
 */
#ifndef ANALYZER_CLASSIFY_H
#define ANALYZER_CLASSIFY_H

#include "model.h"

enum verdict_kind {
	KIND_STOPPED,
	KIND_DEFINITE,
	KIND_POSSIBLE,
	KIND_HELD,
	KIND_UNDECIDED,
	VERDICT_KINDS
};

enum verdict_class {
	CLASS_STOPPED,
	CLASS_ORPHANED,
	CLASS_ARM_FAILED,
	CLASS_OVERWRITTEN,
	CLASS_STATIC_HANDLE,
	CLASS_IN_SERVICE,
	CLASS_IN_CHILD,
	CLASS_IN_EPOLL,
	CLASS_UNREACHABLE,
	CLASS_NEVER_STOPPED,
	CLASS_LIVE,
	VERDICT_CLASSES
};

/* Sets of kinds, as --leak-kinds gives them. */
#define KIND_BIT(kind)	   (1u << (kind))
#define LEAK_KINDS_DEFAULT (KIND_BIT(KIND_DEFINITE) | KIND_BIT(KIND_POSSIBLE))

struct verdict {
	enum verdict_kind kind;
	enum verdict_class class;
	unsigned row; /* of the table, 1 to 13: what the evidence was */
};

struct verdict classify(const struct image *image, const struct timer *timer);

const char *verdict_kind_name(enum verdict_kind kind);
const char *verdict_class_name(enum verdict_class class);

#endif
