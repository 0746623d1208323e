/* SPDX-License-Identifier: MIT */
#include "report_profile.h"
#include "emit_heap.h"
#include "formats.h"
#include "image_set.h"
#include "safe.h"
#include "trace_sweep.h"

#include <stdio.h>

static int write_one(const struct output_target *target, const struct heap_profile *profile)
{
	struct output out;

	if (output_begin(&out, target->path))
		return -1;
	return output_end(&out, target->format->heap(&out.text, profile) != 0);
}

static int write_default(int fd, const struct heap_profile *profile)
{
	struct strbuf out = STRBUF_INIT;
	int result = emit_heap_text(&out, profile);

	if (!result)
		result = output_write_fd(fd, &out);
	if (result)
		perror("timerleak: cannot write the heap profile");
	strbuf_free(&out);
	return result;
}

static int write_all(const struct cli *cli, int default_fd, const struct heap_profile *profile)
{
	int failed = 0;
	size_t i;

	if (cli->output_count == 0)
		return write_default(default_fd, profile);
	for (i = 0; i < cli->output_count; i++)
		failed |= write_one(&cli->outputs[i], profile) != 0;
	return failed;
}

static int build_and_write(const struct cli *cli, const struct image_set *set,
			   struct symbolizer *sym, int default_fd)
{
	struct heap_profile profile;
	int failed = 1;

	if (heap_profile_build(&profile, image_set_ordered(set), image_set_count(set), sym))
		complain("timerleak: out of memory\n");
	else {
		profile.complete &= !set->unreadable;
		failed = write_all(cli, default_fd, &profile);
	}
	heap_profile_free(&profile);
	return failed ? EXIT_USAGE : 0;
}

int report_profile(const struct cli *cli, const struct report_input *inputs, size_t input_count,
		   int default_fd)
{
	char root[PATH_MAX];
	const struct symbolizer_options symbolize = {
	    .debug_root = cli->debug_root,
	    .source_root = report_source_root(cli, root),
	    .debuginfod = cli->debuginfod,
	    .symbolize = true,
	};
	struct symbolizer *sym = symbolizer_new(&symbolize);
	struct image_set set = {0};
	int status = EXIT_USAGE;

	if (!sym)
		complain("timerleak: out of memory\n");
	else if (image_set_read(&set, inputs, input_count) == 0 && image_set_count(&set))
		status = build_and_write(cli, &set, sym, default_fd);
	if (set.unreadable)
		status = EXIT_USAGE;
	image_set_free(&set);
	symbolizer_free(sym);
	trace_sweep();
	return status;
}
