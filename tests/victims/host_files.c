/* SPDX-License-Identifier: MIT */
/*
 * Programs that treat their descriptors badly, and leave one timer each.
 */
#include <fcntl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"

static NOINLINE void make(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	timer_t t;

	MUST(timer_create(CLOCK_MONOTONIC, &ev, &t) == 0); /* MAKE */
}

static void leave(void)
{
	make();
	puts("left one");
}

static void close_all_then_make(void)
{
	for (int fd = 0; fd < 1024; fd++)
		close(fd);
	make();
}

static void make_then_close_all(void)
{
	make();
	for (int fd = 0; fd < 1024; fd++)
		close(fd);
}

static void close_range_all(void)
{
	make();
	close_range(0, ~0U, 0);
}

/* What was standard error is now the program's data. */
static void stderr_is_data(void)
{
	const char *path = getenv("DATA_FILE");

	make();
	close(2);
	MUST(path && open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600) == 2);
	MUST(write(2, "data\n", 5) == 5);
}

/* As coreutils do it in an exit handler. */
static void close_stderr(void)
{
	fclose(stderr);
}

static void stderr_closed_at_exit(void)
{
	make();
	atexit(close_stderr);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
	    CASE(leave),	   CASE(close_all_then_make), CASE(make_then_close_all),
	    CASE(close_range_all), CASE(stderr_is_data),      CASE(stderr_closed_at_exit),
	};

	return RUN_CASE(cases, argc, argv);
}
