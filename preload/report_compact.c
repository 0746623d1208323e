/* SPDX-License-Identifier: MIT */
#include "report_compact.h"
#include "out.h"
#include "report_names.h"
#include "sink.h"
#include "sys.h"

#define SITES_SHOWN  20
#define FRAMES_SHOWN 12

/* Whole lines are collected and written at once: other writers' lines stay whole too. */
static TL_BEGIN struct {
	char text[4096];
	size_t length;
	int fd, pid;
} page; /* the stack may be a small one */

static void flush(void)
{
	if (page.length)
		tl_out_write(page.fd, page.text, page.length);
	page.length = 0;
}

static void open_page(int fd)
{
	page.fd = fd;
	page.length = 0;
	page.pid = tl_sys_getpid();
}

static void add_line(const char *format, va_list args)
{
	size_t room = sizeof(page.text) - page.length - 1;
	size_t wanted = (size_t)tl_vformat(page.text + page.length, room, format, args);

	page.length += wanted < room ? wanted : room - 1;
	page.text[page.length++] = '\n';
}

static void TL_PRINTF(1, 2) line(const char *format, ...)
{
	va_list args;

	if (page.length + 1024 > sizeof(page.text))
		flush();
	page.length += (size_t)tl_format(page.text + page.length, 32, "==%d== ", page.pid);
	va_start(args, format);
	add_line(format, args);
	va_end(args);
}

/* The last line, for grep: without the pid in front. */
static void TL_PRINTF(1, 2) summary(const char *format, ...)
{
	va_list args;

	if (page.length + 1024 > sizeof(page.text))
		flush();
	va_start(args, format);
	add_line(format, args);
	va_end(args);
	flush();
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* ---- sites ---------------------------------------------------------------------------------- */

/* Live timers by site; by tl_sys_mmap, NULL if nothing can be had. */
static uint32_t *count_sites(uint32_t sites)
{
	uint32_t *counts = sites ? tl_sys_mmap(sites * sizeof(*counts)) : NULL;
	uint32_t timers = tl_sink_timer_count();

	for (uint32_t i = 0; counts && i < timers; i++) {
		const struct tl_timer *timer = tl_sink_timer(i);

		if (timer && tl_facts_live(timer) && timer->site < sites)
			counts[timer->site]++;
	}
	return counts;
}

static uint32_t leaking_sites(const uint32_t *counts, uint32_t sites)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < sites; i++)
		n += counts[i] != 0;
	return n;
}

static uint32_t biggest(const uint32_t *counts, uint32_t sites)
{
	uint32_t best = 0;

	for (uint32_t i = 1; i < sites; i++)
		if (counts[i] > counts[best])
			best = i;
	return best;
}

static void show_frame(unsigned number, const struct tl_frame *frame)
{
	const struct tl_module *module = tl_facts_module(tl_frame_module(frame->at));
	unsigned long long offset = tl_frame_offset(frame->at);
	char name[128];

	if (!module)
		line("    #%u 0x%llx", number, offset);
	else if (tl_report_name(module, offset, name, sizeof(name)))
		line("    #%u %s (%s+0x%llx)", number, name, module->path, offset);
	else
		line("    #%u %s+0x%llx", number, module->path, offset);
}

static void show_site(const struct tl_site *site, uint32_t live)
{
	const struct tl_stack *stack = tl_facts_stack(site->stack);
	const struct tl_frame *frame = stack ? tl_facts_frame(stack->frame) : NULL;

	line("%u %s%s not stopped, of %llu created here:", live,
	     site->kind == TL_TIMERFD ? "timerfd" : "POSIX timer", plural(live),
	     (unsigned long long)tl_load(&site->created));
	if (!frame)
		line("    (no stack was recorded)");
	for (unsigned i = 0; frame && i < FRAMES_SHOWN; i++, frame = tl_facts_frame(frame->caller))
		show_frame(i, frame);
}

static void show_sites(uint32_t *counts, uint32_t sites, uint32_t leaking)
{
	for (uint32_t shown = 0; shown < leaking && shown < SITES_SHOWN; shown++) {
		uint32_t i = biggest(counts, sites);
		const struct tl_site *site = tl_sink_site(i);

		if (site)
			show_site(site, counts[i]);
		counts[i] = 0;
	}
	if (leaking > SITES_SHOWN)
		line("and %u more sites", leaking - SITES_SHOWN);
}

/* ---- the report ----------------------------------------------------------------------------- */

static void show_rest(const struct tl_facts *facts)
{
	const char *path = tl_sink_path();

	if (facts->untracked)
		line("%llu timer%s that no hook saw being made",
		     (unsigned long long)facts->untracked, plural(facts->untracked));
	if (facts->inherited_exec)
		line("%llu timerfd%s came through exec: TFD_CLOEXEC was missing",
		     (unsigned long long)facts->inherited_exec, plural(facts->inherited_exec));
	if (facts->incomplete)
		line("records were lost: the numbers are too low");
	if (path)
		line("functions, lines and verdicts: timerleak report %s", path);
	else if (tl_sink_active())
		line("the trace could not be saved");
}

void tl_report_compact(int fd, const struct tl_facts *facts, const char *why)
{
	uint32_t *counts = count_sites(facts->sites);
	uint32_t leaking = counts ? leaking_sites(counts, facts->sites) : 0;

	open_page(fd);
	line("timerleak: short report without verdicts: %s", why);
	if (counts)
		show_sites(counts, facts->sites, leaking);
	show_rest(facts);
	if (facts->live)
		summary("SUMMARY: timerleak: %llu timer%s not stopped at %u site%s",
			(unsigned long long)facts->live, plural(facts->live), leaking,
			plural(leaking));
	else
		summary("SUMMARY: timerleak: 0 timers leaked");
	if (counts)
		tl_sys_munmap(counts, facts->sites * sizeof(*counts));
}

void tl_report_clean_line(int fd)
{
	open_page(fd);
	summary("SUMMARY: timerleak: 0 timers leaked");
}
