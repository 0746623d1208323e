/* SPDX-License-Identifier: MIT */
/* flags: -O1 -g -pthread -fno-builtin -fno-optimize-sibling-calls */
/*
 * Timers of C++ objects, and where these lie: in containers that move them, behind pointers that
 * delete them, in cycles, in storage from each operator new. Most forget their timer.
 */
#include <functional>
#include <map>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "heap.h"

namespace
{

/* Large enough for a list of bins of its own; the name makes the destructor do something. */
struct Forgetful {
	timer_t timer;
	std::string name = "forgets its timer";
	char room[600];

	Forgetful()
	{
		make(&timer);
	}
};

struct Tidy : Forgetful {
	~Tidy()
	{
		MUST(timer_delete(timer) == 0);
	}
};

/* ---- containers ----------------------------------------------------------------------------- */

struct Conn {
	timer_t timer;
	char room[600];
};

std::vector<Conn> conns;

/* Room for 1, 2, 4 and 8: the first four were made in blocks that growing has freed, the last two
 * in the last. Each is found by its moved handle and used. */
void vector_grows()
{
	spend_id_0();
	for (int i = 0; i < 6; i++) {
		conns.emplace_back();
		make(&conns.back().timer);
	}
	MUST(conns.capacity() == 8);
	for (Conn &c : conns)
		arm(c.timer);
}

std::vector<timer_t> handles;

void vector_unused()
{
	spend_id_0();
	for (int i = 0; i < 20; i++) {
		handles.emplace_back();
		make(&handles.back());
	}
}

void vector_of_threads()
{
	for (int i = 0; i < 20; i++) {
		handles.emplace_back();
		make_thread(&handles.back(), nullptr);
	}
}

NOINLINE void drop_vector(std::vector<Conn> *all)
{
	delete all;
}

void vector_destroyed()
{
	spend_id_0();
	auto *all = new std::vector<Conn>;

	for (int i = 0; i < 6; i++) {
		all->emplace_back();
		make(&all->back().timer);
	}
	drop_vector(all);
}

void vector_reserved()
{
	conns.reserve(6);
	for (int i = 0; i < 6; i++) {
		conns.emplace_back();
		make(&conns.back().timer);
	}
}

template <typename T> NOINLINE void drop_all(std::vector<std::unique_ptr<T>> &all)
{
	all.clear(); /* FREE */
}

template <typename T> void make_and_drop(int n)
{
	std::vector<std::unique_ptr<T>> all;

	for (int i = 0; i < n; i++)
		all.push_back(std::make_unique<T>());
	drop_all(all);
}

void unique_forgets()
{
	make_and_drop<Forgetful>(6);
}

void unique_deletes()
{
	make_and_drop<Tidy>(6);
}

using Sessions = std::map<int, Forgetful>;

void add_sessions(Sessions &sessions)
{
	for (int i = 0; i < 5; i++)
		sessions[i];
	put_last();
}

/* Its destructor runs inside exit. */
void map_static()
{
	static Sessions sessions;

	add_sessions(sessions);
}

void map_never_destroyed()
{
	static Sessions *volatile sessions = new Sessions;

	add_sessions(*sessions);
}

void map_lost()
{
	add_sessions(*new Sessions);
}

void map_erased()
{
	static Sessions sessions;

	add_sessions(sessions);
	sessions.erase(2);
}

/* ---- shared --------------------------------------------------------------------------------- */

struct Node : Forgetful {
	std::shared_ptr<Node> other;
};

std::shared_ptr<Node> make_cycle()
{
	auto a = std::make_shared<Node>();

	a->other = std::make_shared<Node>();
	a->other->other = a;
	return a;
}

void cycle_lost()
{
	make_cycle();
	make_cycle();
	put_last();
}

std::shared_ptr<Node> kept;

void cycle_held()
{
	kept = make_cycle();
}

void shared_dropped()
{
	auto a = std::make_shared<Forgetful>(), b = a;
}

/* What the function object captured lies in a block of its own. */
std::function<void()> later;

void captured()
{
	auto session = std::make_shared<Forgetful>();

	later = [session] { arm(session->timer); };
}

/* ---- operators new -------------------------------------------------------------------------- */

struct alignas(64) Aligned : Forgetful {
};

void array_new()
{
	delete[] new Forgetful[4];
}

void array_new_lost()
{
	new Forgetful[4];
	put_last();
}

void aligned_new()
{
	delete new Aligned;
}

void aligned_array_new()
{
	delete[] new Aligned[2];
}

void nothrow_new()
{
	delete new (std::nothrow) Forgetful;
}

/* The destructor has run, but the buffer stays. */
void placement_in_static()
{
	alignas(Forgetful) static char buffer[sizeof(Forgetful)];

	(new (buffer) Forgetful)->~Forgetful();
}

void placement_in_block()
{
	char *buffer = new char[sizeof(Forgetful) + 100];

	(new (buffer) Forgetful)->~Forgetful();
	delete[] buffer;
}

struct Thrower : Forgetful {
	Thrower()
	{
		throw std::runtime_error("cannot be made");
	}
};

/* The compiler frees what could not be made. */
void constructor_throws()
{
	try {
		delete new Thrower;
	} catch (const std::exception &) {
	}
}

struct First {
	virtual ~First() = default;
	char room[40];
};

struct Second {
	virtual ~Second() = default;
};

struct Both : First, Second, Forgetful {
};

/* A pointer to the second base is one into the middle of the block. */
Second *volatile second;

void by_second_base()
{
	second = new Both;
}

void by_second_base_deleted()
{
	delete static_cast<Second *>(new Both);
}

const test_case cases[] = {
    CASE(vector_grows),
    CASE(vector_reserved),
    CASE(vector_unused),
    CASE(vector_of_threads),
    CASE(vector_destroyed),
    CASE(unique_forgets),
    CASE(unique_deletes),
    CASE(map_static),
    CASE(map_never_destroyed),
    CASE(map_lost),
    CASE(map_erased),
    CASE(cycle_lost),
    CASE(cycle_held),
    CASE(shared_dropped),
    CASE(captured),
    CASE(array_new),
    CASE(array_new_lost),
    CASE(aligned_new),
    CASE(aligned_array_new),
    CASE(nothrow_new),
    CASE(placement_in_static),
    CASE(placement_in_block),
    CASE(constructor_throws),
    CASE(by_second_base),
    CASE(by_second_base_deleted),
};

} // namespace

int main(int argc, char **argv)
{
	return RUN_CASE(cases, argc, argv);
}
