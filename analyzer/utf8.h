/* SPDX-License-Identifier: MIT */
/*
 * utf8.h - which bytes are text.
 */
#ifndef ANALYZER_UTF8_H
#define ANALYZER_UTF8_H

#include <stddef.h>

#define UTF8_UNKNOWN "\xef\xbf\xbd" /* U+FFFD, for bytes that are none */

/* Length of the well-formed sequence at p (RFC 3629), 0 if there is none. */
size_t utf8_sequence(const unsigned char *p);

#endif
