/* SPDX-License-Identifier: MIT */
/*
 * emit_ci.h - the leaks of a report in the formats of CI services. Each gives 0, or -1 on lack of
 * memory.
 *
 *   sarif   SARIF 2.1.0: GitHub code scanning, Azure DevOps, editors
 *   junit   JUnit XML: a test case a site, for GitLab, Jenkins and the rest
 *   github  workflow commands, for the output of a step: the biggest nine, and how many more
 *   gitlab  Code Quality
 */
#ifndef ANALYZER_EMIT_CI_H
#define ANALYZER_EMIT_CI_H

#include "formats.h"

int emit_sarif(struct strbuf *out, const struct format_input *in);
int emit_junit(struct strbuf *out, const struct format_input *in);
int emit_github(struct strbuf *out, const struct format_input *in);
int emit_gitlab(struct strbuf *out, const struct format_input *in);

#endif
