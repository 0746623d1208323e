/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -pthread -Wl,-rpath,$ORIGIN */
/*
 * A library that has the handles, unloaded or not.
 */
#include <dlfcn.h>
#include <malloc.h>
#include <sys/mman.h>

#include "heap.h"

static void *library;

static void call(const char *name)
{
	void (*fn)(void);

	if (!library)
		MUST((library = dlopen("libholder.so", RTLD_NOW | RTLD_LOCAL)) != NULL);
	*(void **)&fn = dlsym(library, name);
	MUST(fn != NULL);
	fn();
}

static timer_t get_handle(void)
{
	timer_t (*fn)(void);

	*(void **)&fn = dlsym(library, "holder_handle");
	MUST(fn != NULL);
	return fn();
}

static void unload(void)
{
	MUST(dlclose(library) == 0 && !dlopen("libholder.so", RTLD_NOW | RTLD_NOLOAD));
}

static void loaded_static(void)
{
	call("holder_in_static");
}

static void loaded_block(void)
{
	call("holder_in_block");
}

static void loaded_tls(void)
{
	call("holder_in_tls");
}

/* So that the next mapping is made where the block was. */
static void fill_above(const char *block)
{
	const char *page;

	do
		page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	while (page > block);
}

/* Its variables lie where no object was when a handle was written there before. */
static void loaded_over_heap(void)
{
	char *above = malloc(BIG), *block = malloc(BIG), *end = block + malloc_usable_size(block);
	timer_t *handle = (timer_t *)(end - 64);

	fill_above(block);
	make(handle);
	MUST(timer_delete(*handle) == 0);
	free(block);
	call("holder_in_static");
	*(void **)&handle = dlsym(library, "holder_handle");
	if ((char *)handle < block || (char *)handle >= end)
		skip("the library lies elsewhere");
	printf("%p\n", (void *)above);
}

static void unloaded_static(void)
{
	call("holder_in_static");
	unload();
}

static void unloaded_used(void)
{
	timer_t t;

	call("holder_in_static");
	t = get_handle();
	unload();
	arm(t);
}

static void unloaded_tidy(void)
{
	call("holder_tidy");
	unload();
}

/* The only way to the block was in the library. */
static void unloaded_block(void)
{
	call("holder_in_block");
	unload();
	put_last();
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
	    CASE(loaded_static),   CASE(loaded_block),	CASE(loaded_tls),    CASE(loaded_over_heap),
	    CASE(unloaded_static), CASE(unloaded_used), CASE(unloaded_tidy), CASE(unloaded_block),
	};

	return RUN_CASE(cases, argc, argv);
}
