/* SPDX-License-Identifier: MIT */
/*
 * explain.h - the evidence behind a verdict and the advice that follows from it, one sentence each.
 */
#ifndef ANALYZER_EXPLAIN_H
#define ANALYZER_EXPLAIN_H

#include "group.h"
#include "strbuf.h"

/* Lower case, without a full stop; names are made safe to print. */
void explain_evidence(struct strbuf *out, const struct entry *entry);
void explain_advice(struct strbuf *out, const struct entry *entry);

const char *explain_hazard(enum tl_hazard hazard);
const char *hazard_name(enum tl_hazard hazard);

#endif
