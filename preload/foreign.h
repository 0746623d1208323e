/* SPDX-License-Identifier: MIT */
/*
 * foreign.h - what other libcs than glibc lack of what the shim takes from its libc.
 *
 * Weak, since the loader of musl ends the program over a name that it does not find. Only life.c
 * asks: where there is no dlvsym, nothing is recorded and all calls go on to where they belong.
 */
#ifndef TL_FOREIGN_H
#define TL_FOREIGN_H

#include <dlfcn.h>

#pragma weak dlvsym
#pragma weak dladdr1

#endif
