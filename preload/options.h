/* SPDX-License-Identifier: MIT */
/*
 * options.h - TIMERLEAK_OPTIONS and what the launcher says in the environment.
 *
 * `key=value` items separated by `:` or white space; quotes keep separators in a value. A mistake
 * never stops the host: one warning that names the nearest key, and the default holds. Before
 * tl_options_init all defaults are in place; after it nothing changes any more.
 *
 * Where the process gained privileges at exec (AT_SECURE), what the environment says of files is
 * not believed, and under a launcher the shim then stays off.
 *
 * No memory is allocated, errno is kept. tl_options_init belongs to one thread, the rest is
 * async-signal-safe.
 */
#ifndef TL_OPTIONS_H
#define TL_OPTIONS_H

#include "base.h"
#include "tl_format.h"

#define TL_OPTION_PATH 4096

enum { TL_KIND_DEFINITE = 1, TL_KIND_POSSIBLE = 2, TL_KIND_HELD = 4 };
enum tl_option_heap { TL_HEAP_OFF, TL_HEAP_SAMPLED, TL_HEAP_FULL };
enum tl_option_color { TL_COLOR_AUTO, TL_COLOR_ALWAYS, TL_COLOR_NEVER };

struct tl_options {
#define TL_OPTION_NUMBER(key, fallback, min, max, help) int64_t key;
#define TL_OPTION_SWITCH(key, fallback, help)		bool key;
#define TL_OPTION_CHOICE(key, fallback, words, help)	int key;
#define TL_OPTION_KINDS(key, fallback, help)		unsigned key;
#define TL_OPTION_FILE(key, special, help)		const char *key; /* NULL: not given */
#include "options.def"
#undef TL_OPTION_NUMBER
#undef TL_OPTION_SWITCH
#undef TL_OPTION_CHOICE
#undef TL_OPTION_KINDS
#undef TL_OPTION_FILE
	bool secure; /* AT_SECURE */

	/* Under `timerleak run`: it reports and judges, the shim only records. */
	bool under_run;
	int trace_main_pid; /* the image that --trace= is meant for, 0 = none said */
	char *run_dir;	    /* traces go here */
	char *trace_main;   /* the main image's file, "" = none asked for */
};

TL_EXTERN struct tl_options tl_options;

void tl_options_init(void);

/* Warning i without newline, NULL after the last one. */
const char *tl_options_warning(unsigned i);

/* Line i of the table that help=1 prints, with the values in force; false after the last one. */
bool tl_options_help(unsigned i, char *line, size_t size);

/* "definite,possible" for a set of kinds. */
void tl_options_kinds(unsigned kinds, char *text, size_t size);

/*
 * %p pid, %h host name, %n base name of the executable, %q{VAR} environment, %% itself. false if it
 * does not fit. log_path is kept as given, since the pid changes at fork; trace and suppressions
 * are expanded already.
 */
bool tl_options_expand(const char *pattern, char *path, size_t size);

#endif
