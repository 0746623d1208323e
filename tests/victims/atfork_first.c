/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -pthread -latfork -Wl,-rpath,$ORIGIN */
/* Forks while another thread is in a library that has fork handlers of its own (libatfork.c). */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cases.h"

#define FORKS 50

void atfork_tick(void);

static atomic_bool done;

static void *tick(void *arg)
{
	while (!done)
		atfork_tick();
	return arg;
}

int main(void)
{
	pthread_t thread;
	int status, good = 0;

	MUST(pthread_create(&thread, NULL, tick, NULL) == 0);
	for (int i = 0; i < FORKS; i++) {
		pid_t pid = fork();

		MUST(pid >= 0);
		if (!pid) {
			atfork_tick();
			exit(0);
		}
		good += waitpid(pid, &status, 0) == pid && status == 0;
	}
	done = true;
	pthread_join(thread, NULL);
	printf("%d children\n", good);
	return good != FORKS;
}
