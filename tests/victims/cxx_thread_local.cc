// SPDX-License-Identifier: MIT
// Objects of each thread that own a timer, main's too: their destructors stop it.
#include <csignal>
#include <cstdio>
#include <ctime>
#include <thread>
#include <vector>

namespace
{

struct Timer {
	timer_t id;

	Timer()
	{
		sigevent ev{};

		ev.sigev_notify = SIGEV_NONE;
		if (timer_create(CLOCK_MONOTONIC, &ev, &id) != 0)
			std::perror("timer_create");
	}
	~Timer()
	{
		timer_delete(id);
	}
};

thread_local Timer own;

void arm()
{
	itimerspec minute{};

	minute.it_value.tv_sec = 60;
	timer_settime(own.id, 0, &minute, nullptr);
}

} // namespace

int main()
{
	std::vector<std::thread> threads;

	arm();
	for (int i = 0; i < 4; i++)
		threads.emplace_back(arm);
	for (auto &thread : threads)
		thread.join();
	return 0;
}
