/* SPDX-License-Identifier: MIT */
/*
 * group_exec.h - where the timerfds that came through an exec were made: the image that has them
 * knows their descriptors only, the image before it of the same process knows the sites. Hazards of
 * these sites are counted here. Sites are borrowed from the index.
 */
#ifndef ANALYZER_GROUP_EXEC_H
#define ANALYZER_GROUP_EXEC_H

#include "site_index.h"

struct group_exec {
	struct carried *first; /* by pid and descriptor */
};

/* The index's current image, images coming by start. 0, or -1 on lack of memory. */
int group_exec_add(struct group_exec *exec, struct site_index *index, const struct image *image);
void group_exec_free(struct group_exec *exec);

#endif
