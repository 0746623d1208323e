/* SPDX-License-Identifier: MIT */
#include "cli_values.h"
#include "formats.h"
#include "safe.h"
#include "strbuf.h"
#include "util.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cli_bad_value(const char *option, const char *value, const char *what)
{
	complain("timerleak: --%s=%s: %s\n", option, value, what);
	return EXIT_USAGE;
}

/* ---- -o ----------------------------------------------------------------------------------- */

/* A prefix counts only if it is a known format: files may have colons in their names. */
static const struct format *format_by_prefix(const char *text)
{
	size_t len = strcspn(text, ":");

	return text[len] ? format_by_name(text, len) : NULL;
}

static int add_output(struct cli *cli, const struct format *format, const char *path)
{
	struct output_target *list =
	    reallocarray(cli->outputs, cli->output_count + 1, sizeof(*list));

	if (!list)
		return cli_bad_value("output", path, "out of memory");
	cli->outputs = list;
	list[cli->output_count++] = (struct output_target){.format = format, .path = path};
	return -1;
}

static void list_formats(struct strbuf *out, enum cli_command command, bool suffixes)
{
	const struct format *format;
	const char *separator = "";
	size_t i;

	for (i = 0; (format = format_at(i)); i++) {
		const char *word = suffixes ? format->suffix : format->name;

		if (!word || (command == CLI_DIFF ? !format->diff : !format->report))
			continue;
		strbuf_printf(out, "%s%s", separator, word);
		separator = ", ";
	}
}

static int say_no_format(const struct cli *cli, const char *text)
{
	struct strbuf what = STRBUF_INIT;

	strbuf_puts(&what, "no format: write FORMAT:FILE, where FORMAT is one of ");
	list_formats(&what, cli->command, false);
	strbuf_puts(&what, "; or end the name in one of ");
	list_formats(&what, cli->command, true);
	cli_bad_value("output", text, what.failed ? "no format" : what.data);
	strbuf_free(&what);
	return EXIT_USAGE;
}

int cli_take_output(struct cli *cli, const char *text)
{
	const struct format *format = format_by_prefix(text);
	const char *path = format ? text + strlen(format->name) + 1 : text;

	if (!format)
		format = format_by_suffix(path);
	if (!*path)
		return cli_bad_value("output", text, "a file is expected");
	if (!format)
		return say_no_format(cli, text);
	return add_output(cli, format, path);
}

/* ---- the others --------------------------------------------------------------------------- */

static unsigned kind_by_name(const char *name, size_t len)
{
	int kind;

	for (kind = KIND_DEFINITE; kind <= KIND_HELD; kind++) {
		const char *known = verdict_kind_name((enum verdict_kind)kind);

		if (strlen(known) == len && strncmp(known, name, len) == 0)
			return KIND_BIT(kind);
	}
	return 0;
}

int cli_take_leak_kinds(struct cli *cli, const char *text)
{
	unsigned kinds = 0;
	const char *p = text;

	for (;;) {
		size_t len = strcspn(p, ",");
		unsigned kind = kind_by_name(p, len);

		if (!kind)
			return cli_bad_value("leak-kinds", text,
					     "a list of definite, possible, held is expected");
		kinds |= kind;
		if (!p[len])
			break;
		p += len + 1;
	}
	cli->leak_kinds = kinds;
	return -1;
}

int cli_take_exitcode(struct cli *cli, const char *text)
{
	uint64_t value;

	if (!parse_u64(text, 255, &value) || value == 0)
		return cli_bad_value("error-exitcode", text, "a number from 1 to 255 is expected");
	cli->error_exitcode = (int)value;
	return -1;
}

int cli_take_color(struct cli *cli, const char *text)
{
	if (strcmp(text, "auto") == 0)
		cli->color = COLOR_AUTO;
	else if (strcmp(text, "always") == 0)
		cli->color = COLOR_ALWAYS;
	else if (strcmp(text, "never") == 0)
		cli->color = COLOR_NEVER;
	else
		return cli_bad_value("color", text, "auto, always or never is expected");
	return -1;
}

int cli_take_heap(struct cli *cli, const char *text)
{
	static const char *const modes[] = {"heap=off", "heap=sampled", "heap=full"};
	size_t i;

	for (i = 0; i < ARRAY_LEN(modes); i++) {
		if (strcmp(text, modes[i] + strlen("heap=")) != 0)
			continue;
		cli->heap = modes[i];
		return -1;
	}
	return cli_bad_value("heap", text, "off, sampled or full is expected");
}
