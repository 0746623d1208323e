/* SPDX-License-Identifier: MIT */
/* fuzz_options.c - TIMERLEAK_OPTIONS and what a launcher says; three strings, each ended by a NUL.
 * The parser is included, not linked: its state is for one start of a process, and is put back. */
#include "preload/options.c"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void start_again(void)
{
	static struct tl_options fresh;
	static bool kept;

	if (!kept)
		fresh = tl_options;
	kept = true;
	tl_options = fresh;
	memset(files, 0, sizeof(files));
	memset(warnings, 0, sizeof(warnings));
	warned = lost_warnings = 0;
}

static void set_variable(const char *name, const char **at, const char *end)
{
	if (*at < end)
		setenv(name, *at, 1);
	else
		unsetenv(name);
	*at += *at < end ? strlen(*at) + 1 : 0;
}

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void check_all(void)
{
	char line[300], path[TL_OPTION_PATH];
	unsigned i;

	for (i = 0; tl_options_warning(i); i++)
		for (const char *c = tl_options_warning(i); *c; c++)
			check(*c >= ' ' && *c <= '~');
	check(i <= WARNINGS);
	for (i = 0; tl_options_help(i, line, sizeof(line)); i++)
		check(strlen(line) < sizeof(line));
	check(tl_options.stack_depth >= 1 && tl_options.stack_depth <= 64);
	check(tl_options.leak_kinds && tl_options.exitcode >= 0 && tl_options.exitcode <= 255);
	if (tl_options.log_path)
		tl_options_expand(tl_options.log_path, path, sizeof(path));
	tl_options_expand(tl_options.log_path ? tl_options.log_path : "%q{TIMERLEAK_OPTIONS}", line,
			  sizeof(line));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	const char *at = text;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	set_variable("TIMERLEAK_OPTIONS", &at, text + size + 1);
	set_variable("TIMERLEAK_RUN", &at, text + size + 1);
	set_variable("TIMERLEAK_TRACE_MAIN", &at, text + size + 1);
	start_again();
	tl_options_init();
	check_all();
	free(text);
	return 0;
}
