/* SPDX-License-Identifier: MIT */
#include "sink_head.h"
#include "options.h"
#include "sink_slots.h"
#include "sys.h"
#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#else
#error "timerleak knows x86-64 and aarch64"
#endif

static struct tl_start start;

/* Of the kernel: most processes never ask again, and the vDSO's pages are three faults. */
static uint64_t now(int clock)
{
	struct timespec ts = {0, 0};

	if (tl_load(&tl_sys_quiet))
		return tl_sys_now(clock);
	tl_syscall(SYS_clock_gettime, clock, (long)&ts, 0, 0, 0, 0);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

void tl_sink_head_begin(void)
{
	start.realtime = now(CLOCK_REALTIME);
	start.monotonic = now(CLOCK_MONOTONIC);
}

const struct tl_start *tl_sink_head_start(void)
{
	return &start;
}

void tl_sink_head_forked(const struct tl_header *parent)
{
	(void)parent;
	start.parent = start.realtime;
	start.forked = true;
	tl_sink_head_begin();
}

static void fill_names(struct tl_header *header)
{
	ssize_t got;
	int fd;

	got = tl_sys_readlink("/proc/self/exe", header->exe, sizeof(header->exe));
	if (got >= (ssize_t)sizeof(header->exe) - 1)
		header->flags |= TL_HDR_EXE_CUT;
	fd = tl_sys_open("/proc/self/cmdline", O_RDONLY, 0);
	if (fd < 0)
		return;
	got = tl_sys_read(fd, header->argv, sizeof(header->argv));
	tl_sys_close(fd);
	header->argv_len = got > 0 ? (uint32_t)got : 0;
	if (header->argv_len == sizeof(header->argv)) {
		header->argv[sizeof(header->argv) - 1] = '\0';
		header->flags |= TL_HDR_ARGV_CUT;
	}
}

static uint8_t heap_mode;
static uint64_t heap_sample;

void tl_sink_head_heap(struct tl_header *header, uint8_t mode, uint64_t sample)
{
	heap_mode = mode;
	heap_sample = sample;
	if (!header)
		return;
	header->heap_mode = mode;
	header->heap_sample = sample;
}

static void fill_limits(struct tl_header *header)
{
	header->heap_mode = heap_mode;
	header->heap_sample = heap_sample;
	header->sigpending_max = header->nofile_max = UINT64_MAX;
}

void tl_sink_head_fill(struct tl_header *header, size_t capacity)
{
	memcpy(header->magic, TL_MAGIC, sizeof(header->magic));
	header->major = TL_MAJOR;
	header->minor = TL_MINOR;
	header->header_size = TL_SINK_FIRST;
	header->endian = TL_ENDIAN;
	header->page_size = 4096;
	header->machine = MACHINE;
	header->pointer_size = sizeof(void *);
	header->flags = start.forked ? TL_HDR_FORKED : 0;
	header->pid = (uint32_t)tl_sys_getpid();
	header->ppid = (uint32_t)tl_syscall(SYS_getppid, 0, 0, 0, 0, 0, 0);
	header->start_realtime = start.realtime;
	header->start = start.monotonic;
	header->parent_start = start.parent;
	header->file_capacity = capacity;
	header->run_main =
	    tl_options.under_run && tl_options.trace_main_pid == (int)header->pid && !start.forked;
	fill_limits(header);
	fill_names(header);
	tl_store_release(&header->bytes_used, TL_SINK_FIRST);
}
