/* SPDX-License-Identifier: MIT */
/* Descriptors that travel: over a socket (man 7 unix), and by pidfd_getfd (man 2). */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"

static const struct itimerspec minute = {.it_value.tv_sec = 60};
static const struct itimerspec soon = {.it_value.tv_nsec = 1000000};

static int make(const struct itimerspec *when)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, 0); /* MAKE */

	MUST(fd >= 0 && timerfd_settime(fd, 0, when, NULL) == 0);
	return fd;
}

/* ---- over a socket -------------------------------------------------------------------------- */

enum how { SENDMSG, SENDMMSG, RAW_SENDMSG };

union control {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(int))];
};

static struct msghdr message_for(union control *control, struct iovec *part)
{
	static char byte;

	*part = (struct iovec){&byte, 1};
	return (struct msghdr){.msg_iov = part,
			       .msg_iovlen = 1,
			       .msg_control = control,
			       .msg_controllen = sizeof(*control)};
}

static void give(int to, int fd, enum how how)
{
	union control control = {.head = {.cmsg_len = CMSG_LEN(sizeof(fd)),
					  .cmsg_level = SOL_SOCKET,
					  .cmsg_type = SCM_RIGHTS}};
	struct iovec part;
	struct mmsghdr one = {.msg_hdr = message_for(&control, &part)};

	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	if (how == SENDMSG)
		MUST(sendmsg(to, &one.msg_hdr, 0) == 1);
	else if (how == SENDMMSG)
		MUST(sendmmsg(to, &one, 1, 0) == 1);
	else
		MUST(syscall(SYS_sendmsg, to, &one.msg_hdr, 0) == 1);
}

static int take(int from)
{
	union control control;
	struct iovec part;
	struct msghdr message = message_for(&control, &part);
	int fd;

	MUST(recvmsg(from, &message, 0) == 1);
	MUST(control.head.cmsg_type == SCM_RIGHTS);
	memcpy(&fd, CMSG_DATA(&control.head), sizeof(fd));
	return fd;
}

static int pair[2];

static void sent_unread(enum how how)
{
	int fd = make(&soon);

	give(pair[0], fd, how);
	poll(NULL, 0, 200);
}

static void kept_sendmsg(void)
{
	sent_unread(SENDMSG);
}

static void kept_sendmmsg(void)
{
	sent_unread(SENDMMSG);
}

static void kept_by_number(void)
{
	sent_unread(RAW_SENDMSG);
}

static void sent_and_closed(void)
{
	int fd = make(&minute);

	give(pair[0], fd, SENDMSG);
	MUST(close(fd) == 0);
}

static void came_back(void)
{
	sent_and_closed();
	take(pair[1]);
}

static void copy_came_back(void)
{
	give(pair[0], make(&minute), SENDMSG);
	take(pair[1]);
}

static void all_closed(void)
{
	int fd = make(&minute);

	give(pair[0], fd, SENDMSG);
	MUST(close(take(pair[1])) == 0 && close(fd) == 0);
}

/* ---- between processes ---------------------------------------------------------------------- */

/* The child is forked before any timer is made: it inherits none. */
static pid_t child(void (*fn)(void))
{
	pid_t pid = fork();

	MUST(pid >= 0);
	if (pid)
		return pid;
	fn();
	exit(0);
}

static void reap(pid_t pid)
{
	int status;

	MUST(waitpid(pid, &status, 0) == pid && status == 0);
}

static void take_other(void)
{
	take(pair[1]);
}

static void from_child(void)
{
	pid_t pid = child(sent_and_closed);

	take(pair[1]);
	reap(pid);
}

static void to_child(void)
{
	pid_t pid = child(take_other);

	sent_and_closed();
	reap(pid);
}

/* ---- pidfd_getfd ---------------------------------------------------------------------------- */

static int steal(pid_t pid, int fd)
{
	int process = (int)syscall(SYS_pidfd_open, pid, 0), got;

	MUST(process >= 0);
	got = (int)syscall(SYS_pidfd_getfd, process, fd, 0);
	if (got < 0 && (errno == EPERM || errno == ENOSYS))
		skip("pidfd_getfd is not allowed here");
	MUST(got >= 0 && close(process) == 0);
	return got;
}

static void own_copy(void)
{
	steal(getpid(), make(&minute));
}

static void say(int value)
{
	MUST(write(pair[0], &value, sizeof(value)) == sizeof(value));
}

static int hear(void)
{
	int value;

	MUST(read(pair[1], &value, sizeof(value)) == sizeof(value));
	return value;
}

static void make_and_close(void)
{
	int fd = make(&minute);

	say(fd);
	pause(); /* until it is killed */
}

static void taken_from_child(void)
{
	pid_t pid = child(make_and_close);

	steal(pid, hear());
	MUST(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
}

static void drain_parents(void)
{
	uint64_t ticks;

	MUST(read(steal(getppid(), hear()), &ticks, sizeof(ticks)) == 8);
}

/* Read elsewhere: nothing is left unread here. */
static void taken_by_child(void)
{
	pid_t pid = child(drain_parents);

	say(make(&soon));
	reap(pid);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
	    CASE(kept_sendmsg), CASE(kept_sendmmsg),  CASE(kept_by_number),   CASE(sent_and_closed),
	    CASE(came_back),	CASE(copy_came_back), CASE(all_closed),	      CASE(from_child),
	    CASE(to_child),	CASE(own_copy),	      CASE(taken_from_child), CASE(taken_by_child),
	};

	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	return RUN_CASE(cases, argc, argv);
}
