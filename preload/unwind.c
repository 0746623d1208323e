/* SPDX-License-Identifier: MIT */
#include "unwind.h"
#include "loader_gate.h"
#include "sink.h"
#include "sys.h"
#include "tl_format.h"
#include "unwind_object.h"
#include "unwind_pipe.h"
#include "unwind_rules.h"
#include <dlfcn.h>

#define LARGEST_FRAME (1u << 20) /* a frame pointer further away than that is no frame pointer */

static int (*backtrace_of_libunwind)(void **, int);
static uint32_t warm; /* it was called: its pools are there, 80 pages that few programs need */

/* The step by step interface, by the names that libunwind.h gives its functions here. */
#if defined(__x86_64__)
static struct {
	int (*get_context)(void *);
	int (*init)(void *, void *);
	int (*step)(void *);
	int (*get_register)(void *, int, uintptr_t *);
} steps;

static void find_steps(void *library)
{
	*(void **)&steps.get_context = dlsym(library, "_Ux86_64_getcontext");
	*(void **)&steps.init = dlsym(library, "_ULx86_64_init_local");
	*(void **)&steps.step = dlsym(library, "_ULx86_64_step");
	*(void **)&steps.get_register = dlsym(library, "_ULx86_64_get_reg");
}
#else /* unw_getcontext is no function there */
static void find_steps(void *library)
{
	(void)library;
}
#endif

static int (*open_libunwind(void))(void **, int)
{
	void *library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
	void *found = library ? dlsym(library, "unw_backtrace") : NULL;

	if (found)
		find_steps(library);
	return found && tl_unwind_pipe_replace(found) ? (int (*)(void **, int))found : NULL;
}

void tl_unwind_init(void)
{
	int (*backtrace)(void **, int);

	if (tl_load(&backtrace_of_libunwind))
		return;
#if defined(__x86_64__) /* elsewhere a frame need not keep its return address next to the CFA */
	if (tl_object_init())
		tl_rules_init();
#endif
	backtrace = open_libunwind();
	if (!backtrace) {
		tl_sink_note(TL_NOTE_UNWIND,
			     "libunwind.so.8 was not found or is not usable: stacks "
			     "are followed by frame pointers and may be cut");
		return;
	}
	tl_store(&backtrace_of_libunwind, backtrace);
}

/* Each frame: the caller's frame pointer, then the return address (x86-64 and AAPCS64 alike). */
static unsigned by_frame_pointers(void **ips, unsigned most)
{
	uintptr_t *frame = __builtin_frame_address(0);
	uintptr_t checked = 0;
	unsigned n = 0;

	while (n < most && frame && !((uintptr_t)frame & 7)) {
		uintptr_t next;

		if ((uintptr_t)frame >> 12 != checked && !tl_sys_readable(frame, 16))
			break;
		checked = (uintptr_t)frame >> 12;
		if (!frame[1])
			break;
		ips[n++] = (void *)frame[1];
		next = frame[0];
		if (next <= (uintptr_t)frame || next - (uintptr_t)frame > LARGEST_FRAME)
			break;
		frame = (uintptr_t *)next;
	}
	return n;
}

unsigned tl_unwind(void **ips, unsigned most, uint16_t *flags)
{
	int (*backtrace)(void **, int) = tl_load(&backtrace_of_libunwind);
	uint64_t mask;
	int got;

	if (!backtrace) {
		*flags |= TL_STACK_FP;
		return by_frame_pointers(ips, most);
	}
	if (!tl_gate_enter(&mask))
		return 0;
	got = backtrace(ips, (int)most);
	tl_store(&warm, 1);
	tl_gate_leave(mask);
	return got > 0 ? (unsigned)got : 0;
}

unsigned tl_unwind_plain(void **ips, unsigned most, uint16_t *flags)
{
	int (*backtrace)(void **, int) = tl_load(&backtrace_of_libunwind);
	int got;

	/* What it does once must not be met by a handler that comes to do it too. */
	if (!backtrace || tl_unlikely(!tl_load(&warm)))
		return tl_unwind(ips, most, flags);
	if (!tl_gate_enter_plain())
		return 0;
	got = backtrace(ips, (int)most);
	tl_gate_leave_plain();
	return got > 0 ? (unsigned)got : 0;
}

/* ---- one frame ---------------------------------------------------------------------------- */

#if defined(__x86_64__)
enum { RBX = 3, RBP = 6, RSP = 7, R12 = 12, RIP = 16 }; /* libunwind-x86_64.h */

static bool find_outer(bool (*inner)(uintptr_t), struct tl_outer_frame *frame)
{
	static TL_BIG _Alignas(16) char context[2048], cursor[2048]; /* 968 and 1016 bytes */
	static const int preserved[] = {RBX, RBP, R12, R12 + 1, R12 + 2, R12 + 3};

	if (steps.get_context(context) || steps.init(cursor, context))
		return false;
	do
		if (steps.get_register(cursor, RIP, &frame->ip))
			return false;
	while (inner(frame->ip) && steps.step(cursor) > 0);
	if (inner(frame->ip) || steps.get_register(cursor, RSP, &frame->sp))
		return false;
	for (size_t i = 0; i < TL_ARRAY_LEN(preserved); i++)
		if (steps.get_register(cursor, preserved[i], &frame->registers[i]))
			frame->registers[i] = 0;
	return true;
}

/* Once, at the end of the process: one thread. */
bool tl_unwind_outer(bool (*inner)(uintptr_t), struct tl_outer_frame *frame)
{
	uint64_t mask;
	bool found;

	if (!steps.get_context || !steps.init || !steps.step || !steps.get_register ||
	    !tl_gate_enter(&mask))
		return false;
	found = find_outer(inner, frame);
	tl_gate_leave(mask);
	return found;
}
#else
bool tl_unwind_outer(bool (*inner)(uintptr_t), struct tl_outer_frame *frame)
{
	(void)inner;
	(void)frame;
	return false;
}
#endif
