/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -fno-builtin */
/*
 * A child whose first allocation is setenv's, of an environment that has to move: while that is
 * going on, environ points to memory that is free.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "cases.h"

extern char **environ;

static void child(int i)
{
	char name[16];

	snprintf(name, sizeof(name), "new%d", i);
	_exit(setenv(name, "1", 1) ? 1 : 0);
}

int main(void)
{
	static char *few[] = {"A=1", "B=2", NULL};
	char name[16];

	environ = few;
	for (int i = 0; i < 8; i++) { /* every other time there is room for one more */
		int status;
		pid_t pid;

		snprintf(name, sizeof(name), "old%d", i);
		MUST(setenv(name, "1", 1) == 0 && malloc(100) != NULL);
		MUST((pid = fork()) >= 0);
		if (pid == 0)
			child(i);
		MUST(waitpid(pid, &status, 0) == pid && status == 0);
	}
	puts("moved");
	return 0;
}
