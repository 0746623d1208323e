/* SPDX-License-Identifier: MIT */
/*
 * report.h - what a bare preload says: mistakes in the options at the beginning, leaks at the end.
 *
 * At the end the analyzer is started on our trace and waited for, in a way that the host cannot
 * notice (report_spawn.h). Where that is not possible a short report without verdicts is written
 * by the process itself, and the trace is kept. Under a launcher, or switched off, nothing is said.
 *
 * Gates: what cannot be learnt has failed. Without verdicts the number of timers that are not
 * stopped stands in for the leaked and the undrained ones, of which there are never more.
 *
 * Called on the thread that ends the process, after every destructor and exit handler and after
 * the audit, without any lock. Allocates by mmap only, keeps errno, signal mask and descriptors.
 */
#ifndef TL_REPORT_H
#define TL_REPORT_H

#include "base.h"

/* After tl_options_init, tl_under_init and tl_out_init: warnings and help=1, by the outermost
 * process that has the shim. */
void tl_report_begin(void);

/* Reports; returns the status to end with: `status`, or exitcode= if that is 0 and a gate failed.
 * Removes the trace once a full report was written. */
int tl_report_at_exit(int status);

/* The same without a word and without a system call, for a process in a sandbox (seccomp). */
int tl_report_blind(int status);

#endif
