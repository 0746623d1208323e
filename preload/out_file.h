/* SPDX-License-Identifier: MIT */
/*
 * out_file.h - descriptors and directories for text of the shim. No errno, no memory.
 */
#ifndef TL_OUT_FILE_H
#define TL_OUT_FILE_H

#include "base.h"

/* Close-on-exec, above the numbers that programs use while the limit leaves room there, never 0 to
 * 2. -errno on failure. */
int tl_out_copy_high(int fd);
int tl_out_move_high(int fd); /* closes fd; hands a negative one back */

void tl_out_set_blocking(int fd);
/* As mkdir -p, of what is in front of the last '/'; writes into path and puts it back. */
void tl_out_make_parents(char *path);

#endif
