/* SPDX-License-Identifier: MIT */
#include "unwind.h"
#include "loader_gate.h"
#include "section.h"
#include "sink.h"
#include "sys.h"
#include "tl_format.h"
#include "unwind_frames.h"
#include "unwind_object.h"
#include "unwind_pipe.h"
#include "unwind_rules.h"
#include <dlfcn.h>

#ifdef TL_UNWIND_CHECK /* libunwind is there to compare with, and for nothing else */
#define COMPARED true
#else
#define COMPARED false
#endif
#define LARGEST_FRAME (1u << 20) /* a frame pointer further away than that is no frame pointer */

static int (*backtrace_of_libunwind)(void **, int);
static uint32_t warm; /* it was called: its pools are there, 80 pages that few programs need */

static int (*open_libunwind(void))(void **, int)
{
	void *library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
	void *found = library ? dlsym(library, "unw_backtrace") : NULL;

	return found && tl_unwind_pipe_replace(found) ? (int (*)(void **, int))found : NULL;
}

/* It and what it draws in take a third of what the start of a program costs. */
void tl_unwind_init(bool undescribed)
{
	int (*backtrace)(void **, int);

	if (tl_load(&backtrace_of_libunwind))
		return;
#if defined(__x86_64__) /* elsewhere a frame need not keep its return address next to the CFA */
	if (tl_object_init()) {
		tl_rules_init();
		if (!undescribed && !COMPARED)
			return;
	}
#endif
	(void)undescribed;
	backtrace = open_libunwind();
	if (!backtrace) {
		tl_sink_note(TL_NOTE_UNWIND,
			     "libunwind.so.8 was not found or is not usable: stacks "
			     "are followed by frame pointers and may be cut");
		return;
	}
	tl_store(&backtrace_of_libunwind, backtrace);
}

void tl_unwind_note_undescribed(void)
{
	static uint32_t said;

	if (tl_load(&backtrace_of_libunwind) || tl_load(&said) ||
	    __atomic_exchange_n(&said, 1, __ATOMIC_RELAXED))
		return;
	tl_sink_note(TL_NOTE_UNWIND,
		     "code without a table of frame descriptions was loaded after the start: "
		     "stacks that go through it may be cut");
}

/* Each frame: the caller's frame pointer, then the return address (x86-64 and AAPCS64 alike). */
static unsigned by_frame_pointers(void **ips, unsigned most)
{
	uintptr_t *frame = __builtin_frame_address(0);
	uintptr_t checked = 0;
	unsigned n = 0;

	while (n < most && frame && !((uintptr_t)frame & 7)) {
		uintptr_t next;

		if ((uintptr_t)(frame + 1) >> 12 != checked && !tl_sys_readable(frame, 16))
			break;
		checked = (uintptr_t)(frame + 1) >> 12;
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

/* ---- libunwind ---------------------------------------------------------------------------- */

static unsigned by_libunwind(int (*backtrace)(void **, int), void **ips, unsigned most)
{
	uint64_t mask;
	int got;

	if (!tl_gate_enter(&mask))
		return 0;
	got = backtrace(ips, (int)most);
	tl_store(&warm, 1);
	tl_gate_leave(mask);
	return got > 0 ? (unsigned)got : 0;
}

/* What it does once must not be met by a handler that comes to do it too. */
static unsigned by_warm_libunwind(int (*backtrace)(void **, int), void **ips, unsigned most)
{
	int got;

	if (tl_unlikely(!tl_load(&warm)))
		return by_libunwind(backtrace, ips, most);
	if (!tl_gate_enter_plain())
		return 0;
	got = backtrace(ips, (int)most);
	tl_gate_leave_plain();
	return got > 0 ? (unsigned)got : 0;
}

unsigned tl_unwind_library(void **ips, unsigned most, bool plain)
{
	int (*backtrace)(void **, int) = tl_load(&backtrace_of_libunwind);

	if (!backtrace || tl_section_no_unwind() || tl_gate_iterating)
		return 0;
	return plain ? by_warm_libunwind(backtrace, ips, most) : by_libunwind(backtrace, ips, most);
}

/* ---- all ways ----------------------------------------------------------------------------- */

static unsigned unwind(const struct tl_peek *peek, const struct tl_called *called, void **ips,
		       unsigned most, uint16_t *flags, bool plain)
{
	struct tl_frames frames = tl_frames_walk(peek, called, ips, most);
	unsigned got;

	if (tl_likely(frames.whole && !frames.guessed)) {
		*flags |= frames.cut ? TL_STACK_LOST : 0;
		return frames.depth;
	}
	got = COMPARED ? 0 : tl_unwind_library(ips, most, plain);
	if (got)
		return got;
	if (frames.depth) {
		*flags |= frames.whole && !frames.cut ? 0 : TL_STACK_LOST;
		return frames.depth;
	}
	*flags |= TL_STACK_FP;
	return by_frame_pointers(ips, most);
}

unsigned tl_unwind(const struct tl_peek *peek, void **ips, unsigned most, uint16_t *flags)
{
	return unwind(peek, NULL, ips, most, flags, false);
}

unsigned tl_unwind_plain(const struct tl_peek *peek, const struct tl_called *called, void **ips,
			 unsigned most, uint16_t *flags)
{
	return unwind(peek, called, ips, most, flags, true);
}

/* ---- one frame ---------------------------------------------------------------------------- */

bool tl_unwind_outer(bool (*inner)(uintptr_t), struct tl_outer_frame *frame)
{
	static const int preserved[] = {TL_REG_BX,	TL_REG_BP,	TL_REG_R12,
					TL_REG_R12 + 1, TL_REG_R12 + 2, TL_REG_R12 + 3};
	struct tl_registers r;

	if (!tl_frames_outer(inner, &r))
		return false;
	frame->ip = r.value[TL_REG_IP];
	frame->sp = r.value[TL_REG_SP];
	for (size_t i = 0; i < TL_ARRAY_LEN(preserved); i++)
		frame->registers[i] =
		    tl_register_known(&r, (uint64_t)preserved[i]) ? r.value[preserved[i]] : 0;
	return true;
}
