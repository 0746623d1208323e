/* SPDX-License-Identifier: MIT */
/*
 * start_pages.h - the pages of this library that the start of every process touches.
 *
 * A fault for each costs more than all that is done on them; so the kernel is asked for them in two
 * calls, where it can (Linux 5.14).
 */
#ifndef TL_START_PAGES_H
#define TL_START_PAGES_H

void tl_start_pages(void);

#endif
