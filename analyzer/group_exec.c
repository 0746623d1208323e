/* SPDX-License-Identifier: MIT */
#include "group_exec.h"

#include <stdlib.h>

/* Lack of memory is an error to return, not an exit. */
#define HASH_NONFATAL_OOM	  1
#define uthash_nonfatal_oom(node) ((node)->lost = true)
#include <uthash.h>

struct carried {
	uint64_t key; /* pid << 32 | descriptor */
	struct merged_site *site;
	bool lost;
	UT_hash_handle hh;
};

void group_exec_free(struct group_exec *exec)
{
	struct carried *item, *next;

	HASH_ITER (hh, exec->first, item, next) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the next was read before the free */
		HASH_DELETE(hh, exec->first, item);
		free(item);
	}
}

static struct carried *find(const struct group_exec *exec, uint64_t key)
{
	struct carried *item;

	HASH_FIND(hh, exec->first, &key, sizeof(key), item);
	return item;
}

static int put(struct group_exec *exec, uint64_t key, struct merged_site *site)
{
	struct carried *item = find(exec, key);

	if (!item) {
		item = calloc(1, sizeof(*item));
		if (!item)
			return -1;
		item->key = key;
		HASH_ADD(hh, exec->first, key, sizeof(item->key), item);
		if (item->lost) {
			free(item);
			return -1;
		}
	}
	item->site = site;
	return 0;
}

static uint64_t key_of(const struct image *image, const struct timer *timer)
{
	return (uint64_t)image->header.pid << 32 | (uint32_t)timer->id;
}

/* Also those that the program has closed since: they came without close-on-exec all the same. */
static bool came_by_exec(const struct timer *timer)
{
	return timer->kind == TL_TIMERFD && (timer->flags & TL_F_BY_EXEC) &&
	       (timer->state == TL_SLOT_INHERITED || timer->state == TL_SLOT_FREE);
}

int group_exec_add(struct group_exec *exec, struct site_index *index, const struct image *image)
{
	size_t i;

	for (i = 0; i < image->timer_count; i++) {
		const struct timer *timer = &image->timers[i];
		struct carried *item =
		    came_by_exec(timer) ? find(exec, key_of(image, timer)) : NULL;

		if (item)
			item->site->hazards[TL_HAZ_CLOEXEC_MISSING]++;
	}
	/* What an earlier exec has carried may go on through this one. */
	for (i = 0; i < image->timer_count && image->header.end_state == TL_END_EXEC; i++) {
		const struct timer *timer = &image->timers[i];
		struct merged_site *site;

		if (timer->kind != TL_TIMERFD || !timer_is_live(timer))
			continue;
		site = site_index_of_timer(index, image, timer);
		if (!site || put(exec, key_of(image, timer), site))
			return -1;
	}
	return 0;
}
