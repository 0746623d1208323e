/* SPDX-License-Identifier: MIT */
/*
 * unwind_object.h - the loaded object that an address lies in, from the loader, without its lock.
 *
 * By _dl_find_object of glibc 2.35, which is async-signal-safe; dladdr1 would also look through all
 * of an object's symbols, some 10 us in a libc. The objects belong to the loader: do not keep what
 * is found here across an unload.
 */
#ifndef TL_UNWIND_OBJECT_H
#define TL_UNWIND_OBJECT_H

#include "unwind_fde.h"

struct dl_phdr_info;
struct link_map;

/* false: this libc lacks it; then nothing is found. Allocates in that case. */
bool tl_object_init(void);

/* Of each object that the loader shows, with its lock held. What is not seen is still described, if
 * its program headers lie at its beginning, and it is not in parts. */
void tl_object_seen(const struct dl_phdr_info *info, bool executable);

struct link_map *tl_object_map(uintptr_t address); /* NULL: not known */

enum tl_described {
	TL_NO_OBJECT,
	TL_NOT_SEEN, /* whether its object describes it is known when that was seen, if ever */
	TL_NOT_DESCRIBED,
	TL_DESCRIBED,
	TL_NOT_CALLED
};
/* The frame description that covers the address, where the object has such as are understood. Of a
 * call it is that of its last byte. Where there is none, but a function begins right behind, that
 * was never called: makecontext makes others return to it. */
enum tl_described tl_object_describe(uintptr_t address, bool call, struct tl_fde *fde);

#endif
