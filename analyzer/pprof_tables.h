/* SPDX-License-Identifier: MIT */
/*
 * pprof_tables.h - a profile under way: what the files pprof*.c share.
 */
#ifndef ANALYZER_PPROF_TABLES_H
#define ANALYZER_PPROF_TABLES_H

#include "pprof.h"
#include "profile.pb-c.h"

typedef Perftools__Profiles__Profile pb_profile;
typedef Perftools__Profiles__ValueType pb_value_type;
typedef Perftools__Profiles__Sample pb_sample;
typedef Perftools__Profiles__Label pb_label;
typedef Perftools__Profiles__Mapping pb_mapping;
typedef Perftools__Profiles__Location pb_location;
typedef Perftools__Profiles__Line pb_line;
typedef Perftools__Profiles__Function pb_function;

struct pprof_node;

/* Every message is malloc'ed, so that protobuf-c frees them all. */
struct pprof {
	pb_profile *profile;
	size_t string_capacity, function_capacity, mapping_capacity, location_capacity,
	    sample_capacity, type_capacity, comment_capacity;
	struct pprof_node *nodes; /* finds what is in a table already */
	bool failed;
};

/* Numbers in the tables; added if it is not there. 0 on lack of memory, which is remembered. */
int64_t pprof_string(struct pprof *p, const char *text);
uint64_t pprof_function(struct pprof *p, const struct frame *frame);
uint64_t pprof_mapping(struct pprof *p, const struct frame *frame);
/* Of `count` frames of one address, all but the last one inlined. */
uint64_t pprof_location(struct pprof *p, const struct frame *const *frames, size_t count);

void pprof_tables_free(struct pprof *p);

#endif
