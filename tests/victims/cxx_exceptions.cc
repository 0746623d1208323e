/* SPDX-License-Identifier: MIT */
/*
 * C++: exceptions through frames that own timers, and a timer that a static object's destructor
 * deletes after main. One is leaked from a template.
 */
#include <csignal>
#include <cstdio>
#include <ctime>
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
	return 0;
}
