/* SPDX-License-Identifier: MIT */
/*
 * modules_scan.h - what the loader shows of its objects: part of modules.h.
 *
 * Callbacks for dl_iterate_phdr, which holds the loader's lock: they write to scratch memory and
 * take nothing.
 */
#ifndef TL_MODULES_SCAN_H
#define TL_MODULES_SCAN_H

#include "modules.h"
#include <link.h>

#define MAX_MODULES  4096 /* 4096 x 96 bytes of address space, touched as it fills */
#define FEW_MODULES  16	  /* that most programs have */
#define MAX_WRITABLE 2	  /* writable PT_LOADs of one object; linkers make one */

struct range {
	uintptr_t start, end;
};

struct module {
	struct range all;
	struct range writable[MAX_WRITABLE];
	uintptr_t bias;
	uint64_t identity; /* of path, build-id and size: the same object loaded again */
	uint32_t trace;	   /* index in the trace, TL_NONE if not written yet */
	uint32_t flags;
	uint32_t seen; /* refresh in which it was last there */
	uint8_t id_length, id[32];
	char *path;
	size_t path_size;
};

struct scan {
	struct module *found;	 /* MAX_MODULES, scratch */
	char *names, *names_end; /* scratch: dlpi_name may go with a dlclose after the visit */
	uint32_t count;
	size_t tls;
	uint64_t changes;
	bool undescribed; /* one has code and no .eh_frame_hdr */
};

/* A relative path (LD_PRELOAD=build/libtimerleak.so, dlopen("./plugin.so")) means nothing to
 * whoever reads the trace elsewhere. Gives the length, which may be size and more. */
size_t tl_modules_absolute(char *to, size_t size, const char *path);

/* Around the visits. false: no memory. */
bool tl_scan_begin(struct scan *scan);
void tl_scan_end(const struct scan *scan);
void tl_scan_forked(void);

int tl_modules_visit(struct dl_phdr_info *info, size_t size, void *scan);
/* data: a uint64_t, the number of loads and unloads so far. Ends the iteration. */
int tl_modules_visit_first(struct dl_phdr_info *info, size_t size, void *data);

#endif
