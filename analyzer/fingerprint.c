/* SPDX-License-Identifier: MIT */
#include "fingerprint.h"
#include "preload/tl_format.h"
#include "util.h"

#include <stdio.h>
#include <string.h>

bool frame_is_user(const struct frame *frame)
{
	if (frame->module_flags & (TL_MOD_SHIM | TL_MOD_LIBC | TL_MOD_VDSO))
		return false;
	return !frame->function || strcmp(frame->function, "_start") != 0;
}

/* Compilers append .part.0, .constprop.1 and the like (the demangler: " [clone .part.0]") to
 * clones, and do so differently in every build. */
static size_t stable_length(const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_";
	const char *dot = strchr(name, '.');
	const char *clone = strchr(name, '[') ? strstr(name, " [clone ") : NULL;

	if (clone)
		return (size_t)(clone - name);
	if (dot && dot != name && strspn(name, plain) == (size_t)(dot - name))
		return (size_t)(dot - name);
	return strlen(name);
}

static uint64_t add_frame(uint64_t hash, const struct frame *frame)
{
	char offset[24];

	if (frame->function)
		return fnv_add(fnv_add(hash, frame->function, stable_length(frame->function)), "",
			       1);
	if (frame->module) {
		const char *base = path_basename(frame->module);

		hash = fnv_add(hash, base, strlen(base));
	}
	snprintf(offset, sizeof(offset), "+%llx", (unsigned long long)frame->offset);
	return fnv_add(hash, offset, strlen(offset) + 1);
}

void fingerprint_make(char out[FINGERPRINT_SIZE], uint32_t timer_kind,
		      const struct frame *const *frames, size_t count)
{
	uint8_t kind = (uint8_t)timer_kind;
	uint64_t hash = fnv_add(FNV_START, &kind, 1);
	bool any = false;
	size_t i;

	for (i = 0; i < count; i++)
		any |= frame_is_user(frames[i]);
	for (i = 0; i < count; i++)
		if (!any || frame_is_user(frames[i]))
			hash = add_frame(hash, frames[i]);
	snprintf(out, FINGERPRINT_SIZE, "%016llx", (unsigned long long)hash);
}
