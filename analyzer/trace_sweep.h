/* SPDX-License-Identifier: MIT */
/*
 * trace_sweep.h - forgets old traces of processes that died, so that the trace directories do not
 * grow for ever. Kept are the newest TRACE_SWEEP_FILES, not older than TRACE_SWEEP_AGE, and no more
 * than TRACE_SWEEP_BYTES; in each of XDG_RUNTIME_DIR, TMPDIR and /tmp, counted over timerleak-UID
 * and over the timerleak-run.* of launchers that were killed. Files of trace= lie elsewhere and are
 * never touched.
 *
 * Only directories and plain files of the caller's own, only names that the shim gives, never
 * through a link, never a trace whose process is alive as far as our pid namespace shows; even then
 * the mapping, and with it the report of that process, would stay whole. Failures are silent: it is
 * nobody's task to clean up.
 */
#ifndef ANALYZER_TRACE_SWEEP_H
#define ANALYZER_TRACE_SWEEP_H

#include <stdint.h>

#define TRACE_SWEEP_FILES 20
#define TRACE_SWEEP_BYTES (UINT64_C(64) << 20)
#define TRACE_SWEEP_AGE	  (UINT64_C(7) * 24 * 3600) /* seconds */

void trace_sweep(void);

#endif
