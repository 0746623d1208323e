/* SPDX-License-Identifier: MIT */
/*
 * sink_fill.h - more of the trace, written instead of touched.
 *
 * A page of a file that nobody has written yet costs the kernel three times as much to make at the
 * fault of a mapping as in a write of many (ext4: 3.3 us and 1.0). To write takes a descriptor,
 * which nobody may see come and go: done only while the process has one thread.
 */
#ifndef TL_SINK_FILL_H
#define TL_SINK_FILL_H

#include "sink_file.h"

/* Zeroes at [offset, offset + size) of the trace, whole pages that nothing has been written to.
 * false: not done, or not all of it; that is no failure. Section held. */
bool tl_sink_fill(const struct tl_sink_file *file, uint64_t offset, size_t size);

#endif
