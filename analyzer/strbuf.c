/* SPDX-License-Identifier: MIT */
#include "strbuf.h"
#include "utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void strbuf_free(struct strbuf *sb)
{
	free(sb->data);
	*sb = (struct strbuf)STRBUF_INIT;
}

/* Large enough that the cost of a call does not count. */
#define DRAIN_AT       (1u << 18)
#define PRINTED_MOSTLY 64

void strbuf_drain(struct strbuf *sb)
{
	if (!sb->failed && sb->len && sb->drain(sb->to, sb->data, sb->len))
		sb->failed = true;
	sb->len = 0;
}

static bool strbuf_reserve(struct strbuf *sb, size_t extra)
{
	size_t size = sb->size ? sb->size : 256;
	char *data;

	if (sb->len < DRAIN_AT && sb->size > sb->len && sb->size - sb->len > extra)
		return !sb->failed;
	if (sb->drain && sb->len >= DRAIN_AT)
		strbuf_drain(sb);
	if (sb->failed)
		return false;
	while (size - sb->len <= extra) {
		if (size > (size_t)-1 / 2)
			goto failed;
		size *= 2;
	}
	if (size == sb->size)
		return true;
	data = realloc(sb->data, size);
	if (!data)
		goto failed;
	sb->data = data;
	sb->size = size;
	return true;
failed:
	sb->failed = true;
	return false;
}

void strbuf_add(struct strbuf *sb, const void *data, size_t len)
{
	if (!strbuf_reserve(sb, len))
		return;
	if (len)
		memcpy(sb->data + sb->len, data, len);
	sb->len += len;
	sb->data[sb->len] = '\0';
}

void strbuf_puts(struct strbuf *sb, const char *text)
{
	strbuf_add(sb, text, strlen(text));
}

/* Into the room that there is; 0, or how much it takes if that is more. */
static size_t print(struct strbuf *sb, const char *format, va_list ap)
{
	int len = vsnprintf(sb->data + sb->len, sb->size - sb->len, format, ap);

	if (len >= 0 && (size_t)len < sb->size - sb->len) {
		sb->len += (size_t)len;
		return 0;
	}
	sb->data[sb->len] = '\0';
	sb->failed |= len < 0;
	return (size_t)len;
}

void strbuf_printf(struct strbuf *sb, const char *format, ...)
{
	va_list ap;
	size_t missing;

	/* Mostly there is room enough, and to print twice is twice as dear. */
	if (!strbuf_reserve(sb, PRINTED_MOSTLY))
		return;
	va_start(ap, format);
	missing = print(sb, format, ap);
	va_end(ap);
	if (!missing || sb->failed || !strbuf_reserve(sb, missing))
		return;
	va_start(ap, format);
	print(sb, format, ap);
	va_end(ap);
}

/* Many times as fast as printf, and a timeline has more than a hundred. */
void strbuf_put_number(struct strbuf *sb, uint64_t number)
{
	char digits[20];
	size_t first = sizeof(digits);

	do
		digits[--first] = (char)('0' + number % 10);
	while (number /= 10);
	strbuf_add(sb, digits + first, sizeof(digits) - first);
}

void strbuf_puts_safe(struct strbuf *sb, const char *text)
{
	uint32_t c;

	while (*text) {
		size_t len = utf8_decode(text, &c);

		if (!len)
			strbuf_printf(sb, "\\x%02x", (unsigned char)*text);
		else if (!utf8_is_harmful(c))
			strbuf_add(sb, text, len);
		else
			strbuf_printf(sb, c < 0x100 ? "\\x%02x" : "\\u%04x", c);
		text += len ? len : 1;
	}
}
