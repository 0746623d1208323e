/* SPDX-License-Identifier: MIT */
#include "section.h"
#include "sys.h"
#include <linux/futex.h>
#include <sys/syscall.h>

#define SPINS	  100
#define PATIENCE  300000 /* times that, quietly: a second or so of this thread's */
#define SIGNAL_32 (1ull << 31)
#define ONE_STACK (1u << 20) /* what lies closer is on the same */

/* 0 free, 1 held, 2 held and somebody waits in futex (Drepper, "Futexes are tricky", mutex 2); a
 * number of the thread that holds it quietly. */
static uint32_t lock_word;
static TL_TLS uintptr_t held_at; /* the frame that entered quietly, last */
TL_TLS uint32_t tl_section_thread;
static TL_TLS uint8_t thread_kind; /* 0 not asked yet, 1 ordinary, 2 glibc's timer helper */
TL_TLS uint8_t tl_section_held;
uint32_t tl_section_given_up;

static void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

static bool take(uint32_t as)
{
	uint32_t expected = 0;

	return __atomic_compare_exchange_n(&lock_word, &expected, as, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

static bool take_spinning(uint32_t as)
{
	for (int i = 0; i < SPINS; i++) {
		if (!tl_load(&lock_word) && take(as))
			return true;
		relax();
	}
	return false;
}

/* Not for ever: a holder that has gone quiet wakes nobody. */
static void wait_for_lock(void)
{
	struct timespec limit = {.tv_nsec = 10000000};

	tl_syscall(SYS_futex, (long)&lock_word, FUTEX_WAIT_PRIVATE, 2, (long)&limit, 0, 0);
}

static void mark_held(struct tl_section *section)
{
	section->held = true;
	tl_section_held = 1;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* Of a thread that lives: variables of its own lie there. */
static uint32_t own_number(void)
{
	return (uint32_t)((uintptr_t)&held_at >> 3) | 1u << 31;
}

/* No mask and no futex. A handler that interrupts the holder does not come here: tl_life_enter
 * turns it away, and what it does goes unrecorded. So the mark comes first. Should the holder never
 * go on, nothing is recorded any more, and what is under way goes on as if nobody held it. */
static TL_NOINLINE struct tl_section enter_quietly(void)
{
	struct tl_section section = {.quiet = true};

	held_at = (uintptr_t)__builtin_frame_address(0);
	mark_held(&section);
	for (unsigned i = 0; !take_spinning(own_number()); i++)
		if (i == PATIENCE) {
			tl_store(&tl_section_given_up, 1);
			break;
		}
	return section;
}

bool tl_section_left_by_jump(uintptr_t here)
{
	uint32_t own = own_number();

	if (!tl_section_held || here - held_at - 1 >= ONE_STACK)
		return false;
	__atomic_compare_exchange_n(&lock_word, &own, 0, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	tl_section_held = 0;
	return true;
}

struct tl_section tl_section_enter(void)
{
	struct tl_section section = {0};

	if (tl_unlikely(tl_load(&tl_sys_quiet)))
		return enter_quietly();
	tl_sys_block_signals(&section.mask);
	if (!take_spinning(1))
		while (__atomic_exchange_n(&lock_word, 2, __ATOMIC_ACQUIRE))
			wait_for_lock();
	mark_held(&section);
	return section;
}

struct tl_section tl_section_enter_again(void)
{
	struct tl_section nothing = {0};

	return tl_section_held ? nothing : tl_section_enter();
}

struct tl_section tl_section_enter_within(unsigned milliseconds)
{
	struct tl_section section = {0};
	struct timespec nap = {.tv_nsec = 1000000};

	if (tl_load(&tl_sys_quiet))
		return enter_quietly();
	tl_sys_block_signals(&section.mask);
	for (unsigned i = 0; i <= milliseconds; i++) {
		if (take_spinning(1)) {
			mark_held(&section);
			return section;
		}
		tl_syscall(SYS_nanosleep, (long)&nap, 0, 0, 0, 0, 0);
	}
	tl_sys_restore_signals(section.mask);
	return section;
}

void tl_section_leave(struct tl_section *section)
{
	if (!section->held)
		return;
	section->held = false;
	if (__atomic_exchange_n(&lock_word, 0, __ATOMIC_RELEASE) == 2 && !section->quiet)
		tl_syscall(SYS_futex, (long)&lock_word, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	tl_section_held = 0;
	if (!section->quiet)
		tl_sys_restore_signals(section->mask);
}

void tl_section_forked(void)
{
	tl_store(&lock_word, 0);
	tl_section_forget_thread();
}

bool tl_section_no_unwind(void)
{
	if (tl_load(&tl_sys_quiet))
		return true;
	if (tl_unlikely(!thread_kind)) {
		uint64_t mask = 0;

		tl_syscall(SYS_rt_sigprocmask, 0, 0, (long)&mask, sizeof(mask), 0, 0);
		thread_kind = mask & SIGNAL_32 ? 2 : 1;
	}
	return thread_kind == 2;
}

TL_COLD uint32_t tl_section_ask_tid(void)
{
	if (!tl_load(&tl_sys_quiet))
		tl_section_thread = (uint32_t)tl_sys_gettid();
	return tl_section_thread;
}

void tl_section_forget_thread(void)
{
	tl_section_thread = 0;
	thread_kind = 0;
	tl_section_held = 0;
}
