/* SPDX-License-Identifier: MIT */
/* random_model_fd.h - the steps of random_model.c that concern descriptors, and processes. */
#ifndef RANDOM_MODEL_FD_H
#define RANDOM_MODEL_FD_H

static int pick_fd(void)
{
	unsigned first = pick(NUMBERS);

	for (unsigned i = 0; i < NUMBERS; i++) {
		int fd = (int)((first + i) % NUMBERS);

		if (table[fd] >= 0 || kernel[fd] >= 0)
			return fd;
	}
	return -1;
}

/* Or NULL. */
static struct object *at(const int *map, int fd)
{
	return fd >= 0 && fd < NUMBERS && map[fd] >= 0 ? &objects[map[fd]] : NULL;
}

static void put(int *map, int fd, const struct object *o)
{
	map[fd] = o ? (int)(o - objects) : -1;
}

static int full(void)
{
	int n = 0;

	for (int fd = 0; fd < NUMBERS; fd++)
		n += table[fd] >= 0 || kernel[fd] >= 0;
	return n > NUMBERS / 2;
}

static void fd_create(void)
{
	static const int clocks[] = {CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME};
	struct object *o = full() ? NULL : new_object();
	enum way way = pick_way();
	int flags = (pick(4) ? TFD_NONBLOCK : 0) | (pick(2) ? TFD_CLOEXEC : 0), fd;

	if (!o)
		return;
	o->clock = clocks[pick(3)];
	if (!pick(20))
		flags |= 0x10000;
	fd = (int)CALL(way, timerfd_create(o->clock, flags), SYS_timerfd_create, o->clock, flags);
	note("%stimerfd_create(%d, %x) = %d", way_names[way], o->clock, (unsigned)flags, fd);
	if (fd < 0) {
		if (!(flags & 0x10000))
			differ("timerfd_create failed");
		return;
	}
	o->used = true;
	o->id = (uint64_t)fd;
	o->flags = (flags & TFD_NONBLOCK ? TL_F_NONBLOCK : 0) |
		   (flags & TFD_CLOEXEC ? TL_F_CLOEXEC : 0) | (way == NUMBER ? TL_F_RAW : 0);
	put(kernel, fd, o);
	if (way == UNSEEN)
		return;
	put(table, fd, o);
	find_slot(o);
}

static void fd_arm(void)
{
	int fd = pick_fd();
	struct object *in_kernel = at(kernel, fd), *in_table = at(table, fd);
	enum way way = pick_way();
	struct setting s;
	bool ok;

	if (fd < 0)
		return;
	s = pick_setting(in_kernel ? in_kernel->clock : CLOCK_MONOTONIC, true);
	ok = CALL(way, timerfd_settime(fd, s.flags, &s.value, NULL), SYS_timerfd_settime, fd,
		  s.flags, &s.value, NULL) == 0;
	note("%stimerfd_settime(%d, %lld s) %s", way_names[way], fd,
	     (long long)s.value.it_value.tv_sec, ok ? "ok" : "failed");
	if (ok != (in_kernel && !s.wrong))
		differ("timerfd_settime is %d", ok);
	if (in_kernel)
		set_in_kernel(in_kernel, &s, ok);
	if (in_table && way != UNSEEN) {
		set_in_table(in_table, &s, ok);
		if (s.flags && in_table != in_kernel)
			in_table->expiry = 0; /* of another clock */
	}
}

static void fd_ask(void)
{
	int fd = pick_fd();
	enum way way = pick_way();
	struct itimerspec is;
	bool ok;

	if (fd < 0)
		return;
	ok = CALL(way, timerfd_gettime(fd, &is), SYS_timerfd_gettime, fd, &is) == 0;
	note("%stimerfd_gettime(%d) %d", way_names[way], fd, ok);
	if (ok != (kernel[fd] >= 0))
		differ("timerfd_gettime is %d", ok);
	if (ok && way != UNSEEN && table[fd] >= 0)
		objects[table[fd]].arm_failed = false;
}

static ssize_t read_somehow(int fd, uint64_t *ticks, size_t size, unsigned how)
{
	struct iovec parts[2] = {{ticks, 3}, {(char *)ticks + 3, size - 3}};

	switch (how) {
	case 0:
		return read(fd, ticks, size);
	case 1:
		return readv(fd, parts, 2);
	case 2:
		return preadv2(fd, parts, 2, -1, 0);
	case 3:
		return __read_chk(fd, ticks, size, 8);
	case 4:
		return syscall(SYS_read, fd, ticks, size);
	default:
		return RAW(SYS_read, fd, ticks, size);
	}
}

/* readv fills whole pieces only: a timerfd takes the first that holds eight bytes, or the sum;
 * what counts is what came back. */
static void fd_read(void)
{
	int fd = pick_fd();
	struct pollfd ready = {fd, POLLIN, 0};
	unsigned how = pick(6);
	size_t size = pick(10) ? 8 : 4;
	struct object *o = at(table, fd);
	uint64_t ticks = 0;
	ssize_t n;
	int error;

	if (fd < 0 || kernel[fd] < 0)
		return;
	if (!(objects[kernel[fd]].flags & TL_F_NONBLOCK) && size == 8 &&
	    (poll(&ready, 1, 0) != 1 || !(ready.revents & POLLIN)))
		return;
	errno = 0;
	n = read_somehow(fd, &ticks, size, how);
	error = n < 0 ? errno : 0;
	note("read(%d, %zu) by %u = %zd, %d", fd, size, how, n, error);
	if (how == 5 || !o)
		return;
	if (n >= 8)
		o->drains++;
	else if (error == EAGAIN)
		o->eagain++;
	else if (error == EINVAL)
		o->shorts++;
	if (n >= 8 || error == EAGAIN)
		o->arm_failed = false;
}

static void fd_close(void)
{
	int fd = pick_fd();
	enum way way = pick_way();
	bool ok;

	if (fd < 0)
		return;
	ok = CALL(way, close(fd), SYS_close, fd) == 0;
	note("%sclose(%d) %s", way_names[way], fd, ok ? "ok" : "failed");
	if (ok != (kernel[fd] >= 0))
		differ("close is %d", ok);
	kernel[fd] = -1;
	if (way != UNSEEN)
		table[fd] = -1;
}

/* ---- copies --------------------------------------------------------------------------------- */

static void fd_copy(void)
{
	int fd = pick_fd(), copy = -1;
	unsigned how = pick(6), low = 3 + pick(NUMBERS / 2);

	if (fd < 0 || kernel[fd] < 0 || full())
		return;
	switch (how) {
	case 0:
		copy = dup(fd);
		break;
	case 1:
		copy = fcntl(fd, F_DUPFD, low);
		break;
	case 2:
		copy = fcntl(fd, F_DUPFD_CLOEXEC, low);
		break;
	case 3:
		copy = (int)syscall(SYS_dup, fd);
		break;
	case 4:
		copy = (int)syscall(SYS_fcntl, fd, F_DUPFD, low);
		break;
	case 5:
		copy = (int)RAW(SYS_dup, fd);
		break;
	}
	note("dup(%d) by %u = %d", fd, how, copy);
	if (copy < 0)
		differ("dup failed");
	kernel[copy] = kernel[fd];
	if (how != 5 && table[fd] >= 0) /* else a stale entry stays until its number is tracked */
		table[copy] = table[fd];
}

static void fd_copy_to(void)
{
	int from = pick(8) ? pick_fd() : event, to = pick(2) ? pick_fd() : 6 + (int)pick(100);
	unsigned how = pick(4);
	int got = -1;

	if (from < 0 || to < 0 || from == to || (from != event && kernel[from] < 0))
		return;
	switch (how) {
	case 0:
		got = dup2(from, to);
		break;
	case 1:
		got = dup3(from, to, O_CLOEXEC);
		break;
	case 2:
		got = (int)syscall(SYS_dup3, from, to, 0);
		break;
	case 3:
		got = (int)RAW(SYS_dup3, from, to, 0);
		break;
	}
	note("dup2(%d, %d) by %u = %d", from, to, how, got);
	if (got != to)
		differ("dup2 is %d", got);
	kernel[to] = kernel[from];
	if (how != 3)
		table[to] = table[from];
	if (from == event) { /* keep none of these */
		note("close(%d)", to);
		MUST(close(to) == 0);
		kernel[to] = table[to] = -1;
	}
}

static void fd_range(void)
{
	unsigned low = 6 + pick(NUMBERS - 6), high = low + pick(4);
	bool keep = !pick(4), from = !pick(8);

	if (from) {
		low = NUMBERS / 2 - pick(40);
		high = NUMBERS - 1;
		closefrom((int)low);
		keep = false;
	} else if (pick(2)) {
		MUST(close_range(low, high, keep ? CLOSE_RANGE_CLOEXEC : 0) == 0);
	} else {
		MUST(syscall(SYS_close_range, low, high, keep ? CLOSE_RANGE_CLOEXEC : 0) == 0);
	}
	note("close_range(%u, %u, keep %d)", low, high, keep);
	for (unsigned fd = low; fd <= high && fd < NUMBERS && !keep; fd++)
		table[fd] = kernel[fd] = -1;
}

static void fd_stream(void)
{
	int fd = pick_fd();
	bool again = pick(2);
	FILE *stream;

	if (fd < 0 || kernel[fd] < 0)
		return;
	stream = fdopen(fd, "r");
	MUST(stream);
	if (again)
		MUST(freopen("/dev/null", "r", stream) == stream);
	MUST(fclose(stream) == 0);
	note("fdopen(%d), %sfclose", fd, again ? "freopen, " : "");
	table[fd] = kernel[fd] = -1;
}

/* ---- the rest ------------------------------------------------------------------------------- */

static int set_of(const struct tl_timer *t)
{
	return t->flags & TL_F_REGISTERED ? tl_timer_more(t)->epoll_fd : -1;
}

static void fd_in_epoll(void)
{
	struct epoll_event e = {.events = EPOLLIN};
	int fd = pick_fd();
	struct object *o = at(table, fd);

	if (fd < 0 || kernel[fd] < 0)
		return;
	e.data.ptr = &words[pick(OBJECTS)];
	MUST(epoll_ctl(set, EPOLL_CTL_ADD, fd, &e) == 0);
	note("epoll_ctl(ADD, MOD, DEL, %d)", fd);
	if (o) {
		SAME(o, "epoll_fd", set_of(o->slot), set);
		SAME(o, "data", o->slot->payload, (uintptr_t)e.data.ptr);
	}
	e.data.ptr = &words[pick(OBJECTS)];
	MUST(epoll_ctl(set, EPOLL_CTL_MOD, fd, &e) == 0);
	if (o)
		SAME(o, "data", o->slot->payload, (uintptr_t)e.data.ptr);
	MUST(epoll_ctl(set, EPOLL_CTL_DEL, fd, NULL) == 0);
	if (o)
		SAME(o, "epoll_fd", set_of(o->slot), -1);
}

static void fd_bad(void)
{
	int fd = pick_fd();

	note("calls on bad descriptors");
	MUST(close(-1) < 0 && close(NUMBERS + 7) < 0 && close(100000) < 0);
	MUST(fd < 0 || (dup2(fd, -1) < 0 && dup2(fd, NUMBERS) < 0 && dup3(fd, fd, 0) < 0));
	MUST(dup2(-1, fd < 0 ? 0 : fd) < 0 && fcntl(-1, F_DUPFD, 0) < 0 && dup(-1) < 0);
}

/* What is untracked in the parent is so in each child, and would be counted again. */
__attribute__((noreturn)) static void be_child(int open)
{
	struct tally sum;

	if (open) {
		if (!find_trace())
			differ("the child has no trace");
		sum = tally(0, 0);
		if (sum.live != 0 || sum.inherited != (uint64_t)open)
			differ("the child has %llu live, %llu inherited, expected %d",
			       (unsigned long long)sum.live, (unsigned long long)sum.inherited,
			       open);
	}
	RAW(SYS_close_range, 3, ~0u, 0);
	_exit(0);
}

/* Ours is what the child starts with, of timerfds; and nothing of the rest. */
static void fork_child(void)
{
	int open = 0, got;
	pid_t pid;

	for (struct object *o = objects; o < objects + OBJECTS; o++)
		open += o->used && !o->posix && refs(table, o) > 0;
	note("fork with %d timerfds", open);
	fflush(stdout);
	pid = fork();
	MUST(pid >= 0);
	if (pid == 0)
		be_child(open);
	MUST(waitpid(pid, &got, 0) == pid);
	if (got)
		_exit(1);
}

static void fail_to_exec(void)
{
	char *const args[] = {"nothing", NULL};

	note("exec fails");
	MUST(execv("/nonexistent/nothing", args) < 0 && errno == ENOENT);
	MUST(execvp("/", args) < 0);
}

#endif
