/* SPDX-License-Identifier: MIT */
/*
 * The report at exit, with a shell script in the analyzer's place and a made-up trace. Each case
 * runs in a child whose standard error is a pipe; what came through it is checked by the parent.
 */
#include "preload/modules.h"
#include "preload/options.h"
#include "preload/out.h"
#include "preload/report.h"
#include "preload/report_names.h"
#include "preload/sink.h"
#include "preload/sys.h"
#include "preload/under.h"
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define TRACE_SIZE (1u << 20) /* more than a pipe holds */

/* ---- the trace that is not there --------------------------------------------------------------
 */

static _Alignas(4096) char trace[TRACE_SIZE];
static struct tl_site site = {.state = TL_SLOT_LIVE, .kind = TL_TIMERFD, .created = 5};
static _Alignas(4096) char timers[2 * TL_TIMER_PAGE]; /* as in a chunk */
static uint32_t timer_count;
static bool under, discarded;
struct tl_header *tl_sink_top;
static char dir[64], self_path[128], note[300];

const void *tl_sink_base(void)
{
	return trace;
}
size_t tl_sink_used(void)
{
	return tl_sink_active() ? sizeof(trace) : 0;
}
const char *tl_sink_path(void)
{
	return tl_sink_active() ? "/nowhere/1.2.tlk" : NULL;
}
const char *tl_sink_dir(void)
{
	return dir;
}
void tl_sink_discard(void)
{
	discarded = true;
}
void tl_sink_note(enum tl_note_code code, const char *text)
{
	(void)code;
	tl_strcopy(note, sizeof(note), text);
}
bool tl_sink_missed(void)
{
	return false;
}
static struct tl_timer *timer_at(uint32_t index)
{
	return (struct tl_timer *)(void *)(timers +
					   tl_timer_offset(index, sizeof(struct tl_timer)));
}
uint32_t tl_sink_timer_count(void)
{
	return timer_count;
}
struct tl_timer *tl_sink_timer(uint32_t index)
{
	return index < timer_count ? timer_at(index) : NULL;
}
struct tl_site *tl_sink_site(uint32_t index)
{
	return tl_sink_active() && index == 0 ? &site : NULL;
}
const char *tl_modules_self_path(void)
{
	return self_path;
}
bool tl_under_parent(void)
{
	return under;
}

static struct tl_chunk *put_chunk(size_t at, uint32_t kind, uint64_t size, uint32_t slot_size)
{
	struct tl_chunk *chunk = (struct tl_chunk *)(void *)(trace + at);

	*chunk = (struct tl_chunk){
	    .magic = TL_CHUNK_MAGIC, .kind = kind, .size = size, .slot_size = slot_size, .used = 1};
	return chunk;
}

/* One site whose stack has one frame, in the libc's qsort. */
static void make_trace(uint32_t live)
{
	struct tl_header *header = (struct tl_header *)(void *)trace;
	struct tl_module *module;
	struct tl_frame *frame;
	struct tl_stack *stack;
	struct link_map *map;
	Dl_info info;
	/* Not a sanitizer's. */
	char *function = dlsym(dlopen("libc.so.6", RTLD_LAZY), "qsort");

	assert_true(dladdr1(function, &info, (void **)&map, RTLD_DL_LINKMAP));
	tl_sink_top = (struct tl_header *)(void *)trace;
	header->header_size = TL_HEADER_SIZE;
	header->pid = (uint32_t)getpid();
	header->start_realtime = 77;
	module = (struct tl_module *)(put_chunk(4096, TL_CHUNK_MODULE, 4096, 512) + 1);
	*module = (struct tl_module){.state = TL_SLOT_LIVE, .bias = map->l_addr};
	module->start = (uintptr_t)info.dli_fbase;
	strcpy(module->path, "/lib/libc.so.6");
	frame = (struct tl_frame *)(put_chunk(8192, TL_CHUNK_FRAME, 4096, sizeof(*frame)) + 1);
	*frame = (struct tl_frame){.caller = TL_NONE};
	frame->at = tl_frame_at(0, (uintptr_t)function + 5 - map->l_addr);
	stack = (struct tl_stack *)(put_chunk(12288, TL_CHUNK_STACK, TRACE_SIZE - 12288,
					      sizeof(*stack)) +
				    1);
	*stack = (struct tl_stack){.state = TL_SLOT_LIVE, .depth = 1};
	for (timer_count = 0; timer_count < live; timer_count++)
		timer_at(timer_count)->state = TL_SLOT_LIVE;
	site.stopped = site.created - live;
}

/* ---- a child and what it said -----------------------------------------------------------------
 */

static char said[1 << 16];

static void script(const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/timerleak", dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "#!/bin/sh\nD=%s\n%s\n", dir, text);
	fclose(f);
	assert_int_equal(chmod(path, 0755), 0);
}

static int set_up(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/shim_report.XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(self_path, sizeof(self_path), "%s/libtimerleak.so", dir);
	setenv("TIMERLEAK_OPTIONS", "", 1);
	return 0;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command) != 0;
}

static void options(const char *text)
{
	setenv("TIMERLEAK_OPTIONS", text, 1);
	tl_options_init();
	tl_out_init();
}

static void require(bool ok, const char *what, int line)
{
	if (ok)
		return;
	dprintf(1, "shim_report.c:%d: failed: %s; note: %s\n", line, what, note);
	_exit(99);
}
#define REQUIRE(what) require(what, #what, __LINE__)

/* Runs it with stderr in a pipe; its status. Output that nobody expects ends at 64 KiB. */
static int run(void (*body)(void))
{
	int out[2], status;
	size_t n = 0;
	ssize_t got;
	pid_t pid;

	assert_int_equal(pipe(out), 0);
	pid = fork();
	if (pid == 0) {
		dup2(out[1], 2);
		close(out[0]);
		close(out[1]);
		alarm(20);
		body();
		_exit(0);
	}
	close(out[1]);
	while ((got = read(out[0], said + n, sizeof(said) - 1 - n)) > 0)
		n += (size_t)got;
	said[n] = '\0';
	close(out[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void check(void (*body)(void), const char *output)
{
	assert_int_equal(run(body), 0);
	if (!output)
		assert_string_equal(said, "");
	else if (!strstr(said, output))
		fail_msg("not in the output: %s\n%s", output, said);
}

static char *slurp(const char *name)
{
	static char text[TRACE_SIZE + 1];
	char path[200];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "r");
	if (!f)
		return NULL;
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	return text;
}

/* ---- the analyzer's status --------------------------------------------------------------------
 */

static void gate_fails(void)
{
	options("max_leaks=0:exitcode=5");
	make_trace(1);
	REQUIRE(tl_report_at_exit(0) == 5);
	REQUIRE(tl_report_at_exit(3) == 3);
	REQUIRE(discarded);
}

static void test_gate_fails(void **state)
{
	(void)state;
	script("cat >/dev/null; echo FULL; exit 23");
	check(gate_fails, "FULL\nFULL\n");
	assert_null(strstr(said, "short report"));
}

static void gate_passes(void)
{
	options("max_leaks=0");
	make_trace(1); /* held, says the analyzer */
	REQUIRE(tl_report_at_exit(0) == 0);
	REQUIRE(discarded);
}

static void test_gate_passes(void **state)
{
	(void)state;
	script("cat >/dev/null; echo to stderr >&2");
	check(gate_passes, "to stderr\n");
}

static void unclear_with_gate(void)
{
	options("max_leaks=10");
	make_trace(1);
	REQUIRE(tl_report_at_exit(0) == 23);
	REQUIRE(!discarded);
}

static void test_unclear_status_fails_gate(void **state)
{
	(void)state;
	script("exit 2");
	check(unclear_with_gate, "short report without verdicts: timerleak ended with status 2\n");
	script("kill -9 $$");
	check(unclear_with_gate, "timerleak was killed by signal 9\n");
}

static void unclear_without_gate(void)
{
	make_trace(1);
	options("");
	REQUIRE(tl_report_at_exit(0) == 0);
}

static void test_unclear_status_without_gate(void **state)
{
	(void)state;
	script("exit 2");
	check(unclear_without_gate, "SUMMARY: timerleak: 1 timer not stopped at 1 site\n");
}

/* ---- what it is given -------------------------------------------------------------------------
 */

static void hand_over(void)
{
	setenv("LD_AUDIT", "x", 1);
	setenv("MALLOC_ARENA_MAX", "1", 1);
	setenv("DEBUGINFOD_URLS", "x", 1);
	setenv("KEPT", "yes", 1);
	options("max_leaks=1:max_undrained=2:leak_kinds=held:suppressions=a,,b c:color=never "
		"suppressions='a,,b c'");
	make_trace(2);
	for (size_t i = 12288; i < sizeof(trace); i++)
		trace[i] = (char)(i * 7 + i / 4096);
	REQUIRE(tl_report_at_exit(0) == 0);
	REQUIRE(memcmp(slurp("in"), trace, sizeof(trace)) == 0);
}

static void test_hand_over(void **state)
{
	const char *text;

	(void)state;
	script("cat >$D/in; for a; do echo \"[$a]\"; done >$D/args; env >$D/env");
	check(hand_over, NULL);
	assert_string_equal(slurp("args"),
			    "[report]\n[--max-leaks=1]\n[--max-undrained=2]\n"
			    "[--leak-kinds=held]\n[--error-exitcode=23]\n"
			    "[--color=never]\n[--lenient-suppressions]\n[--suppressions=a]\n"
			    "[--suppressions=b c]\n[-]\n");
	text = slurp("env");
	assert_non_null(strstr(text, "KEPT=yes"));
	assert_null(strstr(text, "LD_"));
	assert_null(strstr(text, "MALLOC_"));
	assert_null(strstr(text, "DEBUGINFOD"));
	assert_null(strstr(text, "TIMERLEAK_"));
}

static void on_signal(int signal)
{
	(void)signal;
	_exit(98);
}

/* Masks as in /proc/PID/status: bit n - 1 is signal n. */
static void signals_given(void)
{
	sigset_t set;

	signal(SIGUSR1, on_signal);
	signal(SIGHUP, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_SETMASK, &set, NULL);
	make_trace(1);
	options("");
	REQUIRE(tl_report_at_exit(0) == 0);
}

static void test_signals_given(void **state)
{
	(void)state;
	script("exec cat /proc/self/status");
	check(signals_given, "SigBlk:\t0000000000000800\n"
			     "SigIgn:\t0000000000380000\n"
			     "SigCgt:\t0000000000000000\n");
}

static void descriptors_given(void)
{
	REQUIRE(dup(2) >= 3); /* stays open over an exec */
	make_trace(1);
	options("");
	REQUIRE(tl_report_at_exit(0) == 0);
}

static void test_descriptors_given(void **state)
{
	(void)state;
	script("cat >/dev/null; [ -e /dev/fd/3 ] && echo 3; echo done");
	check(descriptors_given, "done\n");
	assert_string_equal(said, "done\n");
}

/* ---- what the host notices --------------------------------------------------------------------
 */

static void list_descriptors(char *text)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *entry;
	char path[300], target[300];

	*text = '\0';
	while ((entry = readdir(d))) {
		snprintf(path, sizeof(path), "/proc/self/fd/%s", entry->d_name);
		memset(target, 0, sizeof(target));
		if (readlink(path, target, sizeof(target) - 1) > 0)
			text += sprintf(text, "%s %s\n", entry->d_name, target);
	}
	closedir(d);
}

static volatile int children_seen;

static void on_child(int signal)
{
	(void)signal;
	children_seen++;
}

static volatile bool reported;

/* Has no child of its own: whatever it finds is ours. */
static void *wait_for_any(void *arg)
{
	(void)arg;
	while (!reported)
		if (waitpid(-1, NULL, 0) >= 0 || errno != ECHILD)
			children_seen++;
	return NULL;
}

static void unnoticed(void)
{
	static char before[4096], after[4096];
	uint64_t old, mask = 0x123u << 9, now;
	pthread_t thread;

	signal(SIGCHLD, on_child);
	make_trace(1);
	options("max_leaks=0");
	REQUIRE(pthread_create(&thread, NULL, wait_for_any, NULL) == 0);
	close(0);
	list_descriptors(before);
	tl_syscall(SYS_rt_sigprocmask, SIG_SETMASK, (long)&mask, (long)&old, 8, 0, 0);
	errno = 4321;
	REQUIRE(tl_report_at_exit(0) == 23);
	REQUIRE(errno == 4321);
	tl_syscall(SYS_rt_sigprocmask, SIG_SETMASK, (long)&old, (long)&now, 8, 0, 0);
	REQUIRE(now == mask);
	list_descriptors(after);
	REQUIRE(strcmp(before, after) == 0);
	reported = true;
	pthread_join(thread, NULL);
	REQUIRE(children_seen == 0);
	REQUIRE(waitpid(-1, NULL, __WALL) == -1 && errno == ECHILD);
}

static void test_unnoticed(void **state)
{
	(void)state;
	script("cat >/dev/null; sleep .2; echo seen; exit 23");
	check(unnoticed, "seen\n");
}

static void ignores_children(void)
{
	signal(SIGCHLD, SIG_IGN);
	make_trace(1);
	options("max_leaks=0");
	REQUIRE(tl_report_at_exit(0) == 23);
	REQUIRE(signal(SIGCHLD, SIG_DFL) == SIG_IGN);
}

static void test_sigchld_ignored(void **state)
{
	(void)state;
	script("cat >/dev/null; echo seen; exit 23");
	check(ignores_children, "seen\n");
	assert_null(strstr(said, "short report"));
}

static void no_number_left(void)
{
	struct rlimit limit = {64, 64};

	options("max_leaks=0");
	make_trace(1);
	REQUIRE(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	while (dup(2) >= 0)
		;
	REQUIRE(tl_report_at_exit(0) == 23);
}

static void test_no_number_left(void **state)
{
	(void)state;
	script("cat >/dev/null; echo seen; exit 23");
	check(no_number_left, "seen\n");
}

static void broken_environment(void)
{
	static char kept[] = "KEPT=yes";
	static char *broken[] = {(char *)16, kept, NULL};

	make_trace(1);
	options("");
	environ = broken;
	REQUIRE(tl_report_at_exit(0) == 0);
	environ = (char **)16;
	REQUIRE(tl_report_at_exit(0) == 0);
	environ = NULL;
	REQUIRE(tl_report_at_exit(0) == 0);
}

static void test_broken_environment(void **state)
{
	(void)state;
	script("cat >/dev/null; echo \"<$KEPT>\"");
	check(broken_environment, "<yes>\n<>\n<>\n");
}

/* ---- an analyzer that does not behave ---------------------------------------------------------
 */

static void slow(void)
{
	uint64_t start = tl_sys_now(CLOCK_MONOTONIC), took;

	options("max_leaks=9:report_timeout=1");
	make_trace(1);
	REQUIRE(tl_report_at_exit(0) == 23);
	took = tl_sys_now(CLOCK_MONOTONIC) - start;
	REQUIRE(took > 900000000u && took < 5000000000u);
	REQUIRE(waitpid(-1, NULL, __WALL) == -1 && errno == ECHILD);
}

static void test_timeout(void **state)
{
	(void)state;
	script("cat >/dev/null; exec sleep 30");
	check(slow, "timerleak took more than 1 seconds (report_timeout)\n");
	script("exec sleep 30 >/dev/null"); /* and does not read */
	check(slow, "timerleak took more than 1 seconds (report_timeout)\n");
}

static void no_limit(void)
{
	options("max_leaks=0:report_timeout=0");
	make_trace(1);
	REQUIRE(tl_report_at_exit(0) == 23);
}

static void test_no_limit(void **state)
{
	(void)state;
	script("sleep .3; cat >/dev/null; sleep .3; echo slow; exit 23");
	check(no_limit, "slow\n");
}

static void not_reading(void)
{
	options("max_leaks=0");
	make_trace(1);
	signal(SIGPIPE, on_signal);
	REQUIRE(tl_report_at_exit(0) == 23);
}

static void test_not_reading(void **state)
{
	(void)state;
	script("exec <&-; sleep .1; echo no thanks; exit 23");
	check(not_reading, "no thanks\n");
}

/* ---- no analyzer ------------------------------------------------------------------------------
 */

static void short_report(void)
{
	make_trace(3);
	tl_timer_more(timer_at(1))->facts = TL_FACT_GONE;
	options("max_leaks=2");
	REQUIRE(tl_report_at_exit(0) == 0);
	options("max_leaks=1");
	REQUIRE(tl_report_at_exit(0) == 23);
	options("max_undrained=1");
	REQUIRE(tl_report_at_exit(0) == 23);
	REQUIRE(!discarded);
}

static void test_short_report(void **state)
{
	(void)state;
	check(short_report, "SUMMARY: timerleak: 2 timers not stopped at 1 site\n");
	assert_non_null(strstr(said, "short report without verdicts: the program timerleak was "
				     "not found\n"));
	assert_non_null(strstr(said, "== 2 timerfds not stopped, of 5 created here:\n"));
	assert_non_null(strstr(said, "    #0 qsort+0x5 (/lib/libc.so.6+0x"));
	assert_non_null(strstr(said, "timerleak report /nowhere/1.2.tlk\n"));
}

static void not_executable(void)
{
	make_trace(1);
	options("symbolize=1");
	REQUIRE(tl_report_at_exit(0) == 0);
	options("symbolize=0");
	REQUIRE(tl_report_at_exit(0) == 0);
}

static void test_not_executable(void **state)
{
	char path[128];

	(void)state;
	script("exit 0");
	snprintf(path, sizeof(path), "%s/timerleak", dir);
	chmod(path, 0644);
	check(not_executable, "timerleak could not be started (error 13)\n");
	assert_non_null(strstr(said, "without verdicts: symbolize=0\n"));
}

static void lost_records(void)
{
	make_trace(0);
	tl_sink_header()->lost_timers = 1;
	options("symbolize=0:max_leaks=5");
	REQUIRE(tl_report_at_exit(0) == 23);
}

static void test_lost_records(void **state)
{
	(void)state;
	check(lost_records, "records were lost");
}

static void blind(void)
{
	options("max_leaks=5");
	REQUIRE(tl_report_blind(0) == 0);
	make_trace(1);
	REQUIRE(tl_report_blind(0) == 23 && tl_report_blind(7) == 7);
	options("max_leaks=5:enabled=0");
	REQUIRE(tl_report_blind(0) == 0);
}

static void test_blind(void **state)
{
	(void)state;
	check(blind, NULL);
}

/* ---- nothing to say ---------------------------------------------------------------------------
 */

static void clean(void)
{
	options("max_leaks=0");
	REQUIRE(tl_report_at_exit(0) == 0);
	under = true;
	REQUIRE(tl_report_at_exit(0) == 0);
	under = false;
	options("verbosity=0");
	REQUIRE(tl_report_at_exit(0) == 0);
}

static void test_clean(void **state)
{
	(void)state;
	script("echo started");
	check(clean, "SUMMARY: timerleak: 0 timers leaked\n");
	assert_string_equal(said, "SUMMARY: timerleak: 0 timers leaked\n");
}

static void silent(void)
{
	make_trace(1);
	setenv("TIMERLEAK_RUN", dir, 1);
	options("max_leaks=0:maxleaks=0");
	REQUIRE(tl_report_at_exit(0) == 0 && tl_report_blind(0) == 0);
	tl_options.under_run = false;
	tl_options.enabled = false;
	REQUIRE(tl_report_at_exit(0) == 0);
}

static void test_silent(void **state)
{
	(void)state;
	script("echo started");
	check(silent, NULL);
}

static void quiet_when_clean(void)
{
	options("verbosity=0:max_leaks=0");
	make_trace(1);
	REQUIRE(tl_report_at_exit(0) == 0);
}

static void test_quiet_when_clean(void **state)
{
	(void)state;
	script("cat >/dev/null; echo a table; echo 'SUMMARY: timerleak: 0 timers leaked'");
	check(quiet_when_clean, NULL);
	script("cat >/dev/null; seq 9999; echo 'SUMMARY: timerleak: 1 timer leaked'");
	check(quiet_when_clean, "9998\n9999\nSUMMARY: timerleak: 1 timer leaked\n");
}

static void begin(void)
{
	options("max_leak=0:help=1");
	tl_report_begin();
	under = true;
	tl_report_begin();
}

static void begin_silent(void)
{
	options("max_leak=0:verbosity=0");
	tl_report_begin();
}

static void test_begin(void **state)
{
	(void)state;
	check(begin, "timerleak: TIMERLEAK_OPTIONS: unknown key 'max_leak'");
	assert_non_null(strstr(said, "  exitcode=23  "));
	assert_null(strstr(strstr(said, "  exitcode=23  ") + 1, "  exitcode=23  "));
	check(begin_silent, NULL);
}

/* ---- where it goes ----------------------------------------------------------------------------
 */

static void stderr_closed(void)
{
	options("max_leaks=0");
	make_trace(1);
	close(2);
	REQUIRE(tl_report_at_exit(0) == 23);
	REQUIRE(!discarded && strstr(note, "in a file beside this trace"));
}

static void stray_report(char *text, size_t size)
{
	char command[128];
	FILE *f;

	snprintf(command, sizeof(command), "cat %s/*.77.txt", dir);
	f = popen(command, "r");
	text[fread(text, 1, size - 1, f)] = '\0';
	pclose(f);
}

static void test_stderr_closed(void **state)
{
	char text[100] = "";

	(void)state;
	script("cat >/dev/null; echo seen; exit 23");
	check(stderr_closed, NULL);
	stray_report(text, sizeof(text));
	assert_string_equal(text, "seen\n");
}

static void stderr_replaced(void)
{
	char path[128];

	options("");
	make_trace(1);
	snprintf(path, sizeof(path), "%s/precious", dir);
	REQUIRE(dup2(open(path, O_WRONLY | O_CREAT, 0600), 2) == 2);
	REQUIRE(tl_report_at_exit(0) == 0);
	tl_sink_top = NULL;
	REQUIRE(tl_report_at_exit(0) == 0); /* a clean line is worth no file */
}

static void test_stderr_replaced(void **state)
{
	(void)state;
	script("cat >/dev/null; echo seen");
	check(stderr_replaced, NULL);
	assert_string_equal(slurp("precious"), "");
}

static void copy_elsewhere(void)
{
	options("");
	make_trace(1);
	REQUIRE(dup2(2, 77) == 77);
	close(2);
	REQUIRE(tl_report_at_exit(0) == 0);
	REQUIRE(discarded && !note[0]);
}

static void test_copy_elsewhere(void **state)
{
	(void)state;
	script("cat >/dev/null; echo seen");
	check(copy_elsewhere, "seen\n");
}

/* The parent of the reporting process still has the pipe as its stderr. */
static void parent_has_it(void)
{
	int status;
	pid_t pid;

	options("");
	make_trace(1);
	pid = fork();
	if (pid == 0) {
		close(2);
		REQUIRE(tl_report_at_exit(0) == 0);
		REQUIRE(discarded && !note[0]);
		_exit(0);
	}
	REQUIRE(waitpid(pid, &status, 0) == pid && status == 0);
}

static void test_parent_has_it(void **state)
{
	(void)state;
	script("cat >/dev/null; echo seen");
	check(parent_has_it, "seen\n");
}

static void file_closed(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/errors", dir);
	REQUIRE(dup2(open(path, O_WRONLY | O_CREAT, 0600), 2) == 2);
	REQUIRE(write(2, "before\n", 7) == 7);
	close(3);
	options("");
	make_trace(1);
	close(2);
	REQUIRE(tl_report_at_exit(0) == 0);
}

static void test_file_closed(void **state)
{
	(void)state;
	script("cat >/dev/null; echo seen");
	check(file_closed, NULL);
	assert_string_equal(slurp("errors"), "before\nseen\n");
}

static void log_file(void)
{
	char text[200], path[100];
	struct stat st;

	snprintf(text, sizeof(text), "log_path='%s/new/dirs/log'", dir);
	options(text);
	make_trace(1);
	REQUIRE(tl_report_at_exit(0) == 0);
	snprintf(path, sizeof(path), "new/dirs/log.%d", getpid());
	REQUIRE(slurp(path) && !strcmp(slurp(path), "seen\n"));
	snprintf(text, sizeof(text), "%s/%s", dir, path);
	REQUIRE(stat(text, &st) == 0 && (st.st_mode & 0777) == 0600);
	snprintf(text, sizeof(text), "log_path=%s/%%p.log", dir);
	options(text);
	REQUIRE(tl_report_at_exit(0) == 0 && tl_report_at_exit(0) == 0);
	snprintf(path, sizeof(path), "%d.log", getpid());
	REQUIRE(slurp(path) && !strcmp(slurp(path), "seen\nseen\n"));
	options("log_path=/proc/none/log");
	REQUIRE(tl_report_at_exit(0) == 0);
}

static void test_log_file(void **state)
{
	(void)state;
	script("cat >/dev/null; echo seen");
	check(log_file, "log_path could not be opened: the report is here\nseen\n");
}

static void log_descriptor(void)
{
	int fd[2];

	REQUIRE(pipe(fd) == 0 && dup2(fd[1], 60) == 60 && dup2(fd[1], 1) == 1);
	make_trace(1);
	options("log_path=fd:60");
	REQUIRE(tl_report_at_exit(0) == 0);
	options("log_path=stdout");
	REQUIRE(tl_report_at_exit(0) == 0);
	REQUIRE(read(fd[0], said, 100) == 10 && !memcmp(said, "seen\nseen\n", 10));
}

static void test_log_descriptor(void **state)
{
	(void)state;
	script("cat >/dev/null; echo seen");
	check(log_descriptor, NULL);
}

/* A reader that has gone is SIGPIPE for whoever writes. */
static void broken_pipe(void)
{
	sigset_t set;
	int fd[2];

	REQUIRE(pipe(fd) == 0 && dup2(fd[1], 2) == 2);
	options("");
	close(fd[0]);
	REQUIRE(tl_report_at_exit(0) == 0); /* writes the clean line itself */
	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGPIPE);
	REQUIRE(tl_report_at_exit(0) == 0);
	REQUIRE(sigpending(&set) == 0 && sigismember(&set, SIGPIPE)); /* the host's own is left */
}

static void test_broken_pipe(void **state)
{
	(void)state;
	check(broken_pipe, NULL);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_gate_fails),
	    CASE(test_gate_passes),
	    CASE(test_unclear_status_fails_gate),
	    CASE(test_unclear_status_without_gate),
	    CASE(test_hand_over),
	    CASE(test_signals_given),
	    CASE(test_descriptors_given),
	    CASE(test_unnoticed),
	    CASE(test_sigchld_ignored),
	    CASE(test_no_number_left),
	    CASE(test_broken_environment),
	    CASE(test_timeout),
	    CASE(test_no_limit),
	    CASE(test_not_reading),
	    CASE(test_short_report),
	    CASE(test_not_executable),
	    CASE(test_lost_records),
	    CASE(test_blind),
	    CASE(test_clean),
	    CASE(test_silent),
	    CASE(test_quiet_when_clean),
	    CASE(test_begin),
	    CASE(test_stderr_closed),
	    CASE(test_stderr_replaced),
	    CASE(test_copy_elsewhere),
	    CASE(test_parent_has_it),
	    CASE(test_file_closed),
	    CASE(test_log_file),
	    CASE(test_log_descriptor),
	    CASE(test_broken_pipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
