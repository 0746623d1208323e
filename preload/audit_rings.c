/* SPDX-License-Identifier: MIT */
/*
 * io_uring: which timerfds a pending request waits for, and which are registered as files of a
 * ring alone.
 *
 * The kernel does not tell whose a pending request is. fdinfo shows how many wait, by opcode
 * (PollList; a read that finds nothing to read waits there too); the submission entries that are
 * still in the ring's memory tell what was asked for. Those that no later entry cancels may wait.
 * If they are more than do wait, it is not known which of them: then all that could are taken for
 * it, and that is said. What cannot wait for its timer is out: with ticks to be read it would be
 * complete, and a poll of a timer that is not armed is more likely that of a file which had the
 * number before. If the number went to a timer that is armed, nothing tells the two apart. Needs a
 * kernel that lets the mapping be read (6.10); where it does not, nothing is known.
 */
#include "audit_state.h"
#include "fdmap.h"
#include "sink.h"
#include <fcntl.h>
#include <linux/io_uring.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define OPCODES 64

/* Newer than many a header. */
#define READ_MULTISHOT	49
#define POLL_MULTISHOT	(1u << 0) /* in len, as are the next */
#define POLL_UPDATES	(1u << 1 | 1u << 2)
#define CANCEL_FD	(1u << 1)
#define CANCEL_ANY	(1u << 2)
#define CANCEL_FD_FIXED (1u << 3)
#define CANCEL_USERDATA (1u << 4)
#define CANCEL_OP	(1u << 5) /* which is in len */

#define MOST_ENTRIES 32768
#define ENTRIES_AT   "10000000" /* IORING_OFF_SQES, as /proc/PID/maps shows it */
#define FIXED_FILE   (1u << IOSQE_FIXED_FILE_BIT)

struct ring {
	uint64_t inode, mask, tail;
	uint32_t waiting[OPCODES];
	uint32_t asked[OPCODES];		/* different requests that may be those */
	uint32_t timerfds;			/* among its registered files */
	uint64_t start, end;			/* its submission entries */
	struct tl_audit_list requests, cancels; /* struct io_uring_sqe, newest first */
};

static void take_number(const char *line, const char *key, int base, uint64_t *value)
{
	const char *s = line + tl_strlen(key);

	if (!tl_starts(line, key))
		return;
	while (*s == ' ' || *s == '\t')
		s++;
	if (base == 16 && tl_starts(s, "0x"))
		s += 2;
	tl_parse_u64(&s, base, value);
}

static void take_line(struct ring *ring, const char *line)
{
	uint64_t op = OPCODES;

	take_number(line, "ino:", 10, &ring->inode);
	take_number(line, "SqMask:", 16, &ring->mask);
	take_number(line, "SqTail:", 10, &ring->tail);
	take_number(line, "  op=", 10, &op);
	if (op < OPCODES)
		ring->waiting[op]++;
	if (line[0] == ' ' && tl_strstr(line, "[timerfd]"))
		ring->timerfds++;
}

static bool read_info(struct tl_audit *a, int fd, struct ring *ring)
{
	char name[24];

	tl_format(name, sizeof(name), "fdinfo/%d", fd);
	if (!tl_audit_open_lines(a, name))
		return false;
	for (char *line; (line = tl_lines_next(&a->lines)) != NULL;)
		take_line(ring, line);
	tl_lines_close(&a->lines);
	return true;
}

static const char *field(const char *s, int index)
{
	for (; index > 0 && *s; index--) {
		while (*s && *s != ' ')
			s++;
		while (*s == ' ')
			s++;
	}
	return s;
}

/* "7f566de87000-7f566de88000 rw-s 10000000 00:10 2019700    anon_inode:[io_uring]" */
static bool is_entries(const char *line, const struct ring *ring)
{
	const char *s = field(line, 4);
	uint64_t inode;

	return tl_strstr(line, "[io_uring]") && tl_starts(field(line, 2), ENTRIES_AT) &&
	       tl_parse_u64(&s, 10, &inode) && inode == ring->inode;
}

/* Old kernels give all rings one inode: then it is not known whose a mapping is. */
static bool find_entries(struct tl_audit *a, struct ring *ring)
{
	uint32_t found = 0;

	if (!tl_audit_open_lines(a, "maps"))
		return false;
	for (char *line; (line = tl_lines_next(&a->lines)) != NULL;) {
		const char *s = line;

		if (!is_entries(line, ring) || !tl_parse_u64(&s, 16, &ring->start) || *s++ != '-' ||
		    !tl_parse_u64(&s, 16, &ring->end))
			continue;
		found++;
	}
	tl_lines_close(&a->lines);
	return found == 1;
}

/* ---- entries -------------------------------------------------------------------------------- */

static bool takes_expiry(uint8_t op)
{
	return op == IORING_OP_READ || op == IORING_OP_READV || op == IORING_OP_READ_FIXED ||
	       op == IORING_OP_POLL_ADD || op == READ_MULTISHOT;
}

static bool is_fixed(const struct io_uring_sqe *sqe)
{
	return sqe->flags & FIXED_FILE; /* the number is the ring's own */
}

static bool cancels(const struct io_uring_sqe *cancel, const struct io_uring_sqe *sqe)
{
	uint32_t flags = cancel->cancel_flags;

	if (cancel->opcode == IORING_OP_POLL_REMOVE)
		return sqe->opcode == IORING_OP_POLL_ADD && cancel->addr == sqe->user_data;
	if (flags & CANCEL_ANY)
		return true;
	if (flags & CANCEL_FD &&
	    (cancel->fd != sqe->fd || !(flags & CANCEL_FD_FIXED) != !is_fixed(sqe)))
		return false;
	if (flags & CANCEL_OP && cancel->len != sqe->opcode)
		return false;
	return (flags & (CANCEL_FD | CANCEL_OP) && !(flags & CANCEL_USERDATA)) ||
	       cancel->addr == sqe->user_data;
}

static bool keep(struct tl_audit_list *list, const struct io_uring_sqe *sqe)
{
	struct io_uring_sqe *kept = tl_audit_push(list, sizeof(*kept));

	if (kept)
		*kept = *sqe;
	return kept != NULL;
}

static bool take_cancel(struct ring *ring, const struct io_uring_sqe *sqe)
{
	if (sqe->opcode == IORING_OP_POLL_REMOVE && sqe->len & POLL_UPDATES)
		return true;
	if (sqe->opcode != IORING_OP_ASYNC_CANCEL && sqe->opcode != IORING_OP_POLL_REMOVE)
		return false;
	keep(&ring->cancels, sqe);
	return true;
}

static bool was_cancelled(const struct ring *ring, const struct io_uring_sqe *sqe)
{
	const struct io_uring_sqe *cancel = ring->cancels.items;

	for (size_t i = 0; i < ring->cancels.used; i++)
		if (cancels(&cancel[i], sqe))
			return true;
	return false;
}

/* Reads of these never wait. A request for a file that was closed since goes on. */
static bool is_plain_file(int fd)
{
	uint32_t type;

	return tl_sys_fd_type(fd, &type) && (type == S_IFREG || type == S_IFDIR);
}

/* A loop asks the same again and again, and one of these waits at a time. */
static bool is_known(const struct ring *ring, const struct io_uring_sqe *sqe)
{
	const struct io_uring_sqe *known = ring->requests.items;

	for (size_t i = 0; i < ring->requests.used; i++)
		if (known[i].opcode == sqe->opcode && known[i].fd == sqe->fd &&
		    known[i].user_data == sqe->user_data && is_fixed(&known[i]) == is_fixed(sqe))
			return true;
	return false;
}

static void take_entry(struct ring *ring, const struct io_uring_sqe *sqe)
{
	if (take_cancel(ring, sqe) || !takes_expiry(sqe->opcode) ||
	    ring->waiting[sqe->opcode] == 0 || was_cancelled(ring, sqe) ||
	    (!is_fixed(sqe) && is_plain_file(sqe->fd)) || is_known(ring, sqe))
		return;
	if (keep(&ring->requests, sqe))
		ring->asked[sqe->opcode]++;
}

static void take_entries(struct tl_audit *a, struct ring *ring)
{
	uint64_t count = ring->mask + 1;
	uint64_t mapped = ring->end - ring->start;
	uint64_t size = mapped > count * 64 + 4095 ? 128 : 64; /* IORING_SETUP_SQE128 */
	struct io_uring_sqe sqe;

	if (count > MOST_ENTRIES || count * size > mapped)
		return;
	for (uint64_t i = 1; i <= count && i <= ring->tail; i++) {
		uint64_t at = (ring->tail - i) & ring->mask;

		if (!tl_audit_peek(a, ring->start + at * size, &sqe, sizeof(sqe)) ||
		    (i % 64 == 0 && tl_audit_late(a)))
			return;
		take_entry(ring, &sqe);
	}
}

/* A read of eight bytes is one of a timerfd, and may be there before the timer is set. A poll that
 * stays after it was answered may stay while there are ticks. */
static bool can_wait(const struct io_uring_sqe *sqe, const struct tl_audit_mark *mark,
		     bool all_wait)
{
	bool poll = sqe->opcode == IORING_OP_POLL_ADD;
	bool eight = (sqe->opcode == IORING_OP_READ || sqe->opcode == IORING_OP_READ_FIXED) &&
		     sqe->len == sizeof(uint64_t);

	if (mark->facts & TL_FACT_TICKS && !(poll && sqe->len & POLL_MULTISHOT))
		return false;
	return (eight && all_wait) || mark->facts & TL_FACT_ARMED;
}

static void mark_waited_for(struct tl_audit *a, const struct ring *ring)
{
	const struct io_uring_sqe *requests = ring->requests.items;

	for (size_t i = 0; i < ring->requests.used; i++) {
		const struct io_uring_sqe *sqe = &requests[i];
		struct tl_audit_mark *mark = is_fixed(sqe) ? NULL : tl_audit_fd_mark(a, sqe->fd);
		bool all_wait = ring->asked[sqe->opcode] <= ring->waiting[sqe->opcode];

		if (!mark || !can_wait(sqe, mark, all_wait))
			continue;
		mark->facts |= TL_FACT_IN_RING;
		if (!all_wait)
			tl_sink_note(TL_NOTE_IO_URING,
				     "an io_uring was asked for more than it waits for: some "
				     "timers are held by a request that may be complete");
	}
}

static void look_at_entries(struct tl_audit *a, struct ring *ring)
{
	take_entries(a, ring);
	mark_waited_for(a, ring);
	tl_audit_list_free(&ring->requests);
	tl_audit_list_free(&ring->cancels);
}

static bool any_waits(const struct ring *ring)
{
	for (uint32_t op = 0; op < OPCODES; op++)
		if (ring->waiting[op] && takes_expiry((uint8_t)op))
			return true;
	return false;
}

/* ---- registered files ----------------------------------------------------------------------- */

static bool any_open(struct tl_audit *a)
{
	struct tl_audit_mark *mark;

	for (uint32_t i = 0; i < a->count; i++)
		if (tl_audit_slot(a, i, TL_TIMERFD, &mark) && mark->fd >= 0)
			return true;
	return a->header->untracked_timerfd > 0;
}

/* Whether a registered file is one of the open ones as well, or of another slot or ring, cannot be
 * asked. Only with none open is it proven that there is one without a descriptor. */
static void count_registered(struct tl_audit *a)
{
	tl_sink_note(TL_NOTE_IO_URING, "an io_uring has timerfds among its registered files: those "
				       "that are closed otherwise live on there, and count as "
				       "stopped or untracked");
	if (!any_open(a))
		a->header->untracked_timerfd = 1;
}

void tl_audit_rings(struct tl_audit *a)
{
	const struct tl_audit_fd *items = a->fds.items;
	bool registered = false;

	for (size_t i = 0; i < a->fds.used && a->evidence & TL_EV_FDS; i++) {
		struct ring ring = {0};

		if (items[i].kind != TL_AUDIT_RING || tl_audit_late(a) ||
		    !read_info(a, items[i].fd, &ring))
			continue;
		registered |= ring.timerfds > 0;
		if (any_waits(&ring) && find_entries(a, &ring))
			look_at_entries(a, &ring);
	}
	if (registered)
		count_registered(a);
}
