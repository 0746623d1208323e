/* SPDX-License-Identifier: MIT */
/*
 * count_faults COMMAND...: runs it, and says how often it and its children came into the kernel
 * because a page was not there. Not ru_minflt, which counts the pages that were asked for too.
 * Status 77: the kernel does not count for us. $COUNTED_PRELOAD becomes the command's LD_PRELOAD.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int begin_count(pid_t pid)
{
	struct perf_event_attr attr = {
	    .type = PERF_TYPE_SOFTWARE,
	    .size = sizeof(attr),
	    .config = PERF_COUNT_SW_PAGE_FAULTS,
	    .disabled = 1,
	    .inherit = 1,
	    .enable_on_exec = 1,
	    .exclude_kernel = 1,
	};

	return (int)syscall(SYS_perf_event_open, &attr, pid, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

static void run(int begun, char **command)
{
	const char *preload = getenv("COUNTED_PRELOAD");
	char go;

	if (read(begun, &go, 1) != 1)
		_exit(127);
	close(begun);
	if (preload)
		setenv("LD_PRELOAD", preload, 1);
	execvp(command[0], command);
	_exit(127);
}

int main(int argc, char **argv)
{
	int begin[2], events, status;
	uint64_t faults = 0;
	pid_t pid;

	if (argc < 2 || pipe(begin) || (pid = fork()) < 0)
		return 2;
	if (pid == 0) {
		close(begin[1]);
		run(begin[0], argv + 1);
	}
	close(begin[0]);
	events = begin_count(pid);
	if (events >= 0 && write(begin[1], "", 1) != 1)
		return 2;
	close(begin[1]);
	if (waitpid(pid, &status, 0) != pid)
		return 2;
	if (events < 0)
		return 77;
	if (!WIFEXITED(status) || WEXITSTATUS(status) ||
	    read(events, &faults, sizeof(faults)) != sizeof(faults))
		return 2;
	printf("%llu\n", (unsigned long long)faults);
	return 0;
}
