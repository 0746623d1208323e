/* SPDX-License-Identifier: MIT */
/*
 * Libraries go, with the variables that handles were written to.
 *
 * What a variable held can be asked only before dlclose, and which objects went only after it; in
 * between destructors run, which may have stopped the timer or taken its handle elsewhere. So a
 * timer is marked if its place held the handle before, it is there still, and the place is not.
 */
#include "modules.h"
#include "section.h"
#include "sink.h"
#include "sys.h"
#include "ties.h"
#include "ties_marks.h"

static struct tl_timer *timer_with_place(uint32_t slot)
{
	struct tl_timer *t = tl_sink_timer(slot);

	return t && tl_load_acquire(&t->state) == TL_SLOT_LIVE && t->kind == TL_POSIX &&
		       tl_load(&t->place)
		   ? t
		   : NULL;
}

static bool holds_in_library(const struct tl_timer *t)
{
	uintptr_t place = tl_load(&t->place);
	uint32_t flags;

	if (!tl_modules_static(place, NULL, NULL))
		return false;
	flags = tl_modules_flags(place);
	if (flags & TL_MOD_EXE || !tl_sys_readable((const void *)place, sizeof(uint32_t)))
		return false;
	return *(const uint32_t *)place == (uint32_t)t->id;
}

bool tl_ties_unload_begin(void)
{
	uint32_t count = tl_sink_active() ? tl_sink_timer_count() : 0;
	bool any = false;

	for (uint32_t i = 0; i < count; i++) {
		struct tl_timer *t = timer_with_place(i);
		struct tl_timer_more *more;

		if (!t)
			continue;
		if (holds_in_library(t)) {
			more = tl_timer_more(t);
			tl_modules_static(t->place, &more->holder_module, &more->holder_offset);
			tl_or(&t->flags, TL_F_PLACE_IN_LIBRARY);
			any = true;
		} else if (tl_load(&t->flags) & TL_F_PLACE_IN_LIBRARY) {
			tl_and(&t->flags, ~TL_F_PLACE_IN_LIBRARY);
		}
	}
	return any;
}

static bool is_orphan(const struct tl_timer *t)
{
	return t && tl_load(&t->flags) & TL_F_PLACE_IN_LIBRARY &&
	       !tl_modules_static(tl_load(&t->place), NULL, NULL);
}

static bool any_orphan(void)
{
	uint32_t count = tl_sink_timer_count();

	for (uint32_t i = 0; i < count; i++)
		if (is_orphan(timer_with_place(i)))
			return true;
	return false;
}

void tl_ties_unload_end(void)
{
	struct tl_ties_cause cause;
	struct tl_section section;
	uint32_t count;

	tl_modules_refresh();
	if (!any_orphan())
		return;
	tl_ties_cause_here(&cause, false);
	section = tl_section_enter();
	count = tl_sink_timer_count();
	for (uint32_t i = 0; i < count; i++) {
		struct tl_timer *t = timer_with_place(i);

		if (!is_orphan(t))
			continue;
		tl_or(&t->flags, TL_F_PLACE_UNLOADED);
		tl_ties_mark_place(t, true, &cause);
	}
	tl_section_leave(&section);
}
