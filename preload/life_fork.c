/* SPDX-License-Identifier: MIT */
#include "life_fork.h"
#include "arena.h"
#include "heap.h"
#include "life.h"
#include "life_end.h"
#include "life_inherit.h"
#include "loader_gate.h"
#include "modules.h"
#include "options.h"
#include "real.h"
#include "registry.h"
#include "section.h"
#include "sink.h"
#include "stack.h"
#include "sys.h"
#include "under.h"
#include "watch.h"
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>

static uint32_t always = 1; /* where the kernel cannot wipe: such forks stay unseen */
uint32_t *tl_fork_alive = &always;
uint32_t tl_fork_shares; /* set by the stubs of hooks_vfork.c, and of hooks_syscall.c */

static int own_pid;
static struct tl_section across; /* held from prepare to the end of fork */
static TL_TLS bool prepared;	 /* by this thread: the shim may go quiet between the handlers */

/*
 * daemon(3) forks and ends the parent at once. A parent handler is not told whether the fork
 * failed; errno is, which is cleared for it: ours is the last handler before the fork and the first
 * after.
 */
TL_TLS bool tl_fork_daemonizing;
static TL_TLS int errno_before;

/* ---- the child ---------------------------------------------------------------------------- */

/* Everything anew. One thread, all signals blocked, no lock in anybody's hand. */
static void begin_again(uint32_t flags)
{
	struct tl_inherited inherited;

	tl_life_forked();
	tl_section_forked();
	tl_gate_forked(!(flags & TL_HDR_FORK_INEXACT));
	tl_store(tl_fork_alive, 1);
	own_pid = tl_sys_getpid();
	tl_inherit_collect(&inherited);
	tl_sink_forked(inherited.count > 0, tl_registry_inside());
	tl_arena_reset(tl_registry_inside());
	tl_heap_forked();
	tl_stack_forked();
	tl_modules_forked();
	tl_watch_forked();
	tl_registry_forked();
	tl_end_forked();
	tl_under_init();
	tl_inherit_adopt(&inherited, flags);
}

/* Forked by a call that ran no handler: other threads may have held our lock or been in the middle
 * of a change at that moment, but all of that is thrown away here. */
TL_COLD void tl_fork_discover(void)
{
	uint64_t mask;

	tl_sys_block_signals(&mask);
	if (!tl_load(tl_fork_alive))
		begin_again(TL_HDR_FORK_INEXACT);
	tl_sys_restore_signals(mask);
}

/* ---- handlers ----------------------------------------------------------------------------- */

static void watch_daemon_fork(void)
{
	if (tl_fork_daemonizing) {
		errno_before = errno;
		errno = 0;
	}
}

static void end_if_daemon_forked(bool daemonizing, bool failed)
{
	int status;

	if (!daemonizing || failed)
		return;
	errno = errno_before;
	if (!tl_life_enter())
		return;
	status = tl_life_end(TL_END__EXIT, 0);
	if (status && tl_real__exit) /* a gate failed; else libc ends the process */
		tl_real__exit(status);
}

/* Registered before anybody else's (tl_fork_register), so it runs after all other prepare handlers:
 * nothing foreign runs while the section is held. */
static void prepare(void)
{
	struct tl_section section;
	uint64_t mask;

	watch_daemon_fork();
	if (tl_life_quiet())
		return;
	tl_sys_block_signals(&mask);
	tl_gate_close();
	section = tl_section_enter();
	section.mask = mask;
	across = section;
	tl_inherit_prepare();
	prepared = true;
}

static void in_parent(void)
{
	struct tl_section section = across;
	bool daemonizing = tl_fork_daemonizing, failed = errno != 0;

	tl_fork_daemonizing = false; /* forks of other handlers are none of it */
	if (prepared) {
		prepared = false;
		tl_gate_open();
		tl_section_leave(&section);
	}
	end_if_daemon_forked(daemonizing, failed);
}

static void in_child(void)
{
	uint64_t mask = across.mask;

	if (tl_fork_daemonizing)
		errno = errno_before;
	tl_fork_daemonizing = false; /* the daemon lives, and may fork before daemon() is back */
	if (tl_life_quiet()) {
		tl_life_off(); /* a trace of its own would take system calls */
	} else if (own_pid) {
		begin_again(0);
	} else { /* nothing was recorded yet */
		tl_life_forked();
		tl_section_forked();
		tl_gate_forked(true);
	}
	if (prepared)
		tl_sys_restore_signals(mask);
	prepared = false;
}

void tl_fork_register(void)
{
	static uint32_t done;

	if (!__atomic_exchange_n(&done, 1, __ATOMIC_ACQ_REL))
		pthread_atfork(prepare, in_parent, in_child);
}

void tl_fork_init(void)
{
	void *page = tl_sys_mmap(4096);

	own_pid = tl_sys_getpid();
	if (page)
		tl_sys_populate(page, 4096);
	if (page && !tl_syscall(SYS_madvise, (long)page, 4096, MADV_WIPEONFORK, 0, 0, 0)) {
		*(uint32_t *)page = 1;
		tl_fork_alive = page;
	}
	tl_fork_register();
}

bool tl_life_vfork_child(void)
{
	return !tl_load(&tl_sys_quiet) && tl_sys_getpid() != own_pid;
}
