/* SPDX-License-Identifier: MIT */
/*
 * The loader: libraries that come past us, libraries that go, and the host's own walks over its
 * list.
 */
#include "alone.h"
#include "hooks.h"
#include "loader_gate.h"
#include "modules.h"
#include "sink.h"
#include "sys.h"
#include "ties.h"
#include "unwind_rules.h"
#include <dlfcn.h>
#include <string.h>

/* ---- libraries that are bound past the preload ----------------------------------------------- */

/* dlopen looks for libraries by the RUNPATH of whoever calls it, and dlmopen too: the entries below
 * ask here for the real function and jump to it, with the program's own return address on top. */
#if defined(__x86_64__)
#define ENTRY(name)                                        \
	__asm__(".text\n"                                  \
		".globl " #name "\n"                       \
		".type " #name ", @function\n" #name ":\n" \
		".cfi_startproc\n"                         \
		"	endbr64\n"                               \
		"	push %rdi\n"                             \
		".cfi_adjust_cfa_offset 8\n"               \
		"	push %rsi\n"                             \
		".cfi_adjust_cfa_offset 8\n"               \
		"	push %rdx\n"                             \
		".cfi_adjust_cfa_offset 8\n"               \
		"	call tl_hook_" #name "\n"          \
		"	pop %rdx\n"                              \
		".cfi_adjust_cfa_offset -8\n"              \
		"	pop %rsi\n"                              \
		".cfi_adjust_cfa_offset -8\n"              \
		"	pop %rdi\n"                              \
		".cfi_adjust_cfa_offset -8\n"              \
		"	test %rax, %rax\n"                       \
		"	je 1f\n"                                 \
		"	jmp *%rax\n"                             \
		"1:	ret\n"                                 \
		".cfi_endproc\n"                           \
		".size " #name ", .-" #name "\n")
#elif defined(__aarch64__)
#define ENTRY(name)                                        \
	__asm__(".text\n"                                  \
		".globl " #name "\n"                       \
		".type " #name ", %function\n" #name ":\n" \
		".cfi_startproc\n"                         \
		"	stp x29, x30, [sp, #-48]!\n"             \
		".cfi_def_cfa_offset 48\n"                 \
		".cfi_offset 29, -48\n"                    \
		".cfi_offset 30, -40\n"                    \
		"	stp x0, x1, [sp, #16]\n"                 \
		"	str x2, [sp, #32]\n"                     \
		"	bl tl_hook_" #name "\n"            \
		"	mov x16, x0\n"                           \
		"	ldr x2, [sp, #32]\n"                     \
		"	ldp x0, x1, [sp, #16]\n"                 \
		"	ldp x29, x30, [sp], #48\n"               \
		".cfi_def_cfa_offset 0\n"                  \
		".cfi_restore 29\n"                        \
		".cfi_restore 30\n"                        \
		"	cbz x16, 1f\n"                           \
		"	br x16\n"                                \
		"1:	mov x0, xzr\n"                         \
		"	ret\n"                                   \
		".cfi_endproc\n"                           \
		".size " #name ", .-" #name "\n")
#endif
ENTRY(dlopen);
ENTRY(dlmopen);

static void note_bypass(const char *path, const char *how)
{
	const char *slash = strrchr(path, '/');
	char text[200];

	tl_format(text, sizeof(text),
		  "%s was loaded %s: what it calls itself is seen by the audit only",
		  slash ? slash + 1 : path, how);
	tl_sink_note(TL_NOTE_DEEPBIND, text);
}

void *tl_hook_dlopen(const char *path, int mode);
void *tl_hook_dlmopen(Lmid_t space, const char *path, int mode);

__attribute__((used)) void *tl_hook_dlopen(const char *path, int mode)
{
	int error = errno;

	if (mode & RTLD_DEEPBIND)
		tl_alone_no_more(); /* its clone comes past us */
	if (mode & RTLD_DEEPBIND && path && tl_life_enter())
		note_bypass(path, "with RTLD_DEEPBIND");
	errno = error;
	return (void *)TL_REAL(dlopen);
}

/* Another namespace has a libc of its own, with nothing preloaded. Of the threads that it makes,
 * which may call functions of this one, ours knows nothing. */
__attribute__((used)) void *tl_hook_dlmopen(Lmid_t space, const char *path, int mode)
{
	int error = errno;

	if (space != LM_ID_BASE || mode & RTLD_DEEPBIND)
		tl_alone_no_more();
	if (path && tl_life_enter()) {
		if (space != LM_ID_BASE)
			note_bypass(path, "into a namespace of its own");
		else if (mode & RTLD_DEEPBIND)
			note_bypass(path, "with RTLD_DEEPBIND");
	}
	errno = error;
	return (void *)TL_REAL(dlmopen);
}

/* ---- its list ----------------------------------------------------------------------------------
 */

TL_EXPORT int dlclose(void *handle)
{
	int result, error;
	bool watched;

	if (TL_ABSENT(dlclose))
		return tl_hook_absent();
	watched = tl_life_enter() && tl_ties_unload_begin();
	tl_rules_unload_begin();
	result = tl_real_dlclose(handle);
	error = errno;
	tl_rules_unload_end();
	tl_store(&tl_modules_dirty, 1);
	if (watched)
		tl_ties_unload_end();
	errno = error;
	return result;
}

/* An exception that passes through here leaves the mark: stacks of this thread are one frame deep
 * from then on, and say so. */
TL_EXPORT int dl_iterate_phdr(int (*visit)(struct dl_phdr_info *, size_t, void *), void *data)
{
	int result;

	if (TL_ABSENT(dl_iterate_phdr))
		return 0;
	tl_gate_iterating++;
	result = tl_real_dl_iterate_phdr(visit, data);
	tl_gate_iterating--;
	return result;
}
