/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -pthread -fno-builtin -Wl,-rpath,$ORIGIN */
/*
 * heap_storm forks SECONDS     threads hand blocks to each other, a handler interrupts them every
 *                              millisecond, and main forks; children allocate and free too
 * heap_storm loads N           a library is loaded and unloaded while threads allocate
 * heap_storm threads N         N threads come and go; says how the process grew meanwhile
 *
 * A child that does not end within 10 s is killed and counted: a lock was held when it was forked.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"

#define SLOTS 1024
#define BUSY  8

static _Atomic(void *) slots[SLOTS];
static atomic_int stop;

static uint64_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

/* What was in a slot is freed by whoever finds it. */
static void swap_blocks(uint64_t *random, int times)
{
	for (int i = 0; i < times; i++) {
		size_t size = (size_t)1 << next_random(random) % 16;
		char *block = malloc(size);

		MUST(block != NULL);
		block[size - 1] = 1;
		free(atomic_exchange(&slots[next_random(random) % SLOTS], block));
	}
}

static void *busy(void *arg)
{
	uint64_t random = (uintptr_t)arg;

	while (!stop)
		swap_blocks(&random, 100);
	return arg;
}

static void start(pthread_t *t, int n)
{
	for (int i = 0; i < n; i++)
		MUST(pthread_create(&t[i], NULL, busy, (void *)(uintptr_t)(i + 1)) == 0);
}

static void join(const pthread_t *t, int n)
{
	stop = 1;
	for (int i = 0; i < n; i++)
		pthread_join(t[i], NULL);
}

/* ---- forks ---------------------------------------------------------------------------------- */

static timer_t ticker, other;
static atomic_long ticks;

static void on_tick(int signo)
{
	struct itimerspec value = {.it_value.tv_sec = 60};

	(void)signo;
	timer_gettime(ticker, &value);
	timer_settime(other, 0, &value, NULL);
	ticks++;
}

/* Main has the signal blocked, so it is the allocating threads that are interrupted. */
static void start_ticking(void)
{
	struct itimerspec every = {{0, 1000000}, {0, 1000000}};
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
	struct sigevent none = {.sigev_notify = SIGEV_NONE};
	struct sigaction action = {.sa_handler = on_tick, .sa_flags = SA_RESTART};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigaction(SIGRTMIN, &action, NULL);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	MUST(timer_create(CLOCK_MONOTONIC, &none, &other) == 0);
	MUST(timer_create(CLOCK_MONOTONIC, &ev, &ticker) == 0);
	MUST(timer_settime(ticker, 0, &every, NULL) == 0);
}

static int ends_well(pid_t child)
{
	int status;

	for (int ms = 0; ms < 10000; ms++, usleep(1000))
		if (waitpid(child, &status, WNOHANG) == child)
			return status == 0;
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	return 0;
}

static void in_child(void)
{
	uint64_t random = 12345;

	swap_blocks(&random, 200);
	for (int i = 0; i < SLOTS; i++)
		free(slots[i]);
	_exit(0);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int forks(long seconds)
{
	double end = now() + (double)seconds;
	int made = 0, good = 0;
	pthread_t t[BUSY];

	start(t, BUSY);
	start_ticking();
	while (now() < end && good == made) {
		pid_t child = fork();

		if (child == 0)
			in_child();
		made++;
		good += ends_well(child);
		usleep(10000);
	}
	timer_delete(ticker);
	join(t, BUSY);
	timer_delete(other);
	if (good == made)
		printf("all children well, ticks %s\n", ticks ? "seen" : "missed");
	else
		printf("%d of %d children well\n", good, made);
	return good != made;
}

/* ---- loads ---------------------------------------------------------------------------------- */

static int loads(long n)
{
	pthread_t t[2];

	start(t, 2);
	for (long i = 0; i < n; i++) {
		void *library = dlopen("libsmall.so", RTLD_NOW | RTLD_LOCAL);
		int (*run)(void);

		MUST(library != NULL);
		*(void **)&run = dlsym(library, "plugin_run");
		MUST(run() == 0);
		MUST(dlclose(library) == 0);
	}
	join(t, 2);
	printf("loaded %ld times\n", n);
	return 0;
}

/* ---- threads -------------------------------------------------------------------------------- */

static void *one_block(void *arg)
{
	char *block = malloc(65536);

	MUST(block != NULL);
	block[1000] = 1;
	free(block);
	return arg;
}

static long resident_kib(void)
{
	char line[256];
	long kib = -1;
	FILE *f = fopen("/proc/self/status", "re");

	MUST(f != NULL);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "VmRSS: %ld", &kib) == 1)
			break;
	fclose(f);
	return kib;
}

static void come_and_go(void)
{
	pthread_t t[4];

	for (int i = 0; i < 4; i++)
		MUST(pthread_create(&t[i], NULL, one_block, NULL) == 0);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
}

static int threads(long n)
{
	long early = 0;

	for (long i = 0; i < n; i += 4) {
		if (!early && i >= n / 10)
			early = resident_kib();
		come_and_go();
	}
	printf("grown by %ld KiB\n", resident_kib() - early);
	return 0;
}

int main(int argc, char **argv)
{
	long n = argc > 2 ? strtol(argv[2], NULL, 10) : 1;

	if (argc > 1 && !strcmp(argv[1], "forks"))
		return forks(n);
	if (argc > 1 && !strcmp(argv[1], "loads"))
		return loads(n);
	if (argc > 1 && !strcmp(argv[1], "threads"))
		return threads(n);
	return 2;
}
