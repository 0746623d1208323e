/* SPDX-License-Identifier: MIT */
/*
 * pipeline.h - all that the analyzer does with a trace, from bytes to every format, in one process:
 * for the fuzzer and for mutations. Aborts, with a word on stderr, where what was written would
 * hurt its reader: text with controls, JSON that does not parse.
 */
#ifndef PIPELINE_H
#define PIPELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the magic stands again at a page, another trace begins. false if none could be read. */
bool pipeline_run(const uint8_t *data, size_t len);

#endif
