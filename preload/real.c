/* SPDX-License-Identifier: MIT */
#include "real.h"
#include "sink.h"
#include "sys.h"
#include <dlfcn.h>

#define TL_HOOK(need, ret, name, params) ret(*tl_real_##name) params;
#define TL_HOOK_V(ret, name, params)	 ret(*tl_real_##name[TL_TIMER_VERSION_COUNT]) params;
#include "hooks.def"
#undef TL_HOOK
#undef TL_HOOK_V

enum need { REQUIRED, OPTIONAL };

static void resolve(void *to, const char *name, enum need need)
{
	void **pointer = to;
	void *found;
	char text[100];

	if (tl_load(pointer))
		return;
	found = dlsym(RTLD_NEXT, name);
	tl_store(pointer, found);
	if (found || need == OPTIONAL)
		return;
	tl_format(text, sizeof(text), "the libc has no %s: calls of it fail", name);
	tl_sink_note(TL_NOTE_HOOK, text);
}

static const char *const versions[] = {
#define NAME(i, version) [i] = version,
    TL_TIMER_VERSIONS(NAME)
#undef NAME
};

/* A libc before 2.34 has them in librt and at the older versions only: what it lacks stays NULL. */
static void resolve_versions(void *to, const char *name)
{
	void **pointers = to;

	for (int i = 0; i < TL_TIMER_VERSION_COUNT; i++)
		if (!tl_load(&pointers[i]))
			tl_store(&pointers[i], dlvsym(RTLD_NEXT, name, versions[i]));
	if (!tl_load(&pointers[TL_NEWEST]))
		tl_store(&pointers[TL_NEWEST], dlsym(RTLD_NEXT, name));
}

/* A libc newer than we know would bind new programs past our newest node, silently. */
static void check_newest(void)
{
	void *newest = dlsym(RTLD_NEXT, "timer_create");

	if (newest && newest != (void *)tl_real_timer_create[TL_NEWEST])
		tl_sink_note(TL_NOTE_LIBC,
			     "the libc has a newer timer_create than timerleak hooks: "
			     "new programs' POSIX timers are seen by the audit only");
}

void tl_real_init(void)
{
	int saved = errno;

#define TL_HOOK(need, ret, name, params) resolve(&tl_real_##name, #name, need);
#define TL_HOOK_V(ret, name, params)	 resolve_versions(tl_real_##name, #name);
#include "hooks.def"
#undef TL_HOOK
#undef TL_HOOK_V
	check_newest();
	errno = saved;
}
