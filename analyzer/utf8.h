/* SPDX-License-Identifier: MIT */
/*
 * utf8.h - which bytes are a character, and which characters a reader should not meet raw: names
 * come from files and processes that anybody may have made.
 */
#ifndef ANALYZER_UTF8_H
#define ANALYZER_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Length of the well-formed sequence (RFC 3629) that a NUL-terminated text goes on with, its
 * character in `c`; 0 if there is none, or the text ends. */
size_t utf8_decode(const char *text, uint32_t *c);

/* Controls, which terminals obey; what turns the direction of text, breaks its lines or is not
 * seen; what XML does not allow. */
bool utf8_is_harmful(uint32_t c);

#endif
