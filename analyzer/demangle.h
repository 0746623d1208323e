/* SPDX-License-Identifier: MIT */
/*
 * demangle.h - a linker symbol as the name that the programmer wrote.
 */
#ifndef ANALYZER_DEMANGLE_H
#define ANALYZER_DEMANGLE_H

/*
 * C++ and Rust (legacy and v0, without hashes) demangled, parameter lists left out as pprof and
 * heaptrack users expect; symbol versions and the compiler's clone suffixes (.isra.0, .cold) cut,
 * so that a name stays the same over builds. A name that is not mangled comes back as it is.
 * malloc'ed, NULL on lack of memory.
 */
char *demangle(const char *symbol);

#endif
