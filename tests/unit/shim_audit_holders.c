/* SPDX-License-Identifier: MIT */
/* Unit tests of the audit: who still holds the handle of a POSIX timer. */
#include "audit_fake.h"
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static timer_t in_data = (timer_t)1;
static timer_t in_bss;
static __thread timer_t in_tls;

static struct tl_timer *at(timer_t *place)
{
	return fake_posix_at(place, TL_NOTIFY_SIGNAL, SIGUSR1);
}

static void test_static(void **state)
{
	struct tl_timer *data = at(&in_data), *bss = at(&in_bss), *over;
	static timer_t overwritten;

	(void)state;
	over = at(&overwritten);
	overwritten = (timer_t)0x7777;
	tl_audit_run();
	assert_int_equal(more_of(data)->holder, TL_HOLDER_STATIC);
	assert_int_equal(more_of(data)->holder_module, 7);
	assert_int_equal(more_of(bss)->holder, TL_HOLDER_STATIC);
	assert_int_equal(more_of(bss)->holder_offset - more_of(data)->holder_offset,
			 (uintptr_t)&in_bss - (uintptr_t)&in_data);
	assert_int_equal(more_of(over)->holder, TL_HOLDER_NONE);
	assert_true(fake_header.evidence & TL_EV_HOLDERS);
}

/* A client of glibc 2.2.5 has room for an int; what lies behind it is another's. */
static void test_int_place(void **state)
{
	static int place[2];
	struct tl_timer *t = fake_posix(TL_NOTIFY_SIGNAL, SIGUSR1, 0, 0);

	(void)state;
	place[0] = (int)t->id;
	place[1] = 0x55;
	t->place = (uint64_t)(uintptr_t)place;
	tl_audit_run();
	assert_int_equal(more_of(t)->holder, TL_HOLDER_NONE);
	t->flags |= TL_F_INT_PLACE | TL_F_RAW;
	tl_audit_run();
	assert_int_equal(more_of(t)->holder, TL_HOLDER_STATIC);
}

static void test_heap_own_frame_and_nowhere(void **state)
{
	timer_t *heap = malloc(sizeof(*heap)), frame;
	timer_t *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct tl_timer *t[] = {at(heap), at(&frame), at(map)};

	(void)state;
	munmap(map, 4096);
	tl_audit_run();
	free(heap);
	for (int i = 0; i < 3; i++)
		assert_int_equal(more_of(t[i])->holder, TL_HOLDER_NONE);
}

/* ---- threads ----------------------------------------------------------------------------------
 */

enum what { IDLE, BUSY, ENDED };

struct worker {
	enum what what;
	struct tl_timer *tls, *frame, *returned, *map;
	uint32_t tid;
	uint32_t ready, stop;
};

/* Far below the frames that stay, so that nothing writes over it. */
static __attribute__((noinline)) void create_in_frame_that_ends(struct worker *w)
{
	char deep[16384];
	timer_t *place = (timer_t *)(void *)(((uintptr_t)deep + 1024) & ~(uintptr_t)15);

	__asm__ volatile("" : : "r"(deep) : "memory");
	w->returned = at(place);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	timer_t frame;

	w->tid = (uint32_t)tl_sys_gettid();
	create_in_frame_that_ends(w);
	w->tls = at(&in_tls);
	w->frame = at(&frame);
	tl_store_release(&w->ready, 1);
	while (w->what == BUSY && !tl_load(&w->stop))
		__asm__ volatile("" : : "r"(&frame) : "memory");
	while (w->what == IDLE && !tl_load(&w->stop))
		usleep(1000000);
	return NULL;
}

static void with_worker(struct worker *w)
{
	/* Made before the stack it lies above it, as a rule. */
	timer_t *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_t thread;

	w->map = at(map);
	pthread_create(&thread, NULL, work, w);
	while (!tl_load_acquire(&w->ready))
		fake_sleep_ms(1);
	fake_sleep_ms(5);
	if (w->what == ENDED)
		pthread_join(thread, NULL);
	/* On a busy machine it takes a while until an idle thread is seen to be that. */
	for (int i = 0; i == 0 || (i < 50 && w->what == IDLE && more_of(w->returned)->holder);
	     i++) {
		fake_sleep_ms(5);
		tl_audit_run();
	}
	tl_store(&w->stop, 1);
	if (w->what != ENDED)
		pthread_join(thread, NULL);
	munmap(map, 4096);
}

static void test_idle_thread(void **state)
{
	struct worker w = {.what = IDLE};

	(void)state;
	with_worker(&w);
	assert_int_equal(more_of(w.tls)->holder, TL_HOLDER_TLS);
	assert_int_equal(more_of(w.tls)->holder_tid, w.tid);
	assert_int_equal(more_of(w.frame)->holder, TL_HOLDER_FRAME);
	assert_int_equal(more_of(w.frame)->holder_tid, w.tid);
	assert_int_equal(more_of(w.returned)->holder, TL_HOLDER_NONE);
	assert_int_equal(more_of(w.map)->holder, TL_HOLDER_NONE);
}

static void test_running_thread(void **state)
{
	struct worker w = {.what = BUSY};

	(void)state;
	with_worker(&w);
	assert_int_equal(more_of(w.tls)->holder, TL_HOLDER_TLS);
	assert_int_equal(more_of(w.frame)->holder, TL_HOLDER_FRAME);
	assert_int_equal(more_of(w.frame)->holder_tid, w.tid);
}

static void test_ended_thread(void **state)
{
	struct worker w = {.what = ENDED};

	(void)state;
	with_worker(&w);
	assert_int_equal(more_of(w.tls)->holder, TL_HOLDER_NONE);
	assert_int_equal(more_of(w.frame)->holder, TL_HOLDER_NONE);
}

static void test_own_tls(void **state)
{
	struct tl_timer *t = at(&in_tls);

	(void)state;
	tl_audit_run();
	assert_int_equal(more_of(t)->holder, TL_HOLDER_TLS);
	assert_int_equal(more_of(t)->holder_tid, tl_sys_gettid());
}

/* The thread that ends the process is another than main: main's frame is one that lives. */
static void *audit_here(void *arg)
{
	timer_t frame;
	struct tl_timer **own = arg;

	*own = at(&frame);
	fake_sleep_ms(20);
	tl_audit_run();
	return NULL;
}

static void test_frame_of_main(void **state)
{
	timer_t frame;
	struct tl_timer *t = at(&frame), *own;
	pthread_t thread;

	(void)state;
	pthread_create(&thread, NULL, audit_here, &own);
	pthread_join(thread, NULL);
	assert_int_equal(more_of(t)->holder, TL_HOLDER_FRAME);
	assert_int_equal(more_of(t)->holder_tid, tl_sys_getpid());
	assert_int_equal(more_of(own)->holder, TL_HOLDER_NONE);
}

#define tl_test(f) cmocka_unit_test_setup_teardown(f, fake_reset, fake_reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    tl_test(test_static),
	    tl_test(test_int_place),
	    tl_test(test_heap_own_frame_and_nowhere),
	    tl_test(test_idle_thread),
	    tl_test(test_running_thread),
	    tl_test(test_ended_thread),
	    tl_test(test_own_tls),
	    tl_test(test_frame_of_main),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
