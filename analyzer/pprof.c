/* SPDX-License-Identifier: MIT */
#include "pprof_tables.h"
#include "util.h"

#include <stdlib.h>
#include <string.h>

/* ---- life --------------------------------------------------------------------------------- */

static pb_profile *new_profile(size_t *string_capacity)
{
	pb_profile *profile = malloc(sizeof(*profile));

	if (!profile)
		return NULL;
	perftools__profiles__profile__init(profile);
	/* The first string is the empty one, which stands for nothing. */
	if (array_grow(&profile->string_table, 0, string_capacity, sizeof(char *)))
		profile->string_table[0] = strdup("");
	if (profile->string_table && profile->string_table[0]) {
		profile->n_string_table = 1;
		return profile;
	}
	free(profile->string_table);
	free(profile);
	return NULL;
}

struct pprof *pprof_new(void)
{
	struct pprof *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->profile = new_profile(&p->string_capacity);
	if (p->profile)
		return p;
	free(p);
	return NULL;
}

void pprof_free(struct pprof *p)
{
	if (!p)
		return;
	pprof_tables_free(p);
	perftools__profiles__profile__free_unpacked(p->profile, NULL);
	free(p);
}

/* ---- what it is about --------------------------------------------------------------------- */

static pb_value_type *new_value_type(struct pprof *p, const char *type, const char *unit)
{
	pb_value_type *made = malloc(sizeof(*made));

	if (!made) {
		p->failed = true;
		return NULL;
	}
	perftools__profiles__value_type__init(made);
	made->type = pprof_string(p, type);
	made->unit = pprof_string(p, unit);
	return made;
}

void pprof_sample_type(struct pprof *p, const char *type, const char *unit)
{
	pb_value_type *made = new_value_type(p, type, unit);

	if (made && array_grow(&p->profile->sample_type, p->profile->n_sample_type,
			       &p->type_capacity, sizeof(pb_value_type *))) {
		p->profile->sample_type[p->profile->n_sample_type++] = made;
		return;
	}
	free(made);
	p->failed = true;
}

void pprof_default_type(struct pprof *p, const char *type)
{
	p->profile->default_sample_type = pprof_string(p, type);
}

void pprof_period(struct pprof *p, const char *type, const char *unit, uint64_t period)
{
	p->profile->period_type = new_value_type(p, type, unit);
	p->profile->period = (int64_t)sum_capped(period, 0);
}

void pprof_time(struct pprof *p, uint64_t begin, uint64_t duration)
{
	p->profile->time_nanos = (int64_t)sum_capped(begin, 0);
	p->profile->duration_nanos = (int64_t)sum_capped(duration, 0);
}

void pprof_drop_frames(struct pprof *p, const char *regex)
{
	p->profile->drop_frames = pprof_string(p, regex);
}

void pprof_comment(struct pprof *p, const char *text)
{
	if (!array_grow(&p->profile->comment, p->profile->n_comment, &p->comment_capacity,
			sizeof(int64_t))) {
		p->failed = true;
		return;
	}
	p->profile->comment[p->profile->n_comment++] = pprof_string(p, text);
}

void pprof_main(struct pprof *p, const struct frame *frame)
{
	pprof_mapping(p, frame);
}

/* ---- samples ------------------------------------------------------------------------------ */

/* Room for one location a frame: inlined ones share theirs with the frame that they are in. */
static void add_stack(struct pprof *p, pb_sample *made, const struct merged_stack *stack)
{
	const struct frame *const *frames = stack->frames;
	size_t i, first;
	uint64_t id;

	made->location_id = calloc(stack->count + 1, sizeof(uint64_t));
	p->failed |= !made->location_id;
	for (i = first = 0; made->location_id && i < stack->count; i++) {
		if (frames[i]->inlined && i + 1 < stack->count)
			continue;
		id = pprof_location(p, frames + first, i + 1 - first);
		if (id)
			made->location_id[made->n_location_id++] = id;
		first = i + 1;
	}
}

static void add_values(struct pprof *p, pb_sample *made, const uint64_t *values)
{
	size_t i, count = p->profile->n_sample_type;

	made->value = calloc(count + 1, sizeof(int64_t));
	if (!made->value) {
		p->failed = true;
		return;
	}
	made->n_value = count;
	for (i = 0; i < count; i++)
		made->value[i] = (int64_t)sum_capped(values[i], 0);
}

static void add_labels(struct pprof *p, pb_sample *made, const struct pprof_label *labels)
{
	size_t i;

	made->label = calloc(PPROF_LABELS_MAX, sizeof(pb_label *));
	p->failed |= !made->label;
	for (i = 0; made->label && i < PPROF_LABELS_MAX; i++) {
		pb_label *label;

		if (!labels[i].key || !labels[i].value)
			continue;
		label = malloc(sizeof(*label));
		if (!label) {
			p->failed = true;
			return;
		}
		perftools__profiles__label__init(label);
		made->label[made->n_label++] = label;
		label->key = pprof_string(p, labels[i].key);
		label->str = pprof_string(p, labels[i].value);
	}
}

void pprof_sample(struct pprof *p, const struct pprof_sample *sample)
{
	bool any = false;
	pb_sample *made;
	size_t i;

	for (i = 0; i < p->profile->n_sample_type; i++)
		any |= sample->values[i] != 0;
	if (!any)
		return;
	made = malloc(sizeof(*made));
	if (!made || !array_grow(&p->profile->sample, p->profile->n_sample, &p->sample_capacity,
				 sizeof(pb_sample *))) {
		free(made);
		p->failed = true;
		return;
	}
	perftools__profiles__sample__init(made);
	p->profile->sample[p->profile->n_sample++] = made;
	add_stack(p, made, sample->stack);
	add_values(p, made, sample->values);
	add_labels(p, made, sample->labels);
}
