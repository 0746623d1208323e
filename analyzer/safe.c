/* SPDX-License-Identifier: MIT */
#include "safe.h"
#include "utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void safe_utf8(struct strbuf *out, const char *text)
{
	uint32_t c;

	while (*text) {
		size_t len = utf8_decode(text, &c);

		strbuf_add(out, len ? text : "\xef\xbf\xbd", len ? len : 3);
		text += len ? len : 1;
	}
}

static void json_escape(struct strbuf *out, uint32_t c)
{
	if (c < 0x10000)
		strbuf_printf(out, "\\u%04x", c);
	else
		strbuf_printf(out, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10),
			      0xdc00 + (c & 0x3ff));
}

/* Such characters occur in strings alone; blanks between values are below 0x21. */
void safe_json(struct strbuf *out, const char *document)
{
	uint32_t c;

	while (*document) {
		size_t len = utf8_decode(document, &c);

		if (len && c >= 0x7f && utf8_is_harmful(c))
			json_escape(out, c);
		else
			strbuf_add(out, document, len ? len : 1);
		document += len ? len : 1;
	}
}

/* Text that is safe already, with some bytes replaced: `from` and what stands in for each. */
static void replace(struct strbuf *out, const char *text, const char *from, const char *const *to)
{
	struct strbuf safe = STRBUF_INIT;
	const char *p;

	strbuf_puts_safe(&safe, text);
	for (p = safe.data; p && *p; p++) {
		const char *at = strchr(from, *p);

		if (at)
			strbuf_puts(out, to[at - from]);
		else
			strbuf_add(out, p, 1);
	}
	out->failed |= safe.failed;
	strbuf_free(&safe);
}

void safe_xml(struct strbuf *out, const char *text)
{
	static const char *const to[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};

	replace(out, text, "&<>\"'", to);
}

/* docs.github.com, "Workflow commands": the toolkit's escapeData and escapeProperty. Line ends are
 * gone before, being controls. */
void safe_workflow_message(struct strbuf *out, const char *text)
{
	static const char *const to[] = {"%25"};

	replace(out, text, "%", to);
}

void safe_workflow_property(struct strbuf *out, const char *text)
{
	static const char *const to[] = {"%25", "%3A", "%2C"};

	replace(out, text, "%:,", to);
}

void complain(const char *format, ...)
{
	struct strbuf safe = STRBUF_INIT;
	size_t len = strlen(format);
	bool ends = len && format[len - 1] == '\n';
	char *text = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		text = NULL;
	va_end(ap);
	if (text && ends)
		text[strlen(text) - 1] = '\0';
	strbuf_puts_safe(&safe, text ? text : "timerleak: out of memory");
	fprintf(stderr, "%s%s", safe.data ? safe.data : "", ends ? "\n" : "");
	strbuf_free(&safe);
	free(text);
}
