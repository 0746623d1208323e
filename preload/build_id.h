/* SPDX-License-Identifier: MIT */
/*
 * build_id.h - the GNU build-id in a PT_NOTE segment (man 5 elf, NT_GNU_BUILD_ID).
 * Async-signal-safe; trusts no size in the note.
 */
#ifndef TL_BUILD_ID_H
#define TL_BUILD_ID_H

#include "base.h"

/* Copies the build-id found in notes[0, size); its length, 0 if there is none that fits. */
uint8_t tl_build_id(const void *notes, size_t size, size_t align, uint8_t *to, size_t room);

#endif
