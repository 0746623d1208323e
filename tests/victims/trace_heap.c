/* SPDX-License-Identifier: MIT */
/*
 * What a trace says of the heap as a whole: "mode M, lost N, stacks N, bytes N". A report on every
 * stack of a large program would take much longer.
 */
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "../../preload/tl_format.h"
#include "cases.h"

static uint64_t stacks, bytes;

static void add(const struct tl_chunk *chunk)
{
	const char *slots = (const char *)(chunk + 1);

	for (uint32_t i = 0; chunk->kind == TL_CHUNK_HEAP && i < chunk->used; i++) {
		const struct tl_heap_stack *s =
		    (const struct tl_heap_stack *)(slots + (size_t)i * chunk->slot_size);

		stacks++;
		bytes += s->alloc_bytes;
	}
}

int main(int argc, char **argv)
{
	int fd = open(argc > 1 ? argv[1] : "", O_RDONLY);
	const struct tl_header *header;
	struct stat st;

	MUST(fd >= 0 && fstat(fd, &st) == 0);
	header = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	MUST(header != MAP_FAILED && header->header_size >= TL_HEADER_SIZE);
	for (uint64_t at = header->header_size; at < header->bytes_used;) {
		const struct tl_chunk *chunk = (const void *)((const char *)header + at);

		add(chunk);
		MUST(chunk->size > 0);
		at += chunk->size;
	}
	printf("mode %d, lost %llu, stacks %llu, bytes %llu\n", header->heap_mode,
	       (unsigned long long)header->heap_lost, (unsigned long long)stacks,
	       (unsigned long long)bytes);
	return 0;
}
