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

static void about_main(struct pprof *p, struct symbolizer *sym, const struct image *image)
{
	const struct tl_module *module = image ? image_exe(image) : NULL;
	struct symbolizer_module wanted;
	const struct frame *frames;

	if (!module)
		return;
	wanted = symbolizer_module_of(module);
	symbolizer_entry(sym, symbolizer_add(sym, &wanted), &frames);
	pprof_main(p, frames);
}

void pprof_about(struct pprof *p, struct symbolizer *sym, const struct image *const *images,
		 size_t count, const struct image *main)
{
	about_time(p, images, count);
	about_main(p, sym, main);
	pprof_comment(p, "timerleak " TIMERLEAK_VERSION);
}
