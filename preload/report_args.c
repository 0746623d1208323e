/* SPDX-License-Identifier: MIT */
#include "report_args.h"
#include "modules.h"
#include "options.h"
#include "sys.h"

#ifndef TL_BINDIR
#define TL_BINDIR "/usr/local/bin"
#endif

/* Text that does not fit any more is left out; the sizes above make that a matter of principle. */
static char *TL_PRINTF(2, 3) keep(struct tl_report_args *args, const char *format, ...)
{
	size_t room = sizeof(args->text) - args->used, length;
	char *text = args->text + args->used;
	va_list list;

	va_start(list, format);
	length = (size_t)tl_vformat(text, room, format, list);
	va_end(list);
	if (length >= room)
		return NULL;
	args->used += length + 1;
	return text;
}

static void push(struct tl_report_args *args, char *text)
{
	if (text && args->count + 2 < TL_REPORT_ARGS) /* "-" and NULL come last */
		args->argv[args->count++] = text;
}

static void find_programs(struct tl_report_args *args)
{
	const char *self = tl_modules_self_path();
	unsigned n = 0;
	char *dir;

	dir = self && self[0] == '/' ? keep(args, "%s", self) : NULL;
	if (dir) {
		char *end = dir + tl_strlen(dir);

		while (*end != '/')
			end--;
		*end = '\0';
		args->programs[n++] = keep(args, "%s/timerleak", dir);
		if (args->programs[n - 1])
			args->programs[n++] = keep(args, "%s/../bin/timerleak", dir);
	}
	if (!n || args->programs[n - 1])
		args->programs[n] = TL_BINDIR "/timerleak";
}

static void push_suppressions(struct tl_report_args *args)
{
	const char *at = tl_options.suppressions;

	if (at && *at)
		push(args, keep(args, "--lenient-suppressions"));
	while (at && *at) {
		char name[1024];
		size_t n = 0;

		while (at[n] && at[n] != ',')
			n++;
		tl_strcopy(name, n + 1 < sizeof(name) ? n + 1 : sizeof(name), at);
		if (n)
			push(args, keep(args, "--suppressions=%s", name));
		at += at[n] ? n + 1 : n;
	}
}

static void push_options(struct tl_report_args *args)
{
	static const char *const colors[] = {"auto", "always", "never"};
	char kinds[40];

	if (tl_options.max_leaks >= 0)
		push(args, keep(args, "--max-leaks=%lld", (long long)tl_options.max_leaks));
	if (tl_options.max_undrained >= 0)
		push(args, keep(args, "--max-undrained=%lld", (long long)tl_options.max_undrained));
	tl_options_kinds(tl_options.leak_kinds, kinds, sizeof(kinds));
	push(args, keep(args, "--leak-kinds=%s", kinds));
	push(args, keep(args, "--error-exitcode=%d", TL_REPORT_GATE_STATUS));
	push(args, keep(args, "--color=%s", colors[tl_options.color]));
	push_suppressions(args);
}

struct tl_report_args *tl_report_args_new(void)
{
	struct tl_report_args *args = tl_sys_mmap(sizeof(*args));

	if (!args)
		return NULL;
	tl_strcopy(args->input, sizeof(args->input), "-");
	find_programs(args);
	push(args, keep(args, "timerleak"));
	push(args, keep(args, "report"));
	push_options(args);
	args->argv[args->count] = args->input;
	return args;
}

void tl_report_args_free(struct tl_report_args *args)
{
	tl_sys_munmap(args, sizeof(*args));
}
