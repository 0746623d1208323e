/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -pthread -fno-builtin -fno-optimize-sibling-calls */
/*
 * Who leads to the block with the handle at the end: static storage, other blocks, storage and
 * frames of threads, callers of exit; or nobody.
 */
#include <pthread.h>
#include <semaphore.h>
#include <sys/mman.h>

#include "heap.h"

#define NODES 5

static struct ctx *volatile head;
static __thread struct ctx *volatile in_tls;
static int ends[2];

static struct ctx *with_timer(void)
{
	struct ctx *c = new_ctx();

	make(&c->timer);
	return c;
}

static void start(void *(*fn)(void *))
{
	pthread_t thread;

	MUST(pthread_create(&thread, NULL, fn, NULL) == 0);
	usleep(50000);
}

/* ---- lists ---------------------------------------------------------------------------------- */

static struct ctx *make_list(void)
{
	struct ctx *list = NULL;

	for (int i = 0; i < NODES; i++) {
		struct ctx *c = with_timer();

		c->next = list;
		list = c;
	}
	put_last();
	return list;
}

/* Each node's notification carries the node. */
static struct ctx *make_own_payloads(void)
{
	struct ctx *list = NULL;

	for (int i = 0; i < NODES; i++) {
		struct ctx *c = new_ctx();

		make_for(&c->timer, c);
		c->next = list;
		list = c;
	}
	put_last();
	return list;
}

static void arm_list(struct ctx *c)
{
	for (; c; c = c->next)
		arm(c->timer);
}

static void list_held(void)
{
	head = make_list();
}

static void list_held_armed(void)
{
	head = make_list();
	arm_list(head);
}

static void list_lost(void)
{
	head = make_list();
	head = NULL;
}

static void list_lost_armed(void)
{
	arm_list(make_list());
}

static void list_lost_circular(void)
{
	struct ctx *list = make_list(), *end = list;

	while (end->next)
		end = end->next;
	end->next = list;
}

static void list_lost_own_payloads(void)
{
	arm_list(make_own_payloads());
}

static void list_lost_own_payloads_unarmed(void)
{
	make_own_payloads();
}

static void list_held_own_payloads(void)
{
	head = make_own_payloads();
	arm_list(head);
}

/* What the notification carries is another block, which leads to the one with the handle. */
static void payload_leads(void)
{
	struct ctx *c = new_ctx(), *carried = new_ctx();

	carried->next = c;
	make_for(&c->timer, carried);
	arm(c->timer);
	put_last();
}

static void payload_leads_elsewhere(void)
{
	struct ctx *c = new_ctx(), *carried = new_ctx();

	make_for(&c->timer, carried);
	arm(c->timer);
	put_last();
}

static void last_of_heap(void)
{
	with_timer();
}

/* libc keeps a record of such a timer, and the payload in it. */
static void lost_thread_unarmed(void)
{
	struct ctx *c = new_ctx();

	make_thread(&c->timer, c);
	put_last();
}

static void lost_thread_armed(void)
{
	struct ctx *c = new_ctx();

	make_thread(&c->timer, c);
	arm(c->timer);
	put_last();
}

/* ---- threads -------------------------------------------------------------------------------- */

static void use(struct ctx *c)
{
	disarm(c->timer);
}

static void *frame_in_pause(void *arg)
{
	struct ctx *volatile mine = with_timer();

	pause();
	use(mine);
	return arg;
}

static void *frame_in_read(void *arg)
{
	struct ctx *volatile mine = with_timer();
	char c;

	MUST(read(ends[0], &c, 1) == 1);
	use(mine);
	return arg;
}

static void *frame_in_sem_wait(void *arg)
{
	static sem_t never;
	struct ctx *volatile mine = with_timer();

	sem_wait(&never);
	use(mine);
	return arg;
}

static void *frame_spinning(void *arg)
{
	static volatile int go;
	struct ctx *volatile mine = with_timer();

	while (!go)
		;
	use(mine);
	return arg;
}

static void *tls_then_pause(void *arg)
{
	in_tls = with_timer();
	pause();
	return arg;
}

static void thread_pause(void)
{
	start(frame_in_pause);
}

static void thread_read(void)
{
	MUST(pipe(ends) == 0);
	start(frame_in_read);
}

static void thread_sem_wait(void)
{
	start(frame_in_sem_wait);
}

static void thread_spinning(void)
{
	start(frame_spinning);
}

static void thread_tls(void)
{
	start(tls_then_pause);
}

static void main_tls(void)
{
	in_tls = with_timer();
}

/* The first keys lie in the thread's own record, later ones in a block of libc's. */
static void set_key(int nth)
{
	pthread_key_t key;

	for (int i = 0; i < nth; i++)
		MUST(pthread_key_create(&key, NULL) == 0);
	MUST(pthread_setspecific(key, with_timer()) == 0);
	put_last();
}

static void *key_then_pause(void *arg)
{
	set_key(1);
	pause();
	return arg;
}

static void *late_key_then_pause(void *arg)
{
	set_key(100);
	pause();
	return arg;
}

static void thread_key(void)
{
	start(key_then_pause);
}

static void thread_late_key(void)
{
	start(late_key_then_pause);
}

static void main_key(void)
{
	set_key(1);
}

static void main_late_key(void)
{
	set_key(100);
}

static void *end_with_frame(void *arg)
{
	struct ctx *volatile mine = with_timer();

	put_last();
	use(mine);
	return arg;
}

static void thread_ended(void)
{
	pthread_t thread;

	MUST(pthread_create(&thread, NULL, end_with_frame, NULL) == 0);
	pthread_join(thread, NULL);
	put_last();
}

/* ---- the end -------------------------------------------------------------------------------- */

static void (*volatile leave)(int) = exit;

static NOINLINE void do_leave(void)
{
	leave(0);
}

static void frame_above_exit(void)
{
	struct ctx *volatile mine = with_timer();

	put_last();
	do_leave();
	use(mine);
}

static void frame_above__exit(void)
{
	leave = _exit;
	frame_above_exit();
}

static void frame_above_quick_exit(void)
{
	leave = quick_exit;
	frame_above_exit();
}

static void *frame_then_exit(void *arg)
{
	frame_above_exit();
	return arg;
}

static void thread_exits(void)
{
	start(frame_then_exit);
	pause();
}

/* Main waits in pause by then. */
static void *only_exit(void *arg)
{
	usleep(150000);
	do_leave();
	return arg;
}

static void main_waits_while_thread_exits(void)
{
	struct ctx *volatile mine = with_timer();

	put_last();
	start(only_exit);
	pause();
	use(mine);
}

static struct ctx *volatile for_main;

static void main_returned(void)
{
	for_main = with_timer();
	put_last();
}

/* ---- storage that does not count ------------------------------------------------------------ */

static void only_freed_block(void)
{
	static struct ctx **volatile table;

	MUST((table = calloc(100, sizeof(*table))) != NULL);
	table[50] = with_timer();
	put_last();
	free(table);
}

static void in_mapping(int flags, struct ctx *c)
{
	struct ctx **m = mmap(NULL, 4096, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);

	MUST(m != MAP_FAILED);
	m[100] = c;
	put_last();
}

static void only_mapping(void)
{
	in_mapping(MAP_PRIVATE, with_timer());
}

static void only_shared_mapping(void)
{
	in_mapping(MAP_SHARED, with_timer());
}

static void only_mapping_through_block(void)
{
	struct ctx *c = new_ctx();

	c->next = with_timer();
	in_mapping(MAP_PRIVATE, c);
}

/* ---- freed inside exit ---------------------------------------------------------------------- */

static timer_t handle;

static void free_list(void)
{
	struct ctx *next;

	for (struct ctx *c = head; c; c = next) {
		next = c->next;
		free(c);
	}
}

static int free_late;

static void __attribute__((destructor)) free_last(void)
{
	if (free_late)
		free_list();
}

static void exit_frees_holder(void)
{
	head = with_timer();
	atexit(free_list);
}

static void exit_frees_list(void)
{
	head = make_own_payloads();
	arm_list(head);
	atexit(free_list);
}

static void destructor_frees_holder(void)
{
	head = with_timer();
	free_late = 1;
}

static void exit_frees_payload(void)
{
	head = new_ctx();
	make_for(&handle, head);
	arm(handle);
	atexit(free_list);
}

static void exit_frees_payload_of_lost(void)
{
	timer_t t;

	head = new_ctx();
	make_for(&t, head);
	arm(t);
	atexit(free_list);
}

static const struct test_case cases[] = {
    CASE(list_held),
    CASE(list_held_armed),
    CASE(list_lost),
    CASE(list_lost_armed),
    CASE(list_lost_circular),
    CASE(list_lost_own_payloads),
    CASE(list_lost_own_payloads_unarmed),
    CASE(list_held_own_payloads),
    CASE(payload_leads),
    CASE(payload_leads_elsewhere),
    CASE(last_of_heap),
    CASE(lost_thread_unarmed),
    CASE(lost_thread_armed),
    CASE(thread_pause),
    CASE(thread_read),
    CASE(thread_sem_wait),
    CASE(thread_spinning),
    CASE(thread_tls),
    CASE(main_tls),
    CASE(thread_key),
    CASE(thread_late_key),
    CASE(main_key),
    CASE(main_late_key),
    CASE(thread_ended),
    CASE(frame_above_exit),
    CASE(frame_above__exit),
    CASE(frame_above_quick_exit),
    CASE(thread_exits),
    CASE(main_waits_while_thread_exits),
    CASE(main_returned),
    CASE(only_freed_block),
    CASE(only_mapping),
    CASE(only_shared_mapping),
    CASE(only_mapping_through_block),
    CASE(exit_frees_holder),
    CASE(exit_frees_list),
    CASE(destructor_frees_holder),
    CASE(exit_frees_payload),
    CASE(exit_frees_payload_of_lost),
};

int main(int argc, char **argv)
{
	int rc = RUN_CASE(cases, argc, argv);
	struct ctx *volatile mine = for_main;

	for_main = NULL;
	return mine ? 0 : rc;
}
