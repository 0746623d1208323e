/* SPDX-License-Identifier: MIT */
/* Unit tests of sys.h: raw system calls, directories, files by line. */
#include "../../preload/sys.h"
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <cmocka.h>

static char dir_path[64] = "/tmp/tl_shim_sys_XXXXXX";

static int setup(void **state)
{
	(void)state;
	return mkdtemp(dir_path) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	return rmdir(dir_path);
}

static const char *in_dir(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir_path, name);
	return path;
}

static void write_file(const char *path, const char *text, size_t size)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

static void test_failures_are_negative_and_keep_errno(void **state)
{
	char buf[8];

	(void)state;
	errno = 77;
	assert_int_equal(tl_sys_open("/nonexistent/file", O_RDONLY, 0), -ENOENT);
	assert_int_equal(tl_sys_close(-1), -EBADF);
	assert_int_equal(tl_sys_read(-1, buf, 1), -EBADF);
	assert_int_equal(tl_sys_write(-1, buf, 1), -EBADF);
	assert_int_equal(tl_sys_readlink("/nonexistent", buf, sizeof(buf)), -ENOENT);
	assert_null(tl_sys_mmap(SIZE_MAX / 2));
	assert_int_equal(tl_sys_now(12345), 0);
	assert_int_equal(errno, 77);
}

static void test_all_six_arguments_arrive(void **state)
{
	const char *path = in_dir("six");
	int fd;
	void *p;

	(void)state;
	write_file(path, "0123456789", 10);
	assert_int_equal(truncate(path, 8192), 0);
	fd = tl_sys_open(path, O_RDONLY, 0);
	assert_true(fd >= 0);
	p = (void *)tl_syscall(SYS_mmap, 0, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	assert_memory_equal(p, "0123456789", 10);
	tl_sys_munmap(p, 4096);
	p = (void *)tl_syscall(SYS_mmap, 0, 4096, PROT_READ, MAP_PRIVATE, fd, 4096);
	assert_int_equal(*(char *)p, 0);
	tl_sys_munmap(p, 4096);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(tl_sys_close(fd), 0);
	unlink(path);
}

static void test_ids_and_clock(void **state)
{
	uint64_t a, b;

	(void)state;
	assert_int_equal(tl_sys_getpid(), getpid());
	assert_int_equal(tl_sys_gettid(), syscall(SYS_gettid));
	a = tl_sys_now(CLOCK_MONOTONIC);
	b = tl_sys_now(CLOCK_MONOTONIC);
	assert_true(a > 0 && b >= a);
	assert_true(tl_sys_now(CLOCK_REALTIME) / 1000000000u - (uint64_t)time(NULL) + 2 < 4);
}

static void test_readlink_terminates_and_cuts(void **state)
{
	const char *path = in_dir("link");
	char buf[16];

	(void)state;
	assert_int_equal(symlink("0123456789", path), 0);
	assert_int_equal(tl_sys_readlink(path, buf, sizeof(buf)), 10);
	assert_string_equal(buf, "0123456789");
	assert_int_equal(tl_sys_readlink(path, buf, 5), 4);
	assert_string_equal(buf, "0123");
	assert_int_equal(tl_sys_readlink(path, buf, 1), 0);
	assert_string_equal(buf, "");
	assert_int_equal(tl_sys_readlink(path, buf, 0), -EINVAL);
	unlink(path);
}

static void test_readable_looks_at_every_page(void **state)
{
	char *p = mmap(NULL, 5 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_ptr_not_equal(p, MAP_FAILED);
	assert_int_equal(mprotect(p + 2 * 4096, 4096, PROT_NONE), 0);
	assert_int_equal(munmap(p + 4 * 4096, 4096), 0);
	assert_true(tl_sys_readable(p, 2 * 4096));
	assert_true(tl_sys_readable(p + 2 * 4096 - 1, 1));
	assert_true(tl_sys_readable(p + 1, 2 * 4096 - 1));
	assert_false(tl_sys_readable(p + 2 * 4096 - 1, 2));
	assert_false(tl_sys_readable(p, 2 * 4096 + 1));
	assert_false(tl_sys_readable(p, 4 * 4096)); /* a hole in the middle */
	assert_true(tl_sys_readable(p + 4 * 4096 - 3, 3));
	assert_false(tl_sys_readable(p + 4 * 4096 - 3, 4));
	assert_false(tl_sys_readable(NULL, 1));
	assert_false(tl_sys_readable((void *)(UINTPTR_MAX - 3), 8));
	assert_false(tl_sys_readable((void *)(UINTPTR_MAX - 7), 8));
	assert_true(tl_sys_readable(NULL, 0));
	assert_true(tl_sys_readable("text", 5));
	munmap(p, 4 * 4096);
}

/* Beyond the end of a mapped file a touch is SIGBUS; the probe must only say no. */
static void test_readable_beyond_end_of_file(void **state)
{
	const char *path = in_dir("short");
	int fd;
	char *p;

	(void)state;
	write_file(path, "x", 1);
	fd = open(path, O_RDONLY);
	p = mmap(NULL, 8192, PROT_READ, MAP_SHARED, fd, 0);
	assert_true(tl_sys_readable(p, 4096));
	assert_false(tl_sys_readable(p, 4097));
	munmap(p, 8192);
	close(fd);
	unlink(path);
}

static uint64_t mask_now(void)
{
	uint64_t mask = 0;

	tl_syscall(SYS_rt_sigprocmask, SIG_BLOCK, 0, (long)&mask, 8, 0, 0);
	return mask;
}

static void test_block_keeps_signal_32(void **state)
{
	const uint64_t kill_and_stop = 1u << (SIGKILL - 1) | 1u << (SIGSTOP - 1);
	uint64_t before = mask_now(), old = 1;

	(void)state;
	tl_sys_block_signals(&old);
	assert_int_equal(mask_now(), ~kill_and_stop);
	tl_sys_restore_signals(old);
	assert_int_equal(old, before);
	assert_int_equal(mask_now(), before);
}

static void test_dir_lists_all(void **state)
{
	struct tl_dir dir;
	char path[192];
	int seen = 0;

	(void)state;
	for (int i = 0; i < 300; i++) {
		snprintf(path, sizeof(path), "%s/entry-with-a-long-name-%d", dir_path, i);
		write_file(path, "", 0);
	}
	assert_true(tl_dir_open(&dir, dir_path));
	for (const char *name; (name = tl_dir_next(&dir)) != NULL; seen++)
		assert_true(tl_starts(name, "entry-with-a-long-name-"));
	assert_null(tl_dir_next(&dir));
	tl_dir_close(&dir);
	assert_int_equal(seen, 300);
	assert_null(tl_dir_next(&dir));
	for (int i = 0; i < 300; i++) {
		snprintf(path, sizeof(path), "%s/entry-with-a-long-name-%d", dir_path, i);
		unlink(path);
	}
	assert_false(tl_dir_open(&dir, "/nonexistent"));
	assert_null(tl_dir_next(&dir));
	tl_dir_close(&dir);
}

/* What is open, whichever way it is found out; below `most`, for the test itself has more. */
static uint64_t open_below(int most)
{
	struct tl_fds fds;
	uint64_t seen = 0;

	assert_true(tl_fds_open(&fds, "/proc/self/fd"));
	for (int fd; (fd = tl_fds_next(&fds)) >= 0;)
		if (fd < most && fd != fds.dir.fd)
			seen |= 1ull << fd;
	assert_int_equal(tl_fds_next(&fds), -1);
	tl_fds_close(&fds);
	return seen;
}

static uint64_t really_open_below(int most)
{
	uint64_t seen = 0;

	for (int fd = 0; fd < most; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			seen |= 1ull << fd;
	return seen;
}

static void test_descriptors_with_and_without_gaps(void **state)
{
	int fds[8];

	(void)state;
	for (int fd = 3; fd < 1024; fd++)
		close(fd); /* of whoever started this */
	assert_int_equal(open_below(60), really_open_below(60));
	for (int i = 0; i < 8; i++)
		assert_true((fds[i] = open("/dev/null", O_RDONLY)) >= 0);
	assert_int_equal(open_below(60), really_open_below(60));
	close(fds[2]);
	assert_int_equal(open_below(60), really_open_below(60));
	assert_int_equal(dup2(fds[0], 50), 50); /* as many as if there were no gap */
	assert_int_equal(open_below(60), really_open_below(60));
	close(50);
	for (int i = 0; i < 8; i++)
		if (i != 2)
			close(fds[i]);
}

static void test_what_may_be_a_timerfd(void **state)
{
	const char *path = in_dir("file");
	int fds[] = {timerfd_create(CLOCK_MONOTONIC, 0), open("/dev/null", O_RDONLY),
		     open(dir_path, O_RDONLY)};
	struct stat st;
	int file;

	(void)state;
	assert_true(tl_sys_may_be_timerfd(fds[0]));
	assert_false(tl_sys_may_be_timerfd(fds[1]));
	assert_false(tl_sys_may_be_timerfd(fds[2]));
	write_file(path, "", 0);
	file = open(path, O_RDONLY);
	assert_int_equal(fstat(file, &st), 0);
	if (major(st.st_dev)) /* else in memory, say */
		assert_false(tl_sys_may_be_timerfd(file));
	close(file);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	unlink(path);
}

static void test_lines_of_every_length(void **state)
{
	static char text[1 << 16];
	const char *path = in_dir("lines");
	struct tl_lines lines;
	size_t size = 0;

	(void)state;
	for (int n = 0; n < 300; n++) {
		memset(text + size, 'a' + n % 26, (size_t)n);
		size += (size_t)n;
		text[size++] = '\n';
	}
	write_file(path, text, size);
	assert_true(tl_lines_open(&lines, path));
	for (int n = 0; n < 300; n++) {
		char *line = tl_lines_next(&lines);

		assert_non_null(line);
		assert_int_equal(strlen(line), n);
		assert_false(lines.cut);
		assert_true(n == 0 || line[n - 1] == 'a' + n % 26);
	}
	assert_null(tl_lines_next(&lines));
	tl_lines_close(&lines);
	unlink(path);
}

static void check_long_line(size_t length)
{
	static char text[4096];
	const char *path = in_dir("long");
	struct tl_lines lines;
	size_t room = sizeof(lines.buf) - 1, expected = length < room ? length : room;
	char *line;

	memset(text, 'l', length);
	memcpy(text + length, "\nnext\nend", 9);
	write_file(path, text, length + 9);
	assert_true(tl_lines_open(&lines, path));
	line = tl_lines_next(&lines);
	assert_non_null(line);
	assert_int_equal(strlen(line), expected);
	assert_string_equal(tl_lines_next(&lines), "next");
	assert_false(lines.cut);
	assert_string_equal(tl_lines_next(&lines), "end"); /* without its newline */
	assert_null(tl_lines_next(&lines));
	tl_lines_close(&lines);
	unlink(path);
}

static void test_long_lines_are_cut(void **state)
{
	const char *path = in_dir("cut");
	struct tl_lines lines;
	static char text[3000];

	(void)state;
	check_long_line(1021);
	check_long_line(1022);
	check_long_line(1023);
	check_long_line(1024);
	check_long_line(2046);
	check_long_line(3000);
	memset(text, 'x', sizeof(text));
	write_file(path, text, sizeof(text));
	assert_true(tl_lines_open(&lines, path));
	assert_int_equal(strlen(tl_lines_next(&lines)), sizeof(lines.buf) - 1);
	assert_true(lines.cut);
	assert_null(tl_lines_next(&lines));
	tl_lines_close(&lines);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_failures_are_negative_and_keep_errno),
	    cmocka_unit_test(test_all_six_arguments_arrive),
	    cmocka_unit_test(test_ids_and_clock),
	    cmocka_unit_test(test_readlink_terminates_and_cuts),
	    cmocka_unit_test(test_readable_looks_at_every_page),
	    cmocka_unit_test(test_readable_beyond_end_of_file),
	    cmocka_unit_test(test_block_keeps_signal_32),
	    cmocka_unit_test(test_dir_lists_all),
	    cmocka_unit_test(test_descriptors_with_and_without_gaps),
	    cmocka_unit_test(test_what_may_be_a_timerfd),
	    cmocka_unit_test(test_lines_of_every_length),
	    cmocka_unit_test(test_long_lines_are_cut),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
