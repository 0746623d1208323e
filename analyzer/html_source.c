/* SPDX-License-Identifier: MIT */
/* File names come from debug information, which anybody may have written: only sources below a root
 * that the user named get into a report that may be published. */
#include "html.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define AROUND		2	   /* lines before and after */
#define SOURCE_MAX	(4L << 20) /* bytes of a file */
#define LINE_BYTES	240	   /* shown of a line: minified sources have endless ones */
#define LINE_MAX_NUMBER 1000000	   /* generated files end somewhere */

/* Keys and settings have no such suffix. */
static bool is_source(const char *path)
{
	static const char suffixes[] = " c h cc cpp cxx c++ hh hpp hxx h++ inl inc ipp tcc s S asm"
				       " rs go d m mm zig f f90 pas nim swift vala cu l y ";
	const char *dot = strrchr(path, '.');
	char word[16];

	return dot && !strchr(dot, '/') && !strchr(dot, ' ') &&
	       snprintf(word, sizeof(word), " %s ", dot + 1) < (int)sizeof(word) &&
	       strstr(suffixes, word);
}

/* The path of a source that lies below the root, links followed, and is not hidden there; false if
 * there is none. */
static bool below_root(const char *root, const char *file, char path[PATH_MAX])
{
	char base[PATH_MAX], joined[PATH_MAX];
	size_t len;

	if (!root || !realpath(root, base))
		return false;
	len = strlen(base);
	if (snprintf(joined, sizeof(joined), "%s%s%s", *file == '/' ? "" : base,
		     *file == '/' ? "" : "/", file) >= (int)sizeof(joined))
		return false;
	return realpath(joined, path) && len > 1 && !strncmp(path, base, len) && path[len] == '/' &&
	       !strstr(path + len, "/.") && is_source(path);
}

static FILE *open_source(const char *path, struct stat *st)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	FILE *file;

	if (fd < 0)
		return NULL;
	if (fstat(fd, st) || !S_ISREG(st->st_mode) || st->st_size > SOURCE_MAX ||
	    !(file = fdopen(fd, "r"))) {
		close(fd);
		return NULL;
	}
	return file;
}

static void one_line(struct strbuf *out, char *text, int number, bool marked)
{
	const char *tag = marked ? "mark" : "span";

	text[strcspn(text, "\r\n")] = '\0';
	if (strlen(text) > LINE_BYTES)
		text[LINE_BYTES] = '\0';
	strbuf_printf(out, "<%s>%5d  ", tag, number);
	for (; *text == '\t'; text++)
		strbuf_puts(out, "    ");
	safe_xml(out, text);
	strbuf_printf(out, "</%s>", tag);
}

static bool lines_around(struct strbuf *out, FILE *file, int line)
{
	char *text = NULL;
	size_t size = 0;
	int number;
	bool found = false;

	for (number = 1; number <= line + AROUND && getline(&text, &size, file) >= 0; number++) {
		if (number < line - AROUND)
			continue;
		one_line(out, text, number, number == line);
		found |= number == line;
	}
	free(text);
	return found;
}

static bool changed_since(const struct report *report, const struct stat *st)
{
	uint64_t start = report->image_count ? report->images[0]->header.start_realtime : 0;

	return start && (uint64_t)st->st_mtime > start / 1000000000;
}

void html_source(const struct html *html, const struct frame *frame)
{
	struct strbuf lines = STRBUF_INIT;
	char path[PATH_MAX];
	struct stat st;
	FILE *file;

	if (!frame->file || frame->line <= 0 || frame->line > LINE_MAX_NUMBER ||
	    !below_root(html->source_root, frame->file, path))
		return;
	file = open_source(path, &st);
	if (!file)
		return;
	if (lines_around(&lines, file, frame->line) && !lines.failed) {
		strbuf_puts(html->out, "<pre class=source tabindex=0>");
		strbuf_puts(html->out, lines.data);
		strbuf_puts(html->out, "</pre>");
		if (changed_since(html->report, &st))
			strbuf_puts(html->out,
				    "<p class=soft>This file has changed since the run.</p>");
	}
	strbuf_free(&lines);
	fclose(file);
}
