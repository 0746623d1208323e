/* SPDX-License-Identifier: MIT */
/* Rows and expressions made by hand, and walks from here outwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "unwind_frames.h"
#include "unwind_object.h"
#include "unwind_rules.h"

#if defined(__x86_64__)

/* ---- rows --------------------------------------------------------------------------------- */

static struct tl_row row;

/* CFA = rsp + 8, return address at CFA - 8, then the program at offset 0 of the code. */
static bool run(const uint8_t *program, size_t size)
{
	static const uint8_t initial[] = {0x0c, 7, 8, 0x90, 1};
	struct tl_fde fde = {
	    .start = 0x1000,
	    .end = 0x2000,
	    .initial = {initial, initial + sizeof(initial), false},
	    .program = {program, program + size, false},
	    .code_align = 1,
	    .data_align = -8,
	    .return_register = TL_REG_IP,
	};

	return tl_cfi_row(&fde, 0x1000, &row);
}

#define ROW(...) run((const uint8_t[]){__VA_ARGS__}, sizeof((uint8_t[]){__VA_ARGS__}))

static void is_where(unsigned reg, enum tl_how how, int64_t value)
{
	assert_int_equal(row.registers[reg].how, how);
	assert_int_equal(row.registers[reg].value, value);
}

static void rows_have_all_registers(void **state)
{
	(void)state;
	assert_true(ROW(0x0e, 64, 0x83, 2, 0x8c, 3, 0x09, 13, 1, 0x14, 14, 4, 0x07, 15));
	assert_int_equal(row.cfa.how, TL_IN);
	assert_int_equal(row.cfa.value, TL_REG_SP);
	assert_int_equal(row.cfa_offset, 64);
	is_where(TL_REG_BX, TL_SAVED, -16);
	is_where(TL_REG_R12, TL_SAVED, -24);
	is_where(13, TL_IN, 1);
	is_where(14, TL_IS, -32);
	is_where(15, TL_UNDEFINED, 0);
	is_where(TL_REG_IP, TL_SAVED, -8);
	is_where(TL_REG_BP, TL_SAME, 0);
	assert_true(ROW(0x0d, 3));
	assert_int_equal(row.cfa.value, TL_REG_BX);
	assert_int_equal(row.cfa_offset, 8);
	assert_true(ROW(0x83, 2, 0xc3));
	is_where(TL_REG_BX, TL_SAME, 0);
	assert_true(
	    ROW(0x91, 1, 0x85 + 0x1f, 1)); /* of registers that are none of these: nothing */
}

static void rows_say_what_they_cannot_hold(void **state)
{
	(void)state;
	assert_true(ROW(0x05, 3, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1));
	assert_int_equal(row.registers[TL_REG_BX].how, TL_ODD);
	assert_true(ROW(0x0c, 99, 8));
	assert_int_equal(row.cfa.how, TL_ODD);
	assert_false(ROW(0x0c, 99, 8, 0x0e, 16));
	assert_false(ROW(0x10, 3, 5, 0x77)); /* the block is longer than the program */
	assert_false(ROW(0x0f, 0x80, 0x80, 0x80));
}

/* ---- expressions -------------------------------------------------------------------------- */

static uintptr_t stack[4] = {11, 22, (uintptr_t)stack, 44};
static struct tl_registers registers;
static uintptr_t result;

static enum tl_expr evaluate(const uint8_t *code, size_t size, const uintptr_t *first)
{
	struct tl_peek peek = {.known = {{(uintptr_t)stack, sizeof(stack)}}};
	struct tl_where where = {.value = (int64_t)(uintptr_t)code, .size = size};

	memset(&registers, 0, sizeof(registers));
	registers.value[TL_REG_SP] = (uintptr_t)stack;
	registers.value[TL_REG_IP] = 0x100b;
	registers.known = 1u << TL_REG_SP | 1u << TL_REG_IP;
	return tl_expr(where, &registers, first, &peek, &result);
}

#define EVALUATE(...) \
	evaluate((const uint8_t[]){__VA_ARGS__}, sizeof((uint8_t[]){__VA_ARGS__}), NULL)

static void gives(enum tl_expr got, uintptr_t expected)
{
	assert_int_equal(got, TL_EXPR_OK);
	assert_int_equal(result, expected);
}

static void expressions_compute(void **state)
{
	const uintptr_t first = 40;

	(void)state;
	gives(EVALUATE(0x77, 8), (uintptr_t)(stack + 1));
	gives(EVALUATE(0x77, 8, 0x06), 22);
	gives(EVALUATE(0x77, 16, 0x06, 0x06), 11);
	gives(EVALUATE(0x77, 0x78), (uintptr_t)stack - 8);
	gives(EVALUATE(0x35, 0x33, 0x1c), 2);
	gives(EVALUATE(0x35, 0x33, 0x24), 40);
	gives(EVALUATE(0x35, 0x33, 0x1e, 0x12, 0x22), 30);
	gives(EVALUATE(0x09, 0xfe, 0x08, 63, 0x25), 1);
	gives(EVALUATE(0x0a, 0x34, 0x12, 0x23, 1), 0x1235);
	gives(EVALUATE(0x10, 0x80, 1, 0x11, 0x7f, 0x1a, 0x31, 0x21), 129);
	gives(evaluate((const uint8_t[]){0x38, 0x22}, 2, &first), 48);
	gives(evaluate((const uint8_t[]){0x13, 0x77, 24}, 3, &first), (uintptr_t)(stack + 3));
	/* A PLT entry: CFA = rsp + 8 + ((rip & 15) >= 11) * 8. */
	gives(EVALUATE(0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22),
	      (uintptr_t)(stack + 2));
}

static void expressions_know_their_limits(void **state)
{
	(void)state;
	assert_int_equal(EVALUATE(0x73, 0), TL_EXPR_REGISTER); /* rbx */
	assert_int_equal(EVALUATE(0x8f, 0), TL_EXPR_BAD);
	assert_int_equal(EVALUATE(0x06), TL_EXPR_BAD);
	assert_int_equal(EVALUATE(0x38, 0x06), TL_EXPR_BAD); /* nothing is at 8 */
	assert_int_equal(EVALUATE(0x77, 1, 0x06), TL_EXPR_BAD);
	assert_int_equal(EVALUATE(0x22), TL_EXPR_BAD);
	assert_int_equal(EVALUATE(0x13, 0x31), TL_EXPR_BAD);
	assert_int_equal(EVALUATE(0x77), TL_EXPR_BAD);
	assert_int_equal(EVALUATE(0x0c, 1), TL_EXPR_BAD);
	assert_int_equal(EVALUATE(0x2f, 0xfd, 0xff), TL_EXPR_BAD); /* back to itself */
	assert_int_equal(EVALUATE(0x31, 0x12, 0x12, 0x12, 0x12, 0x12, 0x12, 0x12, 0x12),
			 TL_EXPR_BAD);
	assert_int_equal(evaluate(NULL, 0, NULL), TL_EXPR_BAD);
}

static void expressions_survive_garbage(void **state)
{
	uint64_t random = 1;
	uint8_t code[24];

	(void)state;
	for (int round = 0; round < 200000; round++) {
		uint8_t *exact;

		for (size_t i = 0; i < sizeof(code); i++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			code[i] = (uint8_t)(random >> 40) & (round & 1 ? 0x7f : 0xff);
		}
		exact = malloc((size_t)round % sizeof(code) + 1);
		memcpy(exact, code, (size_t)round % sizeof(code) + 1);
		evaluate(exact, (size_t)round % sizeof(code) + 1, NULL);
		free(exact);
	}
}

/* ---- words that may not be there ------------------------------------------------------------ */

static void peeks_at_what_is_there(void **state)
{
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct tl_peek peek = {.asked = 0};
	uintptr_t value = 1, at = (uintptr_t)pages;

	(void)state;
	assert_ptr_not_equal(pages, MAP_FAILED);
	assert_int_equal(munmap(pages + 4096, 4096), 0);
	assert_true(tl_peek(&peek, at + 4088, &value));
	assert_int_equal(value, 0);
	assert_false(tl_peek(&peek, at + 4096, &value));
	assert_false(tl_peek(&peek, at + 4, &value));
	assert_false(tl_peek(&peek, 0, &value));
	assert_false(
	    tl_peek(&peek, 808, &value)); /* in the first page of all: nobody was asked yet */
	assert_false(tl_peek(&peek, (uintptr_t)-8, &value));
	munmap(pages, 4096);
}

/* ---- walks -------------------------------------------------------------------------------- */

static TL_NOINLINE unsigned walk_at(int depth, void **ips, unsigned most, bool *whole)
{
	struct tl_frames frames;
	volatile unsigned result_here;

	if (depth) {
		result_here = walk_at(depth - 1, ips, most, whole);
		return result_here;
	}
	frames = tl_frames_walk(NULL, NULL, ips, most);
	*whole = frames.whole;
	result_here = frames.depth;
	return result_here;
}

static void walks_to_the_end(void **state)
{
	void *ips[256], *deeper[256];
	bool whole = false;
	unsigned n, more;

	(void)state;
	if (!tl_object_init())
		skip();
	n = walk_at(1, ips, 256, &whole);
	assert_true(whole && n > 4);
	more = walk_at(51, deeper, 256, &whole);
	assert_true(whole);
	assert_int_equal(more, n + 50);
	assert_ptr_equal(deeper[more - 1], ips[n - 1]);
	assert_int_equal(walk_at(51, deeper, 20, &whole), 20);
	assert_true(whole);
}

static struct tl_frames walked;
static void *walked_ips[256];

static TL_NOINLINE void walk_here(void)
{
	walked = tl_frames_walk(NULL, NULL, walked_ips, 256);
	__asm__ volatile(""); /* no jump */
}

/* Calls walk_here from code that nothing describes. */
static void walk_below(const uint8_t *code, size_t size, const uintptr_t *bp)
{
	uint8_t *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void (*run_it)(void (*)(void), const uintptr_t *);

	assert_ptr_not_equal(page, MAP_FAILED);
	memcpy(page, code, size);
	memcpy(&run_it, &page, sizeof(run_it));
	run_it(walk_here, bp);
	munmap(page, 4096);
}

#define BELOW(bp, ...) \
	walk_below((const uint8_t[]){__VA_ARGS__}, sizeof((uint8_t[]){__VA_ARGS__}), bp)

/* What a frame pointer points to that is none may look like a frame. */
static void guesses_only_on_the_stack(void **state)
{
	uintptr_t *heap = calloc(4, sizeof(*heap));
	unsigned depth;
	bool whole;

	(void)state;
	if (!tl_object_init())
		skip();
	tl_rules_init();
	assert_non_null(heap);
	heap[1] = (uintptr_t)heap;
	depth = walk_at(0, walked_ips, 256, &whole);
	BELOW(heap, 0x55, 0x48, 0x89, 0xe5, 0xff, 0xd7, 0x5d, 0xc3); /* with a frame pointer */
	assert_true(walked.whole && !walked.guessed && !walked.cut);
	assert_true(walked.depth >= depth);
	BELOW(heap, 0x55, 0x48, 0x89, 0xf5, 0xff, 0xd7, 0x5d, 0xc3); /* the register is heap */
	assert_true(walked.whole && !walked.guessed && walked.cut);
	assert_int_equal((uintptr_t)walked_ips[walked.depth - 1] & 4095, 6);
	free(heap);
}

void on_stack(void *top, void (*function)(void));
__asm__(".text\n"
	".type on_stack, @function\n"
	"on_stack:\n"
	".cfi_startproc\n"
	"	push %rbp\n"
	".cfi_def_cfa_offset 16\n"
	".cfi_offset 6, -16\n"
	"	mov %rsp, %rbp\n"
	".cfi_def_cfa_register 6\n"
	"	mov %rdi, %rsp\n"
	"	call *%rsi\n"
	"	mov %rbp, %rsp\n"
	"	pop %rbp\n"
	".cfi_def_cfa 7, 8\n"
	"	ret\n"
	".cfi_endproc\n"
	".size on_stack, .-on_stack\n");

#define STACK 65536
static char *stacks; /* the second is further up */

static void walk_on_second(void)
{
	on_stack(stacks + 2 * STACK, walk_here);
	__asm__ volatile("");
}

/* As Rust's stacker and split stacks do. */
static void comes_back_from_other_stacks(void **state)
{
	unsigned depth;
	bool whole;

	(void)state;
	if (!tl_object_init())
		skip();
	stacks = mmap(NULL, 2 * STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(stacks, MAP_FAILED);
	for (int rules = 0; rules < 2; rules++) {
		depth = walk_at(0, walked_ips, 256, &whole);
		on_stack(stacks + STACK, walk_on_second);
		assert_true(walked.whole && !walked.cut && !walked.guessed);
		assert_true(walked.depth >= depth + 3);
		tl_rules_init();
	}
	munmap(stacks, 2 * STACK);
}

static uintptr_t wanted;

static bool is_inner(uintptr_t ip)
{
	return ip < wanted || ip >= wanted + 4096;
}

static TL_NOINLINE bool look_out(struct tl_registers *r)
{
	wanted = (uintptr_t)__builtin_return_address(0) - 16;
	return tl_frames_outer(is_inner, r);
}

/* What a caller keeps in a register that calls preserve is found again. */
static void finds_registers_of_callers(void **state)
{
	register uintptr_t kept __asm__("r13") = 0x1234567;
	struct tl_registers r;
	bool found;

	(void)state;
	if (!tl_object_init())
		skip();
	__asm__ volatile("" : "+r"(kept));
	found = look_out(&r);
	__asm__ volatile("" : "+r"(kept));
	assert_true(found);
	assert_true(tl_register_known(&r, 13));
	assert_int_equal(r.value[13], 0x1234567);
	assert_true(r.value[TL_REG_SP] < (uintptr_t)__builtin_frame_address(0));
	assert_int_equal(r.value[TL_REG_BP], (uintptr_t)__builtin_frame_address(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rows_have_all_registers),
	    cmocka_unit_test(rows_say_what_they_cannot_hold),
	    cmocka_unit_test(expressions_compute),
	    cmocka_unit_test(expressions_know_their_limits),
	    cmocka_unit_test(expressions_survive_garbage),
	    cmocka_unit_test(peeks_at_what_is_there),
	    cmocka_unit_test(walks_to_the_end),
	    cmocka_unit_test(comes_back_from_other_stacks),
	    cmocka_unit_test(guesses_only_on_the_stack),
	    cmocka_unit_test(finds_registers_of_callers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
int main(void)
{
	return 0;
}
#endif
