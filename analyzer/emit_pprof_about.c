/* SPDX-License-Identifier: MIT */
#include "emit_pprof_about.h"
#include "util.h"
#include "version.h"

/* Zeros in what a trace says must not make the run last since 1970. */
static void about_time(struct pprof *p, const struct image *const *images, size_t count)
{
	uint64_t begin = 0, end = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		const struct tl_header *header = &images[i]->header;
		uint64_t last = image_end_time(images[i]);
		uint64_t lasted = last > header->start ? last - header->start : 0;

		if (i == 0 || header->start_realtime < begin)
			begin = header->start_realtime;
		if (sum_capped(header->start_realtime, lasted) > end)
			end = sum_capped(header->start_realtime, lasted);
	}
	pprof_time(p, begin, begin && end > begin ? end - begin : 0);
}

static void about_main(struct pprof *p, const struct image *image)
{
	const struct tl_module *module = image ? image_exe(image) : NULL;
	char build_id[2 * sizeof(module->build_id) + 1];
	struct frame frame = {.build_id = build_id};

	if (!module)
		return;
	hex_encode(build_id, module->build_id, module->build_id_len);
	frame.module = module->path;
	frame.module_start = module->start - module->bias;
	frame.module_end = module->end - module->bias;
	pprof_main(p, &frame);
}

void pprof_about(struct pprof *p, const struct image *const *images, size_t count,
		 const struct image *main)
{
	about_time(p, images, count);
	about_main(p, main);
	pprof_comment(p, "timerleak " TIMERLEAK_VERSION);
}
