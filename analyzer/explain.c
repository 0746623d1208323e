/* SPDX-License-Identifier: MIT */
#include "explain.h"
#include "util.h"

#include <string.h>

/* ---- evidence ----------------------------------------------------------------------------- */

/* Of a leak the words are about those timers that the baseline does not have. */
static bool many(const struct entry *entry)
{
	uint64_t leaked = entry_leaked(entry);

	return (leaked ? leaked : entry->count) != 1;
}

static bool is_posix(const struct entry *entry)
{
	return entry->site->timer == TL_POSIX;
}

static const char *its(const struct entry *entry)
{
	return many(entry) ? "their" : "its";
}

static const char *it(const struct entry *entry)
{
	return many(entry) ? "them" : "it";
}

static void holder_in_words(struct strbuf *out, const struct entry *entry)
{
	const struct entry_detail *detail = &entry->detail;

	switch (detail->holder) {
	case TL_HOLDER_NONE:
		strbuf_printf(out, "held until exit() freed %s block%s", its(entry),
			      many(entry) ? "s" : "");
		break;
	case TL_HOLDER_HEAP:
		strbuf_printf(out, "still held in %s that the program can reach",
			      many(entry) ? "heap blocks" : "a heap block");
		break;
	case TL_HOLDER_TLS:
		strbuf_printf(out, "still held in thread-local storage of living thread %u",
			      detail->holder_tid);
		break;
	case TL_HOLDER_FRAME:
		strbuf_printf(out, "still held by an active stack frame of living thread %u",
			      detail->holder_tid);
		break;
	default:
		strbuf_puts(out, "still held by static ");
		if (detail->variable) {
			strbuf_puts(out, "variable `");
			strbuf_puts_safe(out, detail->variable);
			strbuf_puts(out, "`");
		} else {
			strbuf_printf(out, "data at 0x%llx", (unsigned long long)detail->offset);
		}
		if (detail->module) {
			strbuf_puts(out, " of ");
			strbuf_puts_safe(out, path_basename(detail->module));
		}
	}
	if (detail->others)
		strbuf_puts(out, ", others elsewhere");
}

static void payload_in_words(struct strbuf *out, const struct entry *entry)
{
	strbuf_printf(out, "%swhat %s was %s", entry->detail.armed ? "armed, and " : "",
		      many(entry) ? "their notifications point to" : "its notification points to",
		      entry->detail.orphaned_by == BY_MOVE ? "moved by realloc" : "freed");
}

static void orphan_in_words(struct strbuf *out, const struct entry *entry)
{
	const char *handles = many(entry) ? "handles" : "handle";

	switch (entry->detail.orphaned_by) {
	case BY_FREE:
		strbuf_printf(out, "the %s that held %s %s freed: nobody can stop %s any more",
			      many(entry) ? "blocks" : "block", its(entry),
			      many(entry) ? "handles were" : "handle was", it(entry));
		break;
	case BY_UNLOAD:
		strbuf_printf(out, "the library that held %s %s ", its(entry), handles);
		if (entry->detail.module) {
			strbuf_puts(out, "(");
			strbuf_puts_safe(out, path_basename(entry->detail.module));
			strbuf_puts(out, ") ");
		}
		strbuf_printf(out, "was unloaded: nobody can stop %s any more", it(entry));
		break;
	default:
		payload_in_words(out, entry);
	}
	if (entry->detail.others)
		strbuf_puts(out, "; others were orphaned in another way");
}

static void end_in_words(struct strbuf *out, const struct entry_detail *detail)
{
	const char *name;

	if (detail->alive) {
		strbuf_puts(out, "the process is still running");
		return;
	}
	strbuf_puts(out, "not stopped when the ");
	if (detail->end_state == TL_END_EXEC) {
		strbuf_puts(out, "program was replaced by exec");
	} else if (detail->end_state == TL_END_SIGNAL) {
		name = sigabbrev_np(detail->end_status);
		if (name)
			strbuf_printf(out, "process was killed by SIG%s", name);
		else
			strbuf_printf(out, "process was killed by signal %d", detail->end_status);
	} else {
		strbuf_puts(out, "process died unseen (killed, or crashed)");
	}
}

static const char *service_in_words(const struct entry_detail *detail)
{
	if (detail->waited_for)
		return "a thread was waiting for it";
	return detail->in_ring ? "a request of an io_uring was waiting for it"
			       : "drained or re-armed again and again, up to the end";
}

/* Where the class says it all. */
static const struct {
	const char *one, *many;
} class_words[VERDICT_CLASSES] = {
    [CLASS_ARM_FAILED] = {"arming it failed, and nobody used it after that",
			  "arming them failed, and nobody used them after that"},
    [CLASS_OVERWRITTEN] = {"timer_create wrote a new handle over its handle: nobody can stop it "
			   "any more",
			   "timer_create wrote new handles over theirs: nobody can stop them any "
			   "more"},
    [CLASS_UNREACHABLE] = {"its handle is in a heap block that nothing leads to any more",
			   "their handles are in heap blocks that nothing leads to any more"},
    [CLASS_IN_CHILD] = {"a forked process still has the descriptor",
			"a forked process still has the descriptor"},
    [CLASS_IN_EPOLL] = {"registered in an epoll set that is open",
			"registered in an epoll set that is open"},
};

void explain_evidence(struct strbuf *out, const struct entry *entry)
{
	enum verdict_class class = entry->verdict.class;

	switch (class) {
	case CLASS_ORPHANED:
		orphan_in_words(out, entry);
		break;
	case CLASS_STATIC_HANDLE:
		holder_in_words(out, entry);
		break;
	case CLASS_IN_SERVICE:
		strbuf_puts(out, service_in_words(&entry->detail));
		break;
	case CLASS_NEVER_STOPPED:
		strbuf_puts(out, is_posix(entry) ? "never deleted before the process ended"
						 : "never closed before the process ended");
		break;
	default:
		if (class_words[class].one)
			strbuf_puts(out,
				    many(entry) ? class_words[class].many : class_words[class].one);
		else
			end_in_words(out, &entry->detail);
	}
}

/* ---- advice ------------------------------------------------------------------------------- */

static const char *user_function(const struct entry *entry)
{
	const struct merged_stack *stack = entry->site->stack;
	size_t i;

	for (i = 0; i < stack->count; i++) {
		const struct frame *frame = stack->frames[i];

		if (frame_is_user(frame))
			return frame->function;
	}
	return NULL;
}

static void advise_stop(struct strbuf *out, const struct entry *entry)
{
	const char *function = user_function(entry);
	const char *what = it(entry);

	if (entry->states[ARM_EXPIRED] == entry->count) {
		strbuf_printf(out, "%s after the expiry, or re-arm %s instead of making another",
			      is_posix(entry) ? "call timer_delete" : "close the descriptor",
			      many(entry) ? "one" : "it");
		return;
	}
	strbuf_printf(out, "%s %s on every path out of ",
		      is_posix(entry) ? "timer_delete" : "close", what);
	if (function) {
		strbuf_puts(out, "`");
		strbuf_puts_safe(out, function);
		strbuf_puts(out, "` or its callers");
	} else {
		strbuf_printf(out, "the code that made %s", what);
	}
	strbuf_puts(out, ", early returns and errors too");
}

static void advise_payload(struct strbuf *out, const struct entry *entry)
{
	bool moved = entry->detail.orphaned_by == BY_MOVE;

	if (is_posix(entry))
		strbuf_printf(out, "%s %s before you %s what %s to",
			      entry->detail.armed ? "disarm or delete" : "delete", it(entry),
			      moved ? "realloc" : "free", many(entry) ? "they point" : "it points");
	else if (moved)
		strbuf_puts(out,
			    "give the epoll set the new address (EPOLL_CTL_MOD) after realloc");
	else
		strbuf_printf(out, "EPOLL_CTL_DEL or close %s before you free what %s to",
			      it(entry), many(entry) ? "their events point" : "its event points");
}

static void advise_orphan(struct strbuf *out, const struct entry *entry)
{
	switch (entry->detail.orphaned_by) {
	case BY_FREE:
		strbuf_printf(out, "timer_delete %s before %s %s freed", it(entry), its(entry),
			      many(entry) ? "blocks are" : "block is");
		break;
	case BY_UNLOAD:
		strbuf_printf(out, "timer_delete %s before %s library is unloaded", it(entry),
			      its(entry));
		break;
	default:
		advise_payload(out, entry);
	}
}

void explain_advice(struct strbuf *out, const struct entry *entry)
{
	switch (entry->verdict.class) {
	case CLASS_ORPHANED:
		advise_orphan(out, entry);
		break;
	case CLASS_UNREACHABLE:
		strbuf_printf(out, "timer_delete %s before the last pointer to %s block%s is lost",
			      it(entry), its(entry), many(entry) ? "s" : "");
		break;
	case CLASS_ARM_FAILED:
		strbuf_printf(out, "check the arguments of %s, and %s the timer where it fails",
			      is_posix(entry) ? "timer_settime" : "timerfd_settime",
			      is_posix(entry) ? "delete" : "close");
		break;
	case CLASS_OVERWRITTEN:
		strbuf_puts(out, "timer_delete the old timer before its variable takes the next");
		break;
	case CLASS_NEVER_STOPPED:
		advise_stop(out, entry);
		break;
	case CLASS_STATIC_HANDLE:
	case CLASS_IN_SERVICE:
	case CLASS_IN_CHILD:
	case CLASS_IN_EPOLL:
		strbuf_puts(out, "nothing to do if it is meant to live as long as the process; "
				 "--leak-kinds=definite,possible,held counts it");
		break;
	default:
		strbuf_puts(out, "let the process end by itself for a verdict");
	}
}

/* ---- hazards ------------------------------------------------------------------------------ */

const char *hazard_name(enum tl_hazard hazard)
{
	static const char *const names[TL_HAZARDS] = {
	    [TL_HAZ_SPIN] = "spin",
	    [TL_HAZ_SHORT_READ] = "short_read",
	    [TL_HAZ_STALE_SIGNAL] = "stale_signal",
	    [TL_HAZ_FREED_PAYLOAD] = "freed_payload",
	    [TL_HAZ_CLOSED_IN_EPOLL] = "closed_in_epoll",
	    [TL_HAZ_CLOEXEC_MISSING] = "cloexec_missing",
	};

	return names[hazard];
}

const char *explain_hazard(enum tl_hazard hazard)
{
	static const char *const words[TL_HAZARDS] = {
	    [TL_HAZ_SPIN] = "reported readable over and over, but never read: the loop burns CPU",
	    [TL_HAZ_SHORT_READ] = "read with fewer than 8 bytes of room, which always fails",
	    [TL_HAZ_STALE_SIGNAL] =
		"stopped or re-armed while its own signal was pending: it may still be delivered",
	    [TL_HAZ_FREED_PAYLOAD] = "what its notification points to was freed while it was armed",
	    [TL_HAZ_CLOSED_IN_EPOLL] =
		"closed while a duplicate keeps it in an epoll set: its events still arrive",
	    [TL_HAZ_CLOEXEC_MISSING] =
		"went through exec into another program: TFD_CLOEXEC is missing",
	};

	return words[hazard];
}
