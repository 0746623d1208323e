/* SPDX-License-Identifier: MIT */
/*
 * A C++ plugin that throws and catches, as a C program loads it.
 */
#include <stdexcept>

extern "C" int throw_and_catch(int n);

static int fail(int n)
{
	throw std::runtime_error(n ? "some" : "none");
}

extern "C" int throw_and_catch(int n)
{
	try {
		return fail(n);
	} catch (const std::exception &e) {
		return e.what()[0];
	}
}
