/* SPDX-License-Identifier: MIT */
/*
 * operator new and delete of C++, by their mangled names (Itanium C++ ABI, size_t being unsigned
 * long). libstdc++'s and libc++'s call malloc, which we see; jemalloc's and tcmalloc's do not, so
 * they are recorded here. What they throw passes through our frames, which own nothing.
 *
 * A program in C may load a C++ library with names of its own: then the next definition in the
 * program's scope is none, and the runtime is asked for among the libraries that are loaded.
 * An allocator's deletes with a size go to those without: the size that was asked for may not be
 * the one that it got (tl_alloc_size).
 */
#include "hooks.h"
#include "foreign.h"
#include "hooks_alloc.h"
#include "modules.h"
#include <link.h>
#include <stdlib.h>

enum { NOT_ASKED, BY_MALLOC, DIRECT };
static uint32_t operators; /* whether they are the allocator's own */

static void *in_runtime(const char *name)
{
	static const char *const runtimes[] = {"libstdc++.so.6", "libc++.so.1"};

	for (size_t i = 0; i < TL_ARRAY_LEN(runtimes); i++) {
		/* Stays open: the pointer is kept. */
		void *library = dlopen(runtimes[i], RTLD_LAZY | RTLD_NOLOAD);
		void *found = library ? dlsym(library, name) : NULL;

		if (found)
			return found;
	}
	return NULL;
}

static TL_COLD bool resolve(void *to, const char *name)
{
	void **pointer = to, *found;
	int error = errno;

	found = dlsym(RTLD_NEXT, name);
	if (!found)
		found = in_runtime(name);
	if (found && tl_load(&operators) == NOT_ASKED)
		tl_store(&operators,
			 tl_real_same_home(found, (void *)tl_real_malloc) ? DIRECT : BY_MALLOC);
	tl_store(pointer, found);
	errno = error;
	return found != NULL;
}

#define HAVE(name) (tl_likely(tl_load(&tl_real_##name) != NULL) || resolve(&tl_real_##name, #name))

static bool by_allocator(void)
{
	return tl_unlikely(tl_load(&operators) == DIRECT);
}

static bool direct(void)
{
	return by_allocator() && tl_alloc_on();
}

/* Unless it came by malloc after all. */
static void *born(void *p, size_t size, const struct tl_called *called)
{
	return p && tl_map_get((uintptr_t)p) ? p : tl_alloc_born(p, size, called);
}

/* ---- without a runtime that could be found --------------------------------------------------
 *
 * The caller has it within itself (-static-libstdc++), out of everybody's sight but its own. It
 * knows what to do when there is no memory: call its new_handler, throw its std::bad_alloc.
 */

typedef void *new_function(size_t size, size_t alignment);

static TL_COLD void *callers_own(const char *name, void *caller)
{
	struct link_map *map = NULL;
	Dl_info info;
	void *found;

	if (!dladdr1(caller, &info, (void **)&map, RTLD_DL_LINKMAP) || !map)
		return NULL;
	found = dlsym(map, name);
	return tl_modules_is_self((uintptr_t)found) ? NULL : found;
}

static TL_COLD void *plain_new(size_t size, size_t alignment, const char *name, void *caller)
{
	void *p = alignment ? aligned_alloc(alignment, (size + alignment - 1) & ~(alignment - 1))
			    : malloc(size);
	new_function *own = p || !name ? NULL : (new_function *)callers_own(name, caller);

	return own ? own(size, alignment) : p;
}

/* ---- new ---------------------------------------------------------------------------------- */

#define NEW(name)                                                    \
	TL_EXPORT void *name(size_t size)                            \
	{                                                            \
		if (!HAVE(name))                                     \
			return plain_new(size, 0, #name, TL_CALLER); \
		if (!direct())                                       \
			return tl_real_##name(size);                 \
		size = tl_alloc_size(size);                          \
		return born(tl_real_##name(size), size, TL_CALLED);  \
	}
#define NEW_NOTHROW(name)                                                \
	TL_EXPORT void *name(size_t size, const void *tag)               \
	{                                                                \
		if (!HAVE(name))                                         \
			return plain_new(size, 0, NULL, NULL);           \
		if (!direct())                                           \
			return tl_real_##name(size, tag);                \
		size = tl_alloc_size(size);                              \
		return born(tl_real_##name(size, tag), size, TL_CALLED); \
	}
#define NEW_ALIGNED(name)                                                      \
	TL_EXPORT void *name(size_t size, size_t alignment)                    \
	{                                                                      \
		if (!HAVE(name))                                               \
			return plain_new(size, alignment, #name, TL_CALLER);   \
		if (!direct())                                                 \
			return tl_real_##name(size, alignment);                \
		size = tl_alloc_size(size);                                    \
		return born(tl_real_##name(size, alignment), size, TL_CALLED); \
	}
#define NEW_ALIGNED_NOTHROW(name)                                                   \
	TL_EXPORT void *name(size_t size, size_t alignment, const void *tag)        \
	{                                                                           \
		if (!HAVE(name))                                                    \
			return plain_new(size, alignment, NULL, NULL);              \
		if (!direct())                                                      \
			return tl_real_##name(size, alignment, tag);                \
		size = tl_alloc_size(size);                                         \
		return born(tl_real_##name(size, alignment, tag), size, TL_CALLED); \
	}

NEW(_Znwm)
NEW(_Znam)
NEW_NOTHROW(_ZnwmRKSt9nothrow_t)
NEW_NOTHROW(_ZnamRKSt9nothrow_t)
NEW_ALIGNED(_ZnwmSt11align_val_t)
NEW_ALIGNED(_ZnamSt11align_val_t)
NEW_ALIGNED_NOTHROW(_ZnwmSt11align_val_tRKSt9nothrow_t)
NEW_ALIGNED_NOTHROW(_ZnamSt11align_val_tRKSt9nothrow_t)

/* ---- delete ------------------------------------------------------------------------------- */

#define DELETE(name)                                            \
	TL_EXPORT void name(void *p)                            \
	{                                                       \
		if (!HAVE(name))                                \
			free(p);                                \
		else if (!direct() || (p && tl_alloc_dying(p))) \
			tl_real_##name(p);                      \
	}
#define DELETE_NOTHROW(name)                                    \
	TL_EXPORT void name(void *p, const void *tag)           \
	{                                                       \
		if (!HAVE(name))                                \
			free(p);                                \
		else if (!direct() || (p && tl_alloc_dying(p))) \
			tl_real_##name(p, tag);                 \
	}
#define DELETE_ALIGNED(name)                                    \
	TL_EXPORT void name(void *p, size_t alignment)          \
	{                                                       \
		if (!HAVE(name))                                \
			free(p);                                \
		else if (!direct() || (p && tl_alloc_dying(p))) \
			tl_real_##name(p, alignment);           \
	}
#define DELETE_ALIGNED_NOTHROW(name)                                    \
	TL_EXPORT void name(void *p, size_t alignment, const void *tag) \
	{                                                               \
		if (!HAVE(name))                                        \
			free(p);                                        \
		else if (!direct() || (p && tl_alloc_dying(p)))         \
			tl_real_##name(p, alignment, tag);              \
	}
#define DELETE_SIZED(name, plain)                  \
	TL_EXPORT void name(void *p, size_t size)  \
	{                                          \
		if (!HAVE(name) || by_allocator()) \
			plain(p);                  \
		else                               \
			tl_real_##name(p, size);   \
	}
#define DELETE_SIZED_ALIGNED(name, plain)                           \
	TL_EXPORT void name(void *p, size_t size, size_t alignment) \
	{                                                           \
		if (!HAVE(name) || by_allocator())                  \
			plain(p, alignment);                        \
		else                                                \
			tl_real_##name(p, size, alignment);         \
	}

DELETE(_ZdlPv)
DELETE(_ZdaPv)
DELETE_NOTHROW(_ZdlPvRKSt9nothrow_t)
DELETE_NOTHROW(_ZdaPvRKSt9nothrow_t)
DELETE_ALIGNED(_ZdlPvSt11align_val_t)
DELETE_ALIGNED(_ZdaPvSt11align_val_t)
DELETE_ALIGNED_NOTHROW(_ZdlPvSt11align_val_tRKSt9nothrow_t)
DELETE_ALIGNED_NOTHROW(_ZdaPvSt11align_val_tRKSt9nothrow_t)
DELETE_SIZED(_ZdlPvm, _ZdlPv)
DELETE_SIZED(_ZdaPvm, _ZdaPv)
DELETE_SIZED_ALIGNED(_ZdlPvmSt11align_val_t, _ZdlPvSt11align_val_t)
DELETE_SIZED_ALIGNED(_ZdaPvmSt11align_val_t, _ZdaPvSt11align_val_t)
