/* SPDX-License-Identifier: MIT */
/*
 * report_names.h - function names from the dynamic symbol tables of loaded objects.
 *
 * Reads the tables where the loader mapped them; not by dladdr, which takes the loader's lock, and
 * another thread may hold that for ever at the end of a process. An object that goes away
 * meanwhile is noticed, mostly, before it is read. Only exported functions have names there.
 */
#ifndef TL_REPORT_NAMES_H
#define TL_REPORT_NAMES_H

#include "base.h"
#include "tl_format.h"

/* offset is that of a tl_frame: a return address. "name+0x1f"; false if nothing covers it. */
bool tl_report_name(const struct tl_module *module, uint64_t offset, char *text, size_t size);

#endif
