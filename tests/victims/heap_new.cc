/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -std=c++17 -fno-builtin */
/*
 * Every operator new and delete: a transcript that is the same with and without the shim, whoever
 * defines them.
 */
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <new>

namespace
{

using align = std::align_val_t;

volatile std::size_t huge = SIZE_MAX / 2;
long skew;
int handled;

void *filled(void *block, std::size_t size, std::size_t alignment = 1)
{
	skew += reinterpret_cast<std::uintptr_t>(block) % alignment != 0;
	return std::memset(block, 0xff, size);
}

void plain(std::size_t n)
{
	const auto &tag = std::nothrow;

	::operator delete(filled(::operator new(n), n));
	::operator delete(filled(::operator new(n), n), n);
	::operator delete[](filled(::operator new[](n), n));
	::operator delete[](filled(::operator new[](n), n), n);
	::operator delete(filled(::operator new(n, tag), n), tag);
	::operator delete[](filled(::operator new[](n, tag), n), tag);
}

void aligned(std::size_t n, std::size_t to)
{
	const auto &tag = std::nothrow;
	const auto a = align(to);

	::operator delete(filled(::operator new(n, a), n, to), a);
	::operator delete(filled(::operator new(n, a), n, to), n, a);
	::operator delete[](filled(::operator new[](n, a), n, to), a);
	::operator delete[](filled(::operator new[](n, a), n, to), n, a);
	::operator delete(filled(::operator new(n, a, tag), n, to), a, tag);
	::operator delete[](filled(::operator new[](n, a, tag), n, to), a, tag);
}

template <typename Function> bool throws(Function make)
{
	try {
		return !make();
	} catch (const std::bad_alloc &) {
		return true;
	}
}

void too_much()
{
	const auto &tag = std::nothrow;

	std::printf("thrown: %d%d%d%d\n", throws([] { return ::operator new(huge); }),
		    throws([] { return ::operator new[](huge); }),
		    throws([] { return ::operator new(huge, align(64)); }),
		    throws([] { return ::operator new[](huge, align(64)); }));
	std::printf("none: %d%d%d%d\n", !::operator new(huge, tag), !::operator new[](huge, tag),
		    !::operator new(huge, align(64), tag), !::operator new[](huge, align(64), tag));
}

void give_up()
{
	if (++handled % 3 == 0)
		std::set_new_handler(nullptr);
}

void handler()
{
	std::set_new_handler(give_up);
	throws([] { return ::operator new(huge); });
	std::set_new_handler(give_up);
	throws([] { return ::operator new[](huge, align(64)); });
	std::printf("handled: %d\n", handled);
}

} // namespace

int main()
{
	for (std::size_t n : {0, 1, 7, 8, 9, 15, 16, 17, 24, 100, 5000, 1 << 20}) {
		plain(n);
		for (std::size_t to : {16, 64, 4096})
			aligned(n, to);
	}
	std::printf("not aligned: %ld\n", skew);
	::operator delete(nullptr);
	::operator delete[](nullptr, std::size_t(8));
	too_much();
	handler();
	return 0;
}
