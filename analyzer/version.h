/* SPDX-License-Identifier: MIT */
#ifndef ANALYZER_VERSION_H
#define ANALYZER_VERSION_H

#define TIMERLEAK_VERSION "0.1.0"

#endif
