/* SPDX-License-Identifier: MIT */
/*
 * modules.h - the loaded objects: what an address belongs to, and under which name and build-id.
 *
 * A private table of what dl_iterate_phdr shows, refreshed when an address belongs to nothing known
 * or after a dlclose. An object is written to the trace when the first frame or holder refers to
 * it, and never removed from there, so that frames keep their name after dlclose.
 *
 * tl_modules_refresh takes the loader's lock and must not be called with the section held. Readers
 * use a sequence lock and never wait: async-signal-safe.
 */
#ifndef TL_MODULES_H
#define TL_MODULES_H

#include "base.h"
#include "tl_format.h"

bool tl_modules_refresh(void); /* true: it was made anew */
/* Of what is only kept for the next refresh. Before mlockall; after MCL_FUTURE for good. */
void tl_modules_shrink(bool stay_small);
bool tl_modules_known(uintptr_t address); /* belongs to an object in the table */
bool tl_modules_all_known(void *const *addresses, unsigned n);
TL_EXTERN uint32_t tl_modules_dirty;	  /* set after dlclose; cleared by refresh */
TL_EXTERN uint32_t tl_modules_generation; /* changes when an object has gone */

/* Section held. As tl_frame.at has it, with the module's index in the trace. */
uint64_t tl_modules_frame(uintptr_t address);

/* Is it in data or bss (a writable segment) of an object that is loaded now? module is the index in
 * the trace if the caller wants it (takes the section), else pass NULL. */
bool tl_modules_static(uintptr_t address, uint32_t *module, uint64_t *offset);

/* Writable segment i of all objects that are loaded now, flags as TL_MOD_*: false past the last.
 * Nothing may be loaded meanwhile. */
bool tl_modules_writable(uint32_t i, uintptr_t *start, uintptr_t *end, uint32_t *flags);
uint32_t tl_modules_flags(uintptr_t address); /* of the object there, 0 if none is known */

/* Our own text. */
TL_EXTERN const char __ehdr_start[];
TL_EXTERN const char etext[];
static inline bool tl_modules_is_self(uintptr_t address)
{
	return address >= (uintptr_t)__ehdr_start && address < (uintptr_t)etext;
}
const char *tl_modules_self_path(void);		 /* absolute path of libtimerleak.so */
void tl_modules_find_self(void);		 /* once, by the first refresh */
TL_EXTERN size_t tl_modules_tls;		 /* for the next function alone */
static inline size_t tl_modules_static_tls(void) /* bytes of static TLS, rounded up */
{
	return tl_modules_tls;
}
bool tl_modules_undescribed(void); /* some code has no table of frame descriptions */

void tl_modules_forked(void); /* child: nothing is in the new trace yet */

#endif
