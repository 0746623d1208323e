/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -pthread -fno-builtin -fno-optimize-sibling-calls */
/*
 * ties_model SEED [STEPS]: timers whose handles and payloads lie in heap blocks, which are freed,
 * moved, cut and written over in any order; after each step what the library's table says about
 * every timer is compared with the model. In some stretches nothing makes the library look, so that
 * much has come and gone when something does.
 */
#include <malloc.h>

#include "heap.h"
#include "model_trace.h"

enum { BLOCKS = 24, CELLS = 8, CELL = 64, AT = 40, TIMERS = 200, FIXED = 3, STRETCH = 150 };

/* A variable that takes handles. */
struct cell {
	int timer; /* the last that was written there, -1 if nobody knows */
	uint64_t number;
	bool staging;
};

struct block {
	uintptr_t hidden; /* its address, inverted: nothing leads there. 0: none */
	size_t cells;	  /* asked for */
	struct cell cell[CELLS];
};

struct timer {
	bool used, armed, said;
	uint64_t id, number; /* how many were made before */
	const struct tl_timer *slot;
	int place, payload; /* block, or -1 */
	int cell;	    /* in its block, or of those that are static; -1: none is left */
	uint32_t facts;
};

static struct block blocks[BLOCKS];
static struct cell fixed[FIXED];
static timer_t fixed_places[FIXED];
static struct timer timers[TIMERS];
static uint64_t state, created, hazards, most_live;
static unsigned live;

static unsigned pick(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)((state >> 20) % n);
}

static char *memory(const struct block *b)
{
	return (char *)~b->hidden;
}

static timer_t *place_of(int block, int cell)
{
	return block < 0 ? &fixed_places[cell]
			 : (timer_t *)(void *)(memory(&blocks[block]) + cell * CELL + AT);
}

static struct cell *cell_of(int block, int cell)
{
	return block < 0 ? &fixed[cell] : &blocks[block].cell[cell];
}

/* ---- what the library should know ------------------------------------------------------------ */

static bool holds(const struct timer *t)
{
	return t->cell >= 0 && (uint64_t)(uintptr_t)*place_of(t->place, t->cell) == t->id;
}

static void forget_cell(struct cell *c)
{
	*c = (struct cell){.timer = -1};
}

static void written(const struct timer *t, uint64_t previous)
{
	struct cell *c = cell_of(t->place, t->cell);
	struct timer *old = c->timer < 0 ? NULL : &timers[c->timer];

	if (old && old->used && old->number == c->number && old->id == previous && !c->staging)
		old->facts |= TL_F_OVERWRITTEN;
	c->timer = (int)(t - timers);
	c->number = t->number;
}

static void in_use(struct timer *t)
{
	uint32_t facts = t->facts;
	struct cell *c;

	t->facts &= ~(TL_F_OVERWRITTEN | TL_F_PLACE_FREED);
	if (!(facts & TL_F_OVERWRITTEN) || t->cell < 0)
		return;
	c = cell_of(t->place, t->cell);
	if (c->staging)
		return;
	c->staging = true;
	for (struct timer *o = timers; o < timers + TIMERS; o++)
		if (o->used && o->place == t->place && o->cell == t->cell)
			o->facts &= ~TL_F_OVERWRITTEN;
}

static void place_gone(struct timer *t, bool held)
{
	t->cell = -1;
	if (held)
		t->facts |= TL_F_PLACE_FREED;
}

static void payload_gone(struct timer *t, bool moved)
{
	t->payload = -1;
	t->facts |= TL_F_PAYLOAD_FREED | (moved ? TL_F_PAYLOAD_MOVED : 0);
	hazards += t->armed && !t->said;
	t->said |= t->armed;
}

/* What was held is what was held before the call. */
static void look(int block, bool *held)
{
	for (int i = 0; i < TIMERS; i++)
		held[i] = timers[i].used && timers[i].place == block && holds(&timers[i]);
}

/* Cells from there on are gone, -1: the whole block is. */
static void cut(int block, const bool *held, size_t size)
{
	for (int i = 0; i < TIMERS; i++) {
		struct timer *t = &timers[i];

		if (t->used && t->place == block && t->cell >= 0 &&
		    (size_t)(t->cell * CELL + AT) >= size)
			place_gone(t, held[i]);
	}
	for (int k = 0; k < CELLS; k++)
		if ((size_t)(k * CELL + AT) >= size)
			forget_cell(&blocks[block].cell[k]);
}

static void payloads_gone(int block, bool moved)
{
	for (struct timer *t = timers; t < timers + TIMERS; t++)
		if (t->used && t->payload == block)
			payload_gone(t, moved);
}

/* ---- blocks ---------------------------------------------------------------------------------- */

static int some_block(bool there)
{
	unsigned first = pick(BLOCKS);

	for (unsigned i = 0; i < BLOCKS; i++)
		if (!blocks[(first + i) % BLOCKS].hidden == !there)
			return (int)((first + i) % BLOCKS);
	return -1;
}

static void block_make(void)
{
	int i = some_block(false);
	struct block *b = &blocks[i];
	void *p;

	if (i < 0)
		return;
	b->cells = 1 + pick(CELLS);
	p = pick(2) ? calloc(b->cells, CELL) : malloc(b->cells * CELL);
	MUST(p != NULL);
	b->hidden = ~(uintptr_t)p;
	for (int k = 0; k < CELLS; k++)
		forget_cell(&b->cell[k]);
	note("block %d: %p, %zu cells", i, p, b->cells);
}

static void block_free(void)
{
	int i = some_block(true);
	bool held[TIMERS];

	if (i < 0)
		return;
	note("free block %d: %p", i, (void *)memory(&blocks[i]));
	look(i, held);
	free(memory(&blocks[i]));
	cut(i, held, 0);
	payloads_gone(i, false);
	blocks[i].hidden = 0;
}

static void block_move(void)
{
	int i = some_block(true);
	struct block *b = &blocks[i];
	uintptr_t from, to;
	bool held[TIMERS];
	size_t cells = 1 + pick(CELLS);

	if (i < 0)
		return;
	look(i, held);
	from = (uintptr_t)memory(b);
	to = (uintptr_t)realloc((void *)from, cells * CELL);
	MUST(to != 0);
	note("realloc block %d: %jx to %jx, %zu to %zu cells", i, (uintmax_t)from, (uintmax_t)to,
	     b->cells, cells);
	b->hidden = ~to;
	b->cells = cells;
	cut(i, held, malloc_usable_size((void *)to));
	if (to != from)
		payloads_gone(i, true);
}

/* ---- timers ---------------------------------------------------------------------------------- */

struct wanted {
	const struct tl_timer *slot;
	uint64_t id;
};

static void find_by_id(const struct tl_chunk *chunk, const void *slot, void *data)
{
	const struct tl_timer *t = slot;
	struct wanted *wanted = data;

	(void)chunk;
	if (t->state == TL_SLOT_LIVE && t->id == wanted->id)
		wanted->slot = t;
}

static void timer_make(void)
{
	static const int notify[] = {SIGEV_NONE, SIGEV_SIGNAL, SIGEV_SIGNAL, SIGEV_THREAD};
	struct timer *t = timers;
	struct wanted wanted = {0};
	uint64_t previous;
	timer_t *place;
	char *payload;
	int how;

	while (t < timers + TIMERS && t->used)
		t++;
	if (t == timers + TIMERS)
		return;
	*t = (struct timer){.used = true, .number = created++};
	t->place = pick(8) ? some_block(true) : -1;
	t->cell = (int)pick(t->place < 0 ? FIXED : (unsigned)blocks[t->place].cells);
	t->payload = pick(3) ? some_block(true) : -1;
	payload = t->payload < 0 ? NULL : memory(&blocks[t->payload]);
	if (payload)
		payload += pick((unsigned)blocks[t->payload].cells * CELL);
	how = notify[pick(50) ? pick(3) : 3];
	if (how == SIGEV_NONE)
		t->payload = -1;
	place = place_of(t->place, t->cell);
	previous = (uint64_t)(uintptr_t)*place;
	make_as(how, place, payload, how == SIGEV_THREAD ? call_back : NULL);
	wanted.id = t->id = (uint64_t)(uintptr_t)*place;
	written(t, previous);
	each_slot(TL_CHUNK_TIMER, find_by_id, &wanted);
	t->slot = wanted.slot;
	note("timer %d = %jx in %d[%d], payload %d, notify %d", (int)(t - timers), (uintmax_t)t->id,
	     t->place, t->cell, t->payload, how);
	if (!t->slot)
		differ("no slot for a new timer");
	live++;
	if (live > most_live)
		most_live = live;
}

static struct timer *some_timer(void)
{
	unsigned first = pick(TIMERS);

	for (unsigned i = 0; i < TIMERS; i++)
		if (timers[(first + i) % TIMERS].used)
			return &timers[(first + i) % TIMERS];
	return NULL;
}

#define HANDLE(t) ((timer_t)(uintptr_t)(t)->id)

static void timer_end(void)
{
	struct timer *t = some_timer();

	if (!t)
		return;
	note("delete timer %d", (int)(t - timers));
	MUST(timer_delete(HANDLE(t)) == 0);
	in_use(t);
	t->used = false;
	live--;
}

static void timer_set(void)
{
	struct timer *t = some_timer();

	if (!t)
		return;
	note("set timer %d", (int)(t - timers));
	t->armed = pick(2);
	if (t->armed)
		set(HANDLE(t), 3600);
	else
		disarm(HANDLE(t));
	in_use(t);
}

static void place_clear(void)
{
	const struct timer *t = some_timer();

	if (!t || t->cell < 0)
		return;
	note("clear %d[%d]", t->place, t->cell);
	*place_of(t->place, t->cell) = NULL;
}

/* ---- comparison ------------------------------------------------------------------------------ */

#define SAME(t, what, got, want)                                                               \
	do {                                                                                   \
		unsigned long long got_ = (got), want_ = (want);                               \
		if (got_ != want_)                                                             \
			differ("%s of timer %d: %llx, expected %llx", what, (int)((t)-timers), \
			       got_, want_);                                                   \
	} while (0)

static void compare_timer(const struct timer *t)
{
	const uint32_t facts = TL_F_OVERWRITTEN | TL_F_PLACE_FREED | TL_F_PLACE_AT_EXIT |
			       TL_F_PAYLOAD_FREED | TL_F_PAYLOAD_MOVED;

	SAME(t, "state", t->slot->state, TL_SLOT_LIVE);
	SAME(t, "id", t->slot->id, t->id);
	if (t->cell >= 0)
		SAME(t, "place", t->slot->place, (uintptr_t)place_of(t->place, t->cell));
	SAME(t, "what happened", t->slot->flags & facts, t->facts);
}

struct sums {
	uint64_t slots, live, created, stopped, hazards;
};

static void add_slot(const struct tl_chunk *chunk, const void *slot, void *data)
{
	struct sums *sums = data;

	(void)chunk;
	sums->slots++;
	sums->live += ((const struct tl_timer *)slot)->state == TL_SLOT_LIVE;
}

static void add_site(const struct tl_chunk *chunk, const void *slot, void *data)
{
	const struct tl_site *site = slot;
	struct sums *sums = data;

	(void)chunk;
	sums->created += site->created;
	sums->stopped += site->stopped;
	sums->hazards += site->hazards[TL_HAZ_FREED_PAYLOAD];
}

/* Some 32 may wait for their ties to go, or as many as live; some are made by the batch. */
static void compare_sums(void)
{
	struct sums sums = {0};

	each_slot(TL_CHUNK_TIMER, add_slot, &sums);
	each_slot(TL_CHUNK_SITE, add_site, &sums);
	if (sums.live != live || sums.created != created || sums.stopped != created - live ||
	    sums.hazards != hazards || sums.slots > 2 * most_live + 100)
		differ("%ju live of %ju slots, %ju - %ju, %ju hazards; expected %u, %ju and %ju",
		       (uintmax_t)sums.live, (uintmax_t)sums.slots, (uintmax_t)sums.created,
		       (uintmax_t)sums.stopped, (uintmax_t)sums.hazards, live, (uintmax_t)created,
		       (uintmax_t)hazards);
}

static void compare(void)
{
	for (const struct timer *t = timers; t < timers + TIMERS; t++)
		if (t->used)
			compare_timer(t);
	if (step % 20 == 0)
		compare_sums();
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void (*const steps[])(void) = {
    timer_make, timer_make, timer_make,	 timer_make, timer_end,	 timer_end,
    timer_end,	timer_set,  place_clear, block_make, block_free, block_move,
};

static void begin(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	for (int i = 0; i < FIXED; i++)
		forget_cell(&fixed[i]);
	spend_id_0();
	created = 1;
	if (!find_trace())
		skip("no trace is mapped");
}

int main(int argc, char **argv)
{
	int count = argc > 2 ? atoi(argv[2]) : 3000;
	unsigned quiet = 0; /* so many kinds of steps are left out at the end */

	seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	state = seed * 0x9e3779b97f4a7c15ull + 1;
	begin();
	for (step = 1; step <= count; step++) {
		if (step % STRETCH == 1)
			quiet = pick(2) ? 0 : 2 + pick(2);
		steps[pick(sizeof(steps) / sizeof(*steps) - quiet)]();
		compare();
	}
	printf("{\"created\":%ju,\"live\":%u}\n", (uintmax_t)created, live);
	return 0;
}
