/* SPDX-License-Identifier: MIT */
/*
 * sink_file.h - where the trace lies: its directory, its name, its creation.
 *
 * The file is 0600, made with O_EXCL and O_NOFOLLOW, in a directory of the user's own (0700, owner
 * checked, links refused), unless trace= or the launcher names another place. Section held.
 */
#ifndef TL_SINK_FILE_H
#define TL_SINK_FILE_H

#include "base.h"

struct tl_sink_file {
	char path[4096]; /* absolute; "" if there is none */
	char dir[4096];	 /* "" if none could be had */
	uint64_t device, inode;
	bool keep;	 /* the user named it, or the launcher will remove it */
	const char *why; /* reason of a failure, else NULL */
};

/* Reads the environment, which may be done only at the start. */
void tl_sink_file_init(void);

/* Creates and maps the file: its address, or NULL with file->why. *size is the bytes wanted, and
 * comes back as the bytes mapped; all of them readable, `populated` of them safe to write. */
void *tl_sink_file_map(struct tl_sink_file *file, size_t *size, size_t *populated,
		       uint64_t start_realtime, bool forked);

/* Makes [at, at + size) safe to write, offset of the file on. false: disk full, or the kernel
 * cannot (before 5.14). */
bool tl_sink_file_populate(const struct tl_sink_file *file, void *at, size_t size, uint64_t offset);

#endif
