/* SPDX-License-Identifier: MIT */
/*
 * life_rules.h - __timerleak_default_suppressions, with which a program brings its own rules.
 */
#ifndef TL_LIFE_RULES_H
#define TL_LIFE_RULES_H

#include "base.h"

/* From the constructor alone, outside of every section: it may call the host. */
void tl_life_take_rules(void);

#endif
