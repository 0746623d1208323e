/* SPDX-License-Identifier: MIT */
/*
 * audit.h - evidence at the end of the process, from the kernel and from the process's memory.
 *
 * Runs once, on the thread that ends the process, after every destructor and exit handler; other
 * threads may still run and change what is being read. Writes facts into the timers' slots
 * (tl_timer.facts, holder*, service_tid, remaining) and counts into the header, never verdicts.
 * header.evidence says which parts could be had; it is stored last.
 *
 * No lock is held, no memory is allocated but by tl_sys_mmap, no descriptor stays open, nothing is
 * written but the trace, and nothing of the host is changed but that its timers are disarmed. Not
 * called when the process went quiet (seccomp).
 */
#ifndef TL_AUDIT_H
#define TL_AUDIT_H

#include "base.h"

void tl_audit_run(void);

/* The host's timers stand still from tl_audit_run on, or a slow report would let them fire into a
 * process that would be gone without us. Interval timers go on from here. */
void tl_audit_resume(void);

/* Does the kernel show any POSIX timer or timerfd? Cheap, and needs no trace. */
bool tl_audit_anything(void);

#endif
