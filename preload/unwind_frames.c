/* SPDX-License-Identifier: MIT */
#include "unwind_frames.h"
#include "unwind_object.h"
#include "unwind_walk.h"

#if defined(__x86_64__)

#define ALL	 ((1u << TL_ROW_REGISTERS) - 1)
#define POINTERS (1u << TL_REG_BP | 1u << TL_REG_SP | 1u << TL_REG_IP)
#define FARTHEST 0x4000u /* a frame pointer further out is none */
#define OUTER	 64	 /* frames that are ours or the libc's */

struct walker {
	struct tl_registers now; /* as they are in the frame when its call returns */
	struct tl_peek peek;
	struct tl_rules rules;
	bool have_rules;   /* else an object is being unloaded */
	bool all;	   /* follow all registers: rules do not say where they are */
	bool exact;	   /* ip is where a signal came, no return address */
	bool guessed, cut; /* of tl_frames */
};

enum step { ON, END, LOST, NEEDS_ALL };

/* Of the function that this becomes a part of: it must not return before the walk is over. */
static inline __attribute__((always_inline)) void begin(struct walker *w,
							const struct tl_peek *peek)
{
	uintptr_t *r;

	*w = (struct walker){.exact = true};
	r = w->now.value;
	__asm__ volatile("mov %%rbx, 3*8(%1)\n\t"
			 "mov %%rbp, 6*8(%1)\n\t"
			 "mov %%rsp, 7*8(%1)\n\t"
			 "mov %%r12, 12*8(%1)\n\t"
			 "mov %%r13, 13*8(%1)\n\t"
			 "mov %%r14, 14*8(%1)\n\t"
			 "mov %%r15, 15*8(%1)\n\t"
			 "lea 0f(%%rip), %0\n"
			 "0:"
			 : "=&r"(r[TL_REG_IP])
			 : "r"(r)
			 : "memory");
	w->now.known = POINTERS | 1u << TL_REG_BX | 0xfu << TL_REG_R12;
	if (peek)
		w->peek = *peek;
	w->peek.asked = r[TL_REG_SP] | 4095; /* we stand on it */
	w->have_rules = tl_rules_open(&w->rules);
}

/* At the host's own frame, by what is known of it. */
static void begin_at(struct walker *w, const struct tl_called *called)
{
	w->now.known = POINTERS;
	w->now.value[TL_REG_IP] = (uintptr_t)called->from;
	w->now.value[TL_REG_SP] = (uintptr_t)(called + 1);
	w->now.value[TL_REG_BP] = called->bp;
	w->exact = false;
}

static uintptr_t value(const struct walker *w, unsigned reg)
{
	return w->now.value[reg];
}

static void know(struct tl_registers *r, unsigned reg, uintptr_t v)
{
	r->value[reg] = v;
	r->known |= 1u << reg;
}

/* ---- by a rule ---------------------------------------------------------------------------- */

/* Who has put the stack pointer on another stack finds the way back by another register: that stack
 * may lie anywhere, if the kernel can be asked whether there is one. */
static bool is_outside(const struct walker *w, uintptr_t cfa, bool by_sp)
{
	bool outwards = by_sp || tl_load(&tl_sys_quiet);

	return !(cfa & 7) && cfa >= 8 && (!outwards || cfa - 8 >= value(w, TL_REG_SP));
}

/* In place: to copy what is not known takes longer than all else. */
static enum step step_by_rule(struct walker *w, const struct tl_move *move)
{
	uintptr_t cfa = value(w, move->how ? TL_REG_BP : TL_REG_SP) + move->cfa;
	uintptr_t ip, bp = value(w, TL_REG_BP);

	if ((move->how && !tl_register_known(&w->now, TL_REG_BP)) ||
	    !is_outside(w, cfa, !move->how) || !tl_peek(&w->peek, cfa - 8, &ip) ||
	    (move->saved && !tl_peek(&w->peek, cfa - move->saved, &bp)))
		return LOST;
	w->now.known &= POINTERS;
	w->now.known |= move->saved ? 1u << TL_REG_BP : 0;
	w->now.value[TL_REG_IP] = ip;
	w->now.value[TL_REG_SP] = cfa;
	w->now.value[TL_REG_BP] = bp;
	w->exact = false;
	return ip ? ON : END;
}

/* ---- by a row ----------------------------------------------------------------------------- */

static enum step of_expression(const struct walker *w, enum tl_expr got)
{
	if (got == TL_EXPR_REGISTER && !w->all)
		return NEEDS_ALL;
	return got == TL_EXPR_OK ? ON : LOST;
}

static enum step find_cfa(struct walker *w, const struct tl_row *row, uintptr_t *cfa)
{
	uint64_t reg = (uint64_t)row->cfa.value;

	if (row->cfa.how == TL_COMPUTED)
		return of_expression(w, tl_expr(row->cfa, &w->now, NULL, &w->peek, cfa));
	if (row->cfa.how != TL_IN)
		return LOST;
	if (!tl_register_known(&w->now, reg))
		return w->all ? LOST : NEEDS_ALL;
	*cfa = w->now.value[reg] + (uintptr_t)row->cfa_offset;
	return ON;
}

static enum step find_register(struct walker *w, struct tl_where where, uintptr_t cfa, unsigned reg,
			       struct tl_registers *next)
{
	uintptr_t v = cfa + (uintptr_t)(int64_t)where.value;
	enum step step = ON;

	switch (where.how) {
	case TL_SAME:
		if (tl_register_known(&w->now, reg))
			know(next, reg, reg == TL_REG_SP ? cfa : value(w, reg));
		return reg == TL_REG_IP ? LOST : ON;
	case TL_UNDEFINED:
		return ON;
	case TL_IN:
		if (!tl_register_known(&w->now, (uint64_t)where.value))
			return w->all ? LOST : NEEDS_ALL;
		v = value(w, (unsigned)where.value);
		break;
	case TL_SAVED_AT:
	case TL_COMPUTED:
		step = of_expression(w, tl_expr(where, &w->now, &cfa, &w->peek, &v));
		break;
	case TL_ODD:
		return LOST;
	}
	if (step == ON && (where.how == TL_SAVED || where.how == TL_SAVED_AT) &&
	    !tl_peek(&w->peek, v, &v))
		return LOST;
	if (step == ON)
		know(next, reg, v);
	return step;
}

/* Behind a signal frame the stack may be another one, anywhere. */
static enum step step_by_row(struct walker *w, const struct tl_row *row, bool signal)
{
	uint32_t wanted = w->all ? ALL : POINTERS;
	struct tl_registers next = {.known = 0};
	enum step step;
	uintptr_t cfa;

	if (row->registers[TL_REG_IP].how == TL_UNDEFINED)
		return END;
	step = find_cfa(w, row, &cfa);
	if (step == ON && !signal &&
	    !is_outside(w, cfa, row->cfa.how == TL_IN && row->cfa.value == TL_REG_SP))
		step = LOST;
	for (unsigned reg = 0; reg < TL_ROW_REGISTERS && step == ON; reg++) {
		if (!(wanted >> reg & 1))
			continue;
		step = find_register(w, row->registers[reg], cfa, reg, &next);
		if (!(POINTERS >> reg & 1))
			step = ON;
	}
	if (step != ON)
		return step;
	w->now = next;
	w->exact = signal;
	return value(w, TL_REG_IP) ? ON : END;
}

/* ---- by what the kernel saved -------------------------------------------------------------- */

/* The kernel's struct ucontext lies at the stack pointer: uc_mcontext begins with r8. */
static enum step step_by_context(struct walker *w)
{
	static const uint8_t offsets[TL_ROW_REGISTERS] = {
	    [TL_REG_BX] = 128,	   [TL_REG_BP] = 120,	  [TL_REG_SP] = 160,	 [TL_REG_R12] = 72,
	    [TL_REG_R12 + 1] = 80, [TL_REG_R12 + 2] = 88, [TL_REG_R12 + 3] = 96, [TL_REG_IP] = 168,
	};
	uint32_t wanted = w->all ? ALL : POINTERS;
	struct tl_registers next;

	next.known = 0;
	for (unsigned reg = 0; reg < TL_ROW_REGISTERS; reg++) {
		uintptr_t v;

		if (!offsets[reg] || !(wanted >> reg & 1))
			continue;
		if (!tl_peek(&w->peek, value(w, TL_REG_SP) + offsets[reg], &v))
			return LOST;
		know(&next, reg, v);
	}
	w->now = next;
	w->exact = true;
	return value(w, TL_REG_IP) ? ON : END;
}

/* ---- by what is likely -------------------------------------------------------------------- */

/* Nobody knows more of what was made at run time. */
static enum step end_of_guess(struct walker *w, bool in_object)
{
	w->cut |= !in_object;
	return in_object ? LOST : END;
}

/* As libunwind guesses: the frame pointer, if it points to the stack a little further out. Without
 * frame pointers that register holds anything, and what lies there is no frame. The last of its
 * chain may be something else already: then what lies above must at least be code, or some address
 * where code is made at run time. */
static enum step step_by_guess(struct walker *w, bool in_object)
{
	uintptr_t bp = value(w, TL_REG_BP), sp = value(w, TL_REG_SP), outer, ip;
	uint32_t known = POINTERS;

	/* What is no frame may point into an object that is about to go. */
	if (tl_load(&tl_sys_quiet) || !w->have_rules || tl_load(&tl_rules_epoch) != w->rules.seen)
		return LOST;
	if (tl_rules_is_sigreturn(value(w, TL_REG_IP)))
		return step_by_context(w);
	if (!tl_register_known(&w->now, TL_REG_BP) || bp - sp >= FARTHEST ||
	    !tl_peek(&w->peek, bp, &outer) || !tl_peek(&w->peek, bp + 8, &ip))
		return end_of_guess(w, in_object);
	if (!ip)
		return in_object ? LOST : END;
	if (outer - sp - 1 >= FARTHEST) {
		if (in_object ? !tl_object_map(ip) : !tl_sys_readable((const void *)(ip - 1), 1))
			return end_of_guess(w, in_object);
		known &= ~(1u << TL_REG_BP);
	}
	w->now.known = known;
	w->now.value[TL_REG_BP] = outer;
	w->now.value[TL_REG_SP] = bp + 16;
	w->now.value[TL_REG_IP] = ip;
	w->exact = false;
	w->guessed |= in_object;
	return ON;
}

/* ---- from frame to frame ------------------------------------------------------------------ */

static TL_NOINLINE enum step step_described(struct walker *w)
{
	uintptr_t address = value(w, TL_REG_IP) - !w->exact;
	struct tl_row row;
	struct tl_fde fde;

	switch (tl_object_describe(address, !w->exact, &fde)) {
	case TL_DESCRIBED:
		if (!tl_cfi_row(&fde, address, &row))
			return LOST;
		return step_by_row(w, &row, fde.signal_frame);
	case TL_NOT_CALLED:
		return END;
	case TL_NOT_SEEN:
	case TL_NOT_DESCRIBED:
		return step_by_guess(w, true);
	case TL_NO_OBJECT:
		break;
	}
	return step_by_guess(w, false);
}

/* A rule holds for a return address, which is one more than the address that counts. */
static enum step step(struct walker *w)
{
	struct tl_move move;

	if (!w->have_rules || w->all)
		return step_described(w);
	move = tl_walk_move(tl_rules_find(&w->rules, value(w, TL_REG_IP) + w->exact));
	if (tl_unlikely(move.how & TL_RULE_BAD))
		return move.how == TL_RULE_CONTEXT && !w->exact ? step_by_context(w)
								: step_described(w);
	return move.how & TL_RULE_END ? END : step_by_rule(w, &move);
}

static enum step walk(struct walker *w, void **ips, unsigned most, unsigned *depth)
{
	enum step last = ON;

	*depth = 0;
	while (*depth < most && (last = step(w)) == ON)
		ips[(*depth)++] = (void *)value(w, TL_REG_IP);
	return last;
}

TL_NOINLINE struct tl_frames tl_frames_walk(const struct tl_peek *peek,
					    const struct tl_called *called, void **ips,
					    unsigned most)
{
	struct tl_frames frames;
	struct walker w;
	enum step last;

	begin(&w, peek);
	if (called) {
		begin_at(&w, called);
		*ips = called->from;
		last = walk(&w, ips + 1, most - 1, &frames.depth);
		frames.depth++;
	} else {
		last = walk(&w, ips, most, &frames.depth);
	}
	if (tl_unlikely(last == NEEDS_ALL)) {
		begin(&w, peek);
		w.all = true;
		last = walk(&w, ips, most, &frames.depth);
	}
	frames.whole = last == ON || last == END;
	frames.guessed = w.guessed;
	frames.cut = w.cut;
	return frames;
}

TL_NOINLINE bool tl_frames_outer(bool (*inner)(uintptr_t), struct tl_registers *registers)
{
	struct walker w;

	begin(&w, NULL);
	w.all = true;
	for (int i = 0; i < OUTER && step(&w) == ON; i++) {
		if (inner(value(&w, TL_REG_IP)))
			continue;
		*registers = w.now;
		return true;
	}
	return false;
}

#else

struct tl_frames tl_frames_walk(const struct tl_peek *peek, const struct tl_called *called,
				void **ips, unsigned most)
{
	(void)peek;
	(void)called;
	(void)ips;
	(void)most;
	return (struct tl_frames){.depth = 0};
}

bool tl_frames_outer(bool (*inner)(uintptr_t), struct tl_registers *registers)
{
	(void)inner;
	(void)registers;
	return false;
}

#endif
