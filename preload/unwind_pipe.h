/* SPDX-License-Identifier: MIT */
/*
 * unwind_pipe.h - keeps libunwind off the host's descriptors.
 *
 * To see whether an address may be read, libunwind (1.6.2, src/x86_64/Ginit.c) opens a pipe at its
 * first use, for good, and writes the byte at the address into it. That takes two numbers of the
 * host, and once the host has closed them and opened something else under them, libunwind reads
 * from and writes to the host's file. So its calls of pipe2, read and write are led, in its own
 * global offset table, to functions that answer without any descriptor.
 */
#ifndef TL_UNWIND_PIPE_H
#define TL_UNWIND_PIPE_H

#include "base.h"

/* To be called after libunwind was opened and before its first use. false: it is as it was, and
 * must not be used. */
bool tl_unwind_pipe_replace(void *function_of_libunwind);

#endif
