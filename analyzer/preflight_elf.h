/* SPDX-License-Identifier: MIT */
/*
 * preflight_elf.h - what an ELF file says about how it wants to be started.
 */
#ifndef ANALYZER_PREFLIGHT_ELF_H
#define ANALYZER_PREFLIGHT_ELF_H

#include <limits.h>
#include <stdbool.h>

struct elf_facts {
	bool is_elf;
	unsigned class, data, machine;
	char interpreter[PATH_MAX]; /* PT_INTERP, "" if it has none */
	char sanitizer[256];	    /* DT_NEEDED of a sanitizer's runtime, or "" */
};

/* 0, or -1 with errno set if the file cannot be read. A damaged ELF file gives what it has. */
int preflight_elf(const char *path, struct elf_facts *facts);

#endif
