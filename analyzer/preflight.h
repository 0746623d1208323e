/* SPDX-License-Identifier: MIT */
/*
 * preflight.h - looks at a program before it is started: will a preloaded library be loaded into
 * it at all? The dynamic loader says nothing when it is not.
 *
 * Scripts are followed to their interpreter. A file that cannot be read, or that only the kernel
 * can judge, passes: the absence of a trace afterwards tells.
 */
#ifndef ANALYZER_PREFLIGHT_H
#define ANALYZER_PREFLIGHT_H

#include <limits.h>

enum preflight_verdict {
	PREFLIGHT_OK,
	PREFLIGHT_NOT_FOUND,	  /* 127, as env(1) */
	PREFLIGHT_NOT_EXECUTABLE, /* 126 */
	PREFLIGHT_NO_TRACE,	  /* static, set-uid, another libc, another machine */
};

struct preflight {
	char path[PATH_MAX];   /* what will be executed; the last interpreter of a script */
	char reason[PATH_MAX]; /* one clause, "" for OK */
	char sanitizer[256];   /* shared sanitizer runtime that has to be loaded first, or "" */
};

/* `program` is looked up as execvp(3) does. `shim` is the library to be loaded: the program must be
 * of its ELF class and machine. */
enum preflight_verdict preflight(struct preflight *result, const char *program, const char *shim);

#endif
