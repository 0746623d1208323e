/* SPDX-License-Identifier: MIT */
/*
 * The loader: libraries that go, and the host's own walks over its list. dlopen is not hooked: it
 * looks for libraries by the RUNPATH of whoever calls it.
 */
#include "hooks.h"
#include "loader_gate.h"
#include "modules.h"
#include "ties.h"

TL_EXPORT int dlclose(void *handle)
{
	int result, error;
	bool watched;

	if (TL_ABSENT(dlclose))
		return tl_hook_absent();
	watched = tl_life_enter() && tl_ties_unload_begin();
	result = tl_real_dlclose(handle);
	error = errno;
	tl_store(&tl_modules_dirty, 1);
	if (watched)
		tl_ties_unload_end();
	errno = error;
	return result;
}

/* An exception that passes through here leaves the mark: stacks of this thread are one frame deep
 * from then on, and say so. */
TL_EXPORT int dl_iterate_phdr(int (*visit)(struct dl_phdr_info *, size_t, void *), void *data)
{
	int result;

	if (TL_ABSENT(dl_iterate_phdr))
		return 0;
	tl_gate_iterating++;
	result = tl_real_dl_iterate_phdr(visit, data);
	tl_gate_iterating--;
	return result;
}
