/* SPDX-License-Identifier: MIT */
/*
 * audit_fake.h - a trace in static memory under the audit, in place of sink, registry, fdmap and
 * modules. The tests enter real timers into it and read back what the audit found.
 */
#ifndef AUDIT_FAKE_H
#define AUDIT_FAKE_H

#include "../../preload/audit.h"
#include "../../preload/fdmap.h"
#include "../../preload/modules.h"
#include "../../preload/registry.h"
#include "../../preload/sink.h"
#include "../../preload/sys.h"
#include "../../preload/watch.h"
#include <setjmp.h>
#include <signal.h>
#include <time.h>
#include <cmocka.h>

#define FAKE_SLOTS 20000

extern struct tl_header fake_header;
extern uint32_t fake_count;
extern struct tl_site fake_site;
extern uint32_t fake_notes;	    /* notes made */
extern void (*fake_settle)(void);   /* called when the audit asks for what is in flight */
extern bool fake_thread_ids_differ; /* SIGEV_THREAD ids in the table follow another encoding */
extern bool fake_ids_differ;	    /* no id of the table is one of the kernel's */

struct tl_timer *fake_timer(uint32_t index);
/* What the audit found out of it. */
static inline struct tl_timer_more *more_of(const struct tl_timer *t)
{
	return tl_timer_more(t);
}
int fake_reset(void **state); /* a cmocka setup */

/* Make a timer and enter it. The arming is entered too. */
struct tl_timer *fake_posix(int notify, int signo, long first_ns, long interval_ns);
struct tl_timer *fake_posix_at(timer_t *place, int notify, int signo);
struct tl_timer *fake_timerfd(int clock, long first_ns, long interval_ns);
struct tl_timer *fake_enter_fd(int fd, int clock);
void fake_dup(struct tl_timer *t, int fd);
void fake_arm(struct tl_timer *t, long first_ns, long interval_ns);

void fake_register(struct tl_timer *t, int epoll_fd); /* in the table alone */
void fake_close(int fd);			      /* seen: table and kernel */
void fake_delete(struct tl_timer *t);		      /* seen */
void fake_end(void); /* deletes and closes everything that is left */

int fake_fd(const struct tl_timer *t);
bool fake_has(const struct tl_timer *t, uint32_t facts); /* all of them */
void fake_sleep_ms(int ms);

#endif
