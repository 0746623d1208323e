/* SPDX-License-Identifier: MIT */
/*
 * life_rules.c - the rules are taken at the start, when the loader is done with all relocations: a
 * program that is killed has them in its trace as well, and nothing of the host is called on a
 * failing path or after its destructors. A weak reference finds the symbol without a dlsym, which
 * would allocate where there is none. A function is called, as LeakSanitizer does with its own; an
 * array of characters is read, so that whoever prefers not to have code run can do without.
 */
#include "life_rules.h"
#include "foreign.h"
#include "sink_rules.h"
#include <link.h>

extern const char __timerleak_default_suppressions[] __attribute__((weak, visibility("default")));

typedef const char *text_function(void);

static size_t length_of(const char *text, size_t most)
{
	size_t n = 0;

	while (n < most && text[n])
		n++;
	return n;
}

void tl_life_take_rules(void)
{
	const char *symbol = __timerleak_default_suppressions, *text = NULL;
	size_t most = TL_RULES_MAX + 1;
	const ElfW(Sym) *entry = NULL;
	Dl_info info;

	if (!symbol || !dladdr1(symbol, &info, (void **)&entry, RTLD_DL_SYMENT) || !entry)
		return;
	/* Calling what is no code would end the host. */
	if (ELF64_ST_TYPE(entry->st_info) == STT_FUNC) {
		text = ((text_function *)(uintptr_t)symbol)();
	} else if (ELF64_ST_TYPE(entry->st_info) == STT_OBJECT) {
		text = symbol;
		most = entry->st_size < most ? entry->st_size : most;
	}
	if (text && *text)
		tl_sink_rules(text, length_of(text, most));
}
