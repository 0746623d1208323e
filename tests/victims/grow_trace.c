/* SPDX-License-Identifier: MIT */
/*
 * grow_trace HOW: one timer, then what HOW says, then 3,000 timers more, none of which is stopped.
 *
 *   alone     nothing
 *   thread    a second thread
 *   clone     one that libc knows nothing of
 *   early     the same, before all constructors
 *   limited   no file may be written to any more
 *   replaced  the trace is moved away, and something precious lies under its name
 */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"

enum { MORE = 3000, STACK = 65536 };

static const char precious[] = "precious\n";
static char place[4096];

static void make_timer(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	timer_t t;

	MUST(timer_create(CLOCK_MONOTONIC, &ev, &t) == 0);
}

static void *wait_for_ever(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static int waiting(void *arg)
{
	wait_for_ever(arg);
	return 0;
}

static void make_unknown_thread(void)
{
	char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	MUST(stack != MAP_FAILED);
	MUST(clone(waiting, stack + STACK,
		   CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
		   NULL) > 0);
}

/* Before the preload has been told of anything. */
static void make_it_early(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "early"))
		make_unknown_thread();
}

__attribute__((section(".preinit_array"),
	       used)) static void (*const early)(int, char **) = make_it_early;

static void forbid_files(void)
{
	struct rlimit limit;

	MUST(getrlimit(RLIMIT_FSIZE, &limit) == 0);
	limit.rlim_cur = 4096;
	MUST(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

static void find_trace(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *entry;

	MUST(d);
	while ((entry = readdir(d)))
		if (strstr(entry->d_name, ".tlk"))
			snprintf(place, sizeof(place), "%s/%s", dir, entry->d_name);
	closedir(d);
	MUST(place[0]);
}

static void replace(const char *dir)
{
	char away[sizeof(place) + 8];
	int fd;

	find_trace(dir);
	snprintf(away, sizeof(away), "%s.away", place);
	MUST(rename(place, away) == 0);
	fd = open(place, O_WRONLY | O_CREAT | O_EXCL, 0600);
	MUST(fd >= 0 && write(fd, precious, sizeof(precious)) == sizeof(precious));
	close(fd);
}

static void is_still_there(void)
{
	char there[64] = "";
	int fd = open(place, O_RDONLY);

	MUST(fd >= 0 && read(fd, there, sizeof(there)) == sizeof(precious));
	MUST(memcmp(there, precious, sizeof(precious)) == 0);
	close(fd);
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "alone";
	pthread_t thread;

	make_timer();
	if (!strcmp(how, "thread"))
		MUST(pthread_create(&thread, NULL, wait_for_ever, NULL) == 0);
	else if (!strcmp(how, "clone"))
		make_unknown_thread();
	else if (!strcmp(how, "limited"))
		forbid_files();
	else if (!strcmp(how, "replaced"))
		replace(argc > 2 ? argv[2] : "");
	for (int i = 0; i < MORE; i++)
		make_timer();
	if (place[0])
		is_still_there();
	return 0;
}
