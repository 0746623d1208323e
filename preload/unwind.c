/* SPDX-License-Identifier: MIT */
#include "unwind.h"
#include "loader_gate.h"
#include "sink.h"
#include "sys.h"
#include "tl_format.h"
#include "unwind_pipe.h"
#include <dlfcn.h>

#define LARGEST_FRAME (1u << 20) /* a frame pointer further away than that is no frame pointer */

static int (*backtrace_of_libunwind)(void **, int);

static int (*open_libunwind(void))(void **, int)
{
	void *library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
	void *found = library ? dlsym(library, "unw_backtrace") : NULL;

	return found && tl_unwind_pipe_replace(found) ? (int (*)(void **, int))found : NULL;
}

void tl_unwind_init(void)
{
	int (*backtrace)(void **, int);
	void *ips[4];

	if (tl_load(&backtrace_of_libunwind))
		return;
	backtrace = open_libunwind();
	if (!backtrace) {
		tl_sink_note(TL_NOTE_UNWIND,
			     "libunwind.so.8 was not found or is not usable: stacks "
			     "are followed by frame pointers and may be cut");
		return;
	}
	backtrace(ips, TL_ARRAY_LEN(ips));
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
	tl_gate_leave(mask);
	return got > 0 ? (unsigned)got : 0;
}
