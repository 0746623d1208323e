/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -std=c++17 */
/*
 * A library that replaces operator new and delete, to count: it says how many bytes it was not
 * given back by deletes that tell their size, and how many deletes told none.
 */
#include <cstdio>
#include <cstdlib>
#include <new>

static long bytes, unsized;

void *operator new(std::size_t size)
{
	void *block = std::malloc(size);

	if (!block)
		throw std::bad_alloc();
	bytes += static_cast<long>(size);
	return block;
}

void operator delete(void *block) noexcept
{
	unsized += block != nullptr;
	std::free(block);
}

void operator delete(void *block, std::size_t size) noexcept
{
	bytes -= static_cast<long>(size);
	std::free(block);
}

static void __attribute__((destructor)) say()
{
	std::printf("bytes %ld unsized %ld\n", bytes, unsized);
	std::fflush(stdout);
}
