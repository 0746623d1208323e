/* SPDX-License-Identifier: MIT */
#include "heap_summary.h"
#include "util.h"

uint64_t heap_objects(uint64_t parts)
{
	return parts / TL_HEAP_ONE + (parts % TL_HEAP_ONE >= TL_HEAP_ONE / 2);
}

static void add_sample(struct heap_summary *sum, uint64_t sample)
{
	if (sum->images[HEAP_SAMPLED]++ == 0)
		sum->sample = sample > SUM_MAX ? 0 : sample;
	else if (sum->sample != sample)
		sum->sample = 0;
}

static void add_reach(struct heap_summary *sum, const struct tl_header *header)
{
	if (header->evidence & TL_EV_REACH_CUT) {
		sum->reach = REACH_CUT;
		if (header->reach_time > sum->longest_cut)
			sum->longest_cut = header->reach_time;
	} else if ((header->evidence & TL_EV_REACH) && sum->reach == REACH_NONE) {
		sum->reach = REACH_DONE;
	}
}

/* What lives is counted by the search, which is not made where no timer has to do with the heap. */
static bool is_counted(const struct tl_header *header)
{
	return header->evidence & TL_EV_HEAP && header->evidence & (TL_EV_REACH | TL_EV_REACH_CUT);
}

struct heap_summary heap_summary_of(const struct image *const *images, size_t count)
{
	struct heap_summary sum = {0};
	size_t i;

	for (i = 0; i < count; i++) {
		const struct tl_header *header = &images[i]->header;

		if (header->heap_mode == HEAP_SAMPLED)
			add_sample(&sum, header->heap_sample);
		else
			sum.images[header->heap_mode]++;
		sum.lost_blocks = sum_capped(sum.lost_blocks, header->heap_lost);
		add_reach(&sum, header);
		if (!is_counted(header))
			continue;
		sum.live_images++;
		sum.live_blocks = sum_capped(sum.live_blocks, header->heap_live_blocks);
		sum.live_bytes = sum_capped(sum.live_bytes, header->heap_live_bytes);
	}
	return sum;
}

const char *heap_summary_mode(const struct heap_summary *summary)
{
	bool off = summary->images[HEAP_OFF], full = summary->images[HEAP_FULL];
	bool sampled = summary->images[HEAP_SAMPLED];

	if (off + full + sampled > 1)
		return "mixed";
	return full ? "full" : sampled ? "sampled" : "off";
}

const char *heap_summary_reach(const struct heap_summary *summary)
{
	static const char *const names[] = {
	    [REACH_NONE] = "none",
	    [REACH_DONE] = "done",
	    [REACH_CUT] = "cut",
	};

	return names[summary->reach];
}
