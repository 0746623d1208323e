/* SPDX-License-Identifier: MIT */
/*
 * report_args.h - the analyzer's command line: where it may lie, and our options in its words.
 */
#ifndef TL_REPORT_ARGS_H
#define TL_REPORT_ARGS_H

#include "base.h"

#define TL_REPORT_GATE_STATUS 23 /* of the analyzer; exitcode= is ours alone */
#define TL_REPORT_ARGS	      32

struct tl_report_args {
	const char *programs[4]; /* beside the library, in ../bin, where it was configured to be */
	char *argv[TL_REPORT_ARGS];
	unsigned count;
	size_t used;
	char input[2];
	char text[6 * 4096];
};

struct tl_report_args *tl_report_args_new(void); /* by tl_sys_mmap, NULL if there is no memory */
void tl_report_args_free(struct tl_report_args *args);

#endif
