/* SPDX-License-Identifier: MIT */
/*
 * help.h - the texts of --help.
 */
#ifndef ANALYZER_HELP_H
#define ANALYZER_HELP_H

extern const char help_main[];
extern const char help_run[];
extern const char help_report[];
extern const char help_diff[];

#endif
