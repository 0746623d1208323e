/* SPDX-License-Identifier: MIT */
/*
 * image_set_defer.h - traces of which only the header is kept, so that a thousand of them take no
 * more memory than the sites that they share: their records are read when they are looked at, one
 * trace after the other.
 */
#ifndef ANALYZER_IMAGE_SET_DEFER_H
#define ANALYZER_IMAGE_SET_DEFER_H

#include "model.h"

/* Up to so many are read once and kept. */
#define IMAGES_AT_ONCE 16

/* Reads the header of a trace that is a file nobody writes to any more. False: it has to be read
 * whole, which also tells what is wrong with it. */
bool image_defer(struct image *image, const char *path, bool found);

#endif
