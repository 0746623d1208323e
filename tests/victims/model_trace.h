/* SPDX-License-Identifier: MIT */
/*
 * model_trace.h - what the models share: the last calls, said where something differs, and the
 * library's table, which is the trace that is mapped into this process.
 */
#ifndef MODEL_TRACE_H
#define MODEL_TRACE_H

#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

#include "../../preload/tl_format.h"
#include "raw.h"

static uint64_t seed;
static int step;

/* ---- what was called ------------------------------------------------------------------------ */

#define CALLS 20
static char calls[CALLS][100];
static unsigned called;

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(calls[called++ % CALLS], sizeof(calls[0]), format, args);
	va_end(args);
}

__attribute__((format(printf, 1, 2), noreturn)) static void differ(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "seed %llu, step %d: ", (unsigned long long)seed, step);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\nthe last calls:\n");
	for (unsigned i = called > CALLS ? called - CALLS : 0; i < called; i++)
		fprintf(stderr, "  %s\n", calls[i % CALLS]);
	_exit(1);
}

/* ---- the trace of this process -------------------------------------------------------------- */

static const struct tl_header *header;

/* A whole file, by calls that no hook sees: its descriptor may be one that the table has and the
 * kernel has not. */
static char *slurp(const char *path)
{
	static char text[1 << 17];
	size_t have = 0;
	long fd = RAW(SYS_openat, AT_FDCWD, path, O_RDONLY), n;

	if (fd < 0)
		return NULL;
	while ((n = RAW(SYS_read, fd, text + have, sizeof(text) - 1 - have)) > 0)
		have += (size_t)n;
	RAW(SYS_close, fd);
	text[have] = '\0';
	return text;
}

static bool find_trace(void)
{
	void *start;

	header = NULL;
	for (char *line = strtok(slurp("/proc/self/maps"), "\n"); line && !header;
	     line = strtok(NULL, "\n"))
		if (strstr(line, ".tlk") && sscanf(line, "%p", &start) == 1 &&
		    !memcmp(start, TL_MAGIC, 8))
			header = start;
	return header != NULL;
}

typedef void visit_slot(const struct tl_chunk *chunk, const void *slot, void *data);

static uint64_t slot_offset(const struct tl_chunk *chunk, uint32_t number)
{
	if (chunk->kind == TL_CHUNK_TIMER)
		return tl_timer_offset(number, chunk->slot_size);
	return sizeof(*chunk) + (uint64_t)number * chunk->slot_size;
}

static void each_slot(uint32_t kind, visit_slot *visit, void *data)
{
	for (uint64_t at = header->header_size; at < header->bytes_used;) {
		const struct tl_chunk *chunk = (const void *)((const char *)header + at);

		for (uint32_t i = 0; chunk->kind == kind && i < chunk->used; i++)
			visit(chunk, (const char *)chunk + slot_offset(chunk, i), data);
		MUST(chunk->size > 0);
		at += chunk->size;
	}
}

#endif
