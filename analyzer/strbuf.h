/* SPDX-License-Identifier: MIT */
/*
 * strbuf.h - a growing byte string. Always NUL-terminated once something was added. A failed
 * allocation is remembered in `failed` and later additions do nothing, so that a writer checks
 * once, at the end.
 */
#ifndef ANALYZER_STRBUF_H
#define ANALYZER_STRBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct strbuf {
	char *data;
	size_t len, size;
	bool failed;
	/* Takes what was gathered so far as soon as that is much, so that a long document is never
	 * in memory as a whole; not 0 is a failure. NULL: all of it stays. */
	int (*drain)(void *to, const char *data, size_t len);
	void *to;
};

#define STRBUF_INIT                           \
	{                                     \
		NULL, 0, 0, false, NULL, NULL \
	}

void strbuf_free(struct strbuf *sb);
/* Gives all that is there to the drain. */
void strbuf_drain(struct strbuf *sb);
void strbuf_add(struct strbuf *sb, const void *data, size_t len);
void strbuf_puts(struct strbuf *sb, const char *text);
void strbuf_printf(struct strbuf *sb, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void strbuf_put_number(struct strbuf *sb, uint64_t number); /* in decimal digits */
/* Like puts, for a person's eyes: names come from files that anybody may write. What is no UTF-8,
 * controls and other characters that harm (utf8.h) are written as \xNN or \uNNNN. */
void strbuf_puts_safe(struct strbuf *sb, const char *text);

#endif
