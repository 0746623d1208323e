/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -std=c++17 -fno-builtin */
/*
 * A C++ plugin that allocates: what it could have, and what nobody can. Answers 1 if it went as the
 * language has it.
 */
#include <cstdint>
#include <new>

static volatile std::size_t huge = SIZE_MAX / 2;
static void *volatile block; /* else the compiler asks for none */

template <typename Function> static int throws(Function make)
{
	try {
		block = make();
	} catch (const std::bad_alloc &) {
		return 1;
	}
	return 0;
}

extern "C" int new_run(int what)
{
	switch (what) {
	case 0:
		::operator delete(::operator new(100));
		::operator delete[](::operator new[](100, std::align_val_t(64)),
				    std::align_val_t(64));
		return 1;
	case 1:
		return throws([] { return ::operator new(huge); });
	case 2:
		return throws([] { return ::operator new[](huge); });
	case 3:
		return throws([] { return ::operator new(huge, std::align_val_t(64)); });
	default:
		return ::operator new(huge, std::nothrow) == nullptr;
	}
}
