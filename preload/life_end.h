/* SPDX-License-Identifier: MIT */
/*
 * life_end.h - the end of the image: after every destructor and exit handler, in _exit, at exec.
 */
#ifndef TL_LIFE_END_H
#define TL_LIFE_END_H

#include "base.h"

void tl_end_init(void);	  /* registers the last exit handlers */
void tl_end_forked(void); /* child: its end is yet to come */

#endif
