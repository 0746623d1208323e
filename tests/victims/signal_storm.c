/* SPDX-License-Identifier: MIT */
/*
 * signal_storm [ms]: a handler at 20 kHz that sets, asks, reads, copies and closes, while main
 * calls every function that the shim stands in for. All that is made is stopped again; prints how
 * many rounds it came to.
 */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"

static const struct itimerspec minute = {.it_value.tv_sec = 60};
static const struct itimerspec soon = {.it_value.tv_nsec = 1};
static const struct timespec none;
static timer_t driver, other;
static int fd, epoll, pair[2];
static volatile sig_atomic_t signals;

static void on_tick(int sig)
{
	int saved = errno, copy;
	struct itimerspec now;
	uint64_t ticks;

	(void)sig;
	timer_settime(other, 0, &minute, NULL);
	timer_gettime(other, &now);
	timer_getoverrun(driver);
	if (read(fd, &ticks, sizeof(ticks)) < 0)
		timerfd_settime(fd, 0, &soon, NULL);
	copy = dup(fd);
	if (copy >= 0)
		close(copy);
	signals++;
	errno = saved;
}

static int new_fd(void)
{
	int f = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	MUST(f >= 0);
	return f;
}

/* ---- what main calls ----------------------------------------------------------------------- */

static void posix(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	struct itimerspec now;
	timer_t t;

	MUST(timer_create(CLOCK_MONOTONIC, &ev, &t) == 0);
	MUST(timer_settime(t, 0, &minute, &now) == 0);
	MUST(timer_gettime(t, &now) == 0 && timer_getoverrun(t) == 0);
	MUST(timer_delete(t) == 0);
}

static void raw_posix(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	int id;

	MUST(syscall(SYS_timer_create, CLOCK_MONOTONIC, &ev, &id) == 0);
	MUST(syscall(SYS_timer_settime, id, 0, &minute, NULL) == 0);
	MUST(syscall(SYS_timer_delete, id) == 0);
}

static void drains(void)
{
	int f = new_fd();
	uint64_t ticks;
	struct iovec part = {&ticks, sizeof(ticks)};
	struct itimerspec now;

	for (int i = 0; i < 3; i++) {
		MUST(timerfd_settime(f, 0, &soon, NULL) == 0 && timerfd_gettime(f, &now) == 0);
		if (i == 0)
			(void)!read(f, &ticks, sizeof(ticks));
		else if (i == 1)
			(void)!readv(f, &part, 1);
		else
			(void)!preadv2(f, &part, 1, -1, 0);
	}
	MUST(close(f) == 0);
}

static void copies(void)
{
	int f = new_fd(), to = dup(f);

	MUST(to >= 0 && dup2(f, to) == to && dup3(f, to, O_CLOEXEC) == to && close(to) == 0);
	to = fcntl(f, F_DUPFD_CLOEXEC, 100);
	MUST(to >= 100 && close_range((unsigned)to, (unsigned)to, 0) == 0);
	MUST(close(f) == 0);
}

static void streams(void)
{
	FILE *stream = fdopen(new_fd(), "r");

	MUST(stream && fclose(stream) == 0);
	stream = fdopen(new_fd(), "r");
	MUST(stream);
	stream = freopen("/dev/null", "r", stream);
	MUST(stream && fclose(stream) == 0);
}

static void sent(void)
{
	char byte = 0, space[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec part = {&byte, 1};
	struct msghdr m = {.msg_iov = &part,
			   .msg_iovlen = 1,
			   .msg_control = space,
			   .msg_controllen = sizeof(space)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	int f = new_fd();

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(f));
	memcpy(CMSG_DATA(c), &f, sizeof(f));
	MUST(sendmsg(pair[0], &m, 0) == 1);
	MUST(recv(pair[1], &byte, 1, 0) == 1); /* the kernel drops what came along */
	MUST(close(f) == 0);
}

static void waits(void)
{
	struct epoll_event event = {.events = EPOLLIN};
	struct pollfd p = {.events = POLLIN};
	struct timeval zero = {0, 0};
	int f = p.fd = new_fd();
	fd_set set;

	MUST(epoll_ctl(epoll, EPOLL_CTL_ADD, f, &event) == 0);
	epoll_wait(epoll, &event, 1, 0);
	epoll_pwait(epoll, &event, 1, 0, NULL);
	poll(&p, 1, 0);
	ppoll(&p, 1, &none, NULL);
	FD_ZERO(&set);
	FD_SET(f, &set);
	select(f + 1, &set, NULL, NULL, &zero);
	pselect(0, NULL, NULL, NULL, &none, NULL);
	MUST(epoll_ctl(epoll, EPOLL_CTL_DEL, f, NULL) == 0 && close(f) == 0);
}

static void memory(void)
{
	void *aligned, *volatile p = malloc(100);

	p = realloc(p, 5000);
	free(p);
	p = reallocarray(calloc(3, 7), 10, 10);
	MUST(posix_memalign(&aligned, 64, 100) == 0);
	free(aligned);
	free(p);
}

static int count_object(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)info, (void)size;
	++*(int *)data;
	return 0;
}

static void loader(void)
{
	void *library = dlopen("libm.so.6", RTLD_NOW);
	int objects = 0;

	MUST(library && dlclose(library) == 0);
	dl_iterate_phdr(count_object, &objects);
	MUST(objects > 1);
}

static void failing_execs(void)
{
	char *argv[] = {"x", NULL}, *env[] = {NULL};

	MUST(execve("/nonexistent", argv, env) < 0 && execv("/nonexistent", argv) < 0);
	MUST(execvp("/nonexistent", argv) < 0 && execl("/nonexistent", "x", NULL) < 0);
	MUST(execveat(AT_FDCWD, "/nonexistent", argv, env, 0) < 0 && fexecve(-1, argv, env) < 0);
	prctl(PR_GET_DUMPABLE);
	MUST(unshare(0) == 0);
}

static void children(void)
{
	static unsigned round;
	pid_t pid;

	if (round++ % 8)
		return;
	pid = fork();
	if (!pid) {
		posix();
		_exit(0);
	}
	MUST(pid > 0);
	while (waitpid(pid, NULL, 0) < 0)
		MUST(errno == EINTR);
}

static long cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void begin(void)
{
	struct itimerspec khz20 = {{0, 50000}, {0, 50000}};
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
	struct sigevent quiet = {.sigev_notify = SIGEV_NONE};
	struct sigaction action = {.sa_handler = on_tick, .sa_flags = SA_RESTART};

	fd = new_fd();
	MUST((epoll = epoll_create1(EPOLL_CLOEXEC)) >= 0);
	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	MUST(sigaction(SIGRTMIN, &action, NULL) == 0);
	MUST(timer_create(CLOCK_MONOTONIC, &quiet, &other) == 0);
	MUST(timer_create(CLOCK_MONOTONIC, &ev, &driver) == 0);
	MUST(timer_settime(driver, 0, &khz20, NULL) == 0);
}

int main(int argc, char **argv)
{
	static void (*const steps[])(void) = {posix,   raw_posix,     drains,  copies,
					      streams, sent,	      waits,   memory,
					      loader,  failing_execs, children};
	long end = cpu_ms() + (argc > 1 ? atoi(argv[1]) : 500);
	int rounds = 0;

	begin();
	for (; rounds < 3 || cpu_ms() < end; rounds++)
		for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++)
			steps[i]();
	timer_delete(driver);
	timer_delete(other);
	close(fd);
	printf("%d rounds\n", rounds);
	return signals > 0 ? 0 : 1;
}
