/* SPDX-License-Identifier: MIT */
/* flags: -O2 -fomit-frame-pointer */
#include "unwind_shape.h"

SHAPE(200)
