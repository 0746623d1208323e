/* SPDX-License-Identifier: MIT */
#include "real.h"
#include "foreign.h"
#include "sink.h"
#include "sys.h"
#include "unwind_object.h"
#include <link.h>

#define TL_HOOK(need, ret, name, params)      ret(*tl_real_##name) params;
#define TL_HOOK_V(ret, name, params)	      ret(*tl_real_##name[TL_TIMER_VERSION_COUNT]) params;
#define TL_HOOK_HEAP(need, ret, name, params) TL_HOOK(need, ret, name, params)
#define TL_HOOK_NEW(ret, name, params)	      TL_HOOK(, ret, name, params)
#include "hooks.def"
#undef TL_HOOK
#undef TL_HOOK_V
#undef TL_HOOK_HEAP
#undef TL_HOOK_NEW

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

	for (int i = 0; dlvsym && i < TL_TIMER_VERSION_COUNT; i++)
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
#define TL_HOOK_HEAP(need, ret, name, params)
#define TL_HOOK_NEW(ret, name, params)
#include "hooks.def"
#undef TL_HOOK
#undef TL_HOOK_V
#undef TL_HOOK_HEAP
#undef TL_HOOK_NEW
	check_newest();
	errno = saved;
}

/* ---- the allocator ------------------------------------------------------------------------ */

static TL_TLS bool resolving;

/* free is looked up before malloc is published: whoever allocates can give back. What a failing
 * dlsym allocates comes by the pointers that are there by then. */
bool tl_real_heap_init(void)
{
	int saved = errno;
	void *found;

	if (resolving)
		return false;
	resolving = true;
#define RESOLVE(name)                                                                 \
	do {                                                                          \
		found = dlsym(RTLD_NEXT, #name);                                      \
		__atomic_store(&tl_real_##name, (__typeof__(tl_real_##name) *)&found, \
			       __ATOMIC_RELEASE);                                     \
	} while (0)
	RESOLVE(malloc_usable_size);
	RESOLVE(free);
	RESOLVE(calloc);
	RESOLVE(realloc);
	RESOLVE(malloc);
	RESOLVE(reallocarray);
	RESOLVE(memalign);
	RESOLVE(aligned_alloc);
	RESOLVE(posix_memalign);
	RESOLVE(valloc);
	RESOLVE(pvalloc);
#undef RESOLVE
	resolving = false;
	errno = saved;
	return true;
}

static void *home_of(void *function)
{
	struct link_map *map = tl_object_map((uintptr_t)function);
	Dl_info info;

	if (!map && function && !dladdr1(function, &info, (void **)&map, RTLD_DL_LINKMAP))
		return NULL;
	return map;
}

bool tl_real_same_home(void *a, void *b)
{
	void *home = home_of(a);

	return home && home == home_of(b);
}

bool tl_real_heap_agrees(void)
{
	return tl_real_same_home((void *)tl_real_malloc, (void *)tl_real_free) &&
	       tl_real_same_home((void *)tl_real_malloc, (void *)tl_real_malloc_usable_size);
}
