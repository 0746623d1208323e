/* SPDX-License-Identifier: MIT */
/*
 * launch_signals.h - the launcher's signals: all that matter are blocked and taken one at a time
 * with sigtimedwait, so that no handler runs and nothing is lost between two looks.
 *
 * The program gets the mask and the dispositions that the launcher was started with.
 */
#ifndef ANALYZER_LAUNCH_SIGNALS_H
#define ANALYZER_LAUNCH_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct launch_signals {
	sigset_t old_mask;
	struct sigaction old_chld;
	sigset_t taken;
};

void launch_signals_hold(struct launch_signals *signals);
/* In the child before exec, and in the launcher when it no longer waits. */
void launch_signals_restore(const struct launch_signals *signals);

/* Waits for one; false when `milliseconds` (-1: no limit) have passed. */
bool launch_signals_wait(const struct launch_signals *signals, int milliseconds, siginfo_t *info);

/* Passes on what somebody sent to the launcher and meant for the program. */
void launch_signals_forward(const siginfo_t *info, pid_t program);

/* INT, QUIT, TERM, HUP: enough of waiting. */
bool launch_signals_ends_waiting(const siginfo_t *info);

/* Stops this process as `signal` stopped the program, and lets both go on together. */
void launch_signals_stop(int signal, pid_t program);

#endif
