/* SPDX-License-Identifier: MIT */
/*
 * C++: exceptions through frames that own timers, and a timer that a static object's destructor
 * deletes after main. One is leaked from a template. A thread that is cancelled inside a call of
 * ours unwinds through our frames, and its objects go as well.
 */
#include <csignal>
#include <cstdio>
#include <ctime>
#include <pthread.h>
#include <stdexcept>
#include <sys/timerfd.h>
#include <unistd.h>

struct owned_fd {
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	~owned_fd()
	{
		close(fd);
	}
};

struct static_timer {
	timer_t timer;
	static_timer()
	{
		timer_create(CLOCK_MONOTONIC, nullptr, &timer);
	}
	~static_timer()
	{
		timer_delete(timer);
	}
};

static static_timer at_exit;

namespace demo
{
template <typename T> __attribute__((noinline)) T leak(T value)
{
	timer_t t;
	sigevent ev = {};

	ev.sigev_notify = SIGEV_NONE;
	timer_create(CLOCK_MONOTONIC, &ev, &t); /* LEAK */
	return value;
}
} // namespace demo

static void throw_with_timer(int n)
{
	owned_fd fd;

	throw std::runtime_error(n % 2 ? "odd" : "even");
}

static int unwound;

struct counted {
	owned_fd fd;
	~counted()
	{
		unwound++;
	}
};

static void *read_for_ever(void *arg)
{
	counted object;
	char ticks[8];

	(void)!read(object.fd.fd, ticks, sizeof(ticks)); /* never armed */
	return arg;
}

static void cancel_in_read()
{
	pthread_t thread;

	pthread_create(&thread, nullptr, read_for_ever, nullptr);
	usleep(20000);
	pthread_cancel(thread);
	pthread_join(thread, nullptr);
	std::printf("%d unwound\n", unwound);
}

int main()
{
	int caught = 0;

	for (int i = 0; i < 1000; i++) {
		try {
			throw_with_timer(i);
		} catch (const std::exception &) {
			caught++;
		}
	}
	std::printf("%d caught\n", demo::leak(caught));
	cancel_in_read();
	return 0;
}
