/* SPDX-License-Identifier: MIT */
/* fuzz_baseline.c - an old report read back. What it takes can be matched against itself. */
#include "analyzer/baseline.h"
#include "analyzer/utf8.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* All that it promises is there: text that ends, numbers that are counts. */
static void touch(const struct baseline *baseline)
{
	size_t i, k, all = 0;
	uint32_t c;

	for (i = 0; i < baseline->site_count; i++) {
		const struct baseline_site *site = &baseline->sites[i];

		if (strlen(site->fingerprint) != 16 || !site->class)
			abort();
		all += site->suppressed_by ? strlen(site->suppressed_by) : 0;
		for (k = 0; k < site->frame_count; k++) {
			all += utf8_decode(site->class, &c);
			all += site->frames[k]->function ? strlen(site->frames[k]->function) : 0;
			all += site->frames[k]->file ? strlen(site->frames[k]->file) : 0;
			all += site->frames[k]->module ? strlen(site->frames[k]->module) : 0;
		}
	}
	if (all == (size_t)-1)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct baseline baseline;
	char *text = malloc(size ? size : 1), error[256] = "";

	if (!text)
		return 0;
	memcpy(text, data, size);
	if (baseline_parse(&baseline, "old.json", text, size, error, sizeof(error)) == 0)
		touch(&baseline);
	else if (!error[0] || strlen(error) >= sizeof(error))
		abort();
	baseline_free(&baseline);
	free(text);
	return 0;
}
