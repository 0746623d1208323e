/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "analyzer/demangle.h"

static const struct {
	const char *symbol, *name;
} cases[] = {
    {"main", "main"},
    {"", ""},
    {"_", "_"},
    {"_start", "_start"},
    {"__libc_start_main", "__libc_start_main"},
    {"timer_create@@GLIBC_2.34", "timer_create"},
    {"@odd", "@odd"},
    {"arm.part.0", "arm"},
    {"arm.constprop.0.isra.0", "arm"},
    {"arm.cold", "arm"},
    {"count.3", "count.3"},
    {"_ZN3FooC2Ev", "Foo::Foo"},
    {"_ZN3Foo3armEv.cold", "Foo::arm"},
    {"_ZN12_GLOBAL__N_14tickEv", "(anonymous namespace)::tick"},
    {"_Z3addIiET_S0_S0_", "add<int>"},
    {"_ZZ4mainENKUlvE_clEv", "main::{lambda()#1}::operator()"},
    {"_ZN3foo3bar17h0123456789abcdefE", "foo::bar"},
    {"_ZN3foo3bar17h0123456789abcdefE.llvm.1234567890", "foo::bar"},
    {"_RNvCs1234_7mycrate3foo", "mycrate::foo"},
    {"_RNCNvC7mycrate4main0", "mycrate::main::{closure#0}"},
    {"_Znotmangled", "_Znotmangled"},
};

static void names_are_as_written(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *name = demangle(cases[i].symbol);

		assert_string_equal(name, cases[i].name);
		free(name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(names_are_as_written)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
