/* SPDX-License-Identifier: MIT */
/* flags: -O0 -pthread */
#include "unwind_shapes.cc" // NOLINT(bugprone-suspicious-include): the same, compiled otherwise
