/* SPDX-License-Identifier: MIT */
/*
 * io_uring: which timerfds a pending request waits for, and which are registered as files of a
 * ring alone.
 *
 * The kernel does not tell whose a pending request is. fdinfo shows how many wait, by opcode
 * (PollList; a read that finds nothing to read waits there too); the submission entries that are
 * still in the ring's memory tell what was asked for. The newest entries of an opcode, as many as
 * wait, are taken for those that do, unless a later entry cancels them. Needs a kernel that lets
 * the mapping be read (6.10); where it does not, nothing is known.
 */
#include "audit_state.h"
#include "fdmap.h"
#include "sink.h"
#include <fcntl.h>
#include <linux/io_uring.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define OPCODES	       64
#define MOST_CANCELS   64
#define READ_MULTISHOT 49 /* newer than many a header */
#define MOST_ENTRIES   32768
#define ENTRIES_AT     "10000000" /* IORING_OFF_SQES, as /proc/PID/maps shows it */
#define FIXED_FILE     (1u << IOSQE_FIXED_FILE_BIT)

struct ring {
	uint64_t inode, mask, tail;
	uint32_t waiting[OPCODES];
	uint32_t timerfds;   /* among its registered files */
	uint64_t start, end; /* its submission entries */
	uint64_t cancelled[MOST_CANCELS];
	uint32_t cancels;
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

static bool was_cancelled(struct ring *ring, const struct io_uring_sqe *sqe)
{
	for (uint32_t i = 0; i < ring->cancels; i++)
		if (ring->cancelled[i] == sqe->user_data)
			return true;
	return false;
}

/* Reads of these never wait. */
static bool is_plain_file(int fd)
{
	struct stat st;

	return tl_syscall(SYS_fstat, fd, (long)&st, 0, 0, 0, 0) != 0 ||
	       (st.st_mode & S_IFMT) == S_IFREG || (st.st_mode & S_IFMT) == S_IFDIR;
}

static void take_entry(struct tl_audit *a, struct ring *ring, const struct io_uring_sqe *sqe)
{
	bool fixed = sqe->flags & FIXED_FILE; /* the number is the ring's own */
	struct tl_audit_mark *mark;

	if (sqe->opcode == IORING_OP_ASYNC_CANCEL || sqe->opcode == IORING_OP_POLL_REMOVE) {
		if (ring->cancels < MOST_CANCELS)
			ring->cancelled[ring->cancels++] = sqe->addr;
		return;
	}
	if (!takes_expiry(sqe->opcode) || ring->waiting[sqe->opcode] == 0 ||
	    was_cancelled(ring, sqe) || (!fixed && is_plain_file(sqe->fd)))
		return;
	ring->waiting[sqe->opcode]--;
	mark = fixed ? NULL : tl_audit_fd_mark(a, sqe->fd);
	if (mark)
		mark->facts |= TL_FACT_IN_RING;
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

		if (!tl_audit_peek(a, ring->start + at * size, &sqe, sizeof(sqe)))
			return;
		take_entry(a, ring, &sqe);
	}
}

static bool any_waits(const struct ring *ring)
{
	for (uint32_t op = 0; op < OPCODES; op++)
		if (ring->waiting[op] && takes_expiry((uint8_t)op))
			return true;
	return false;
}

/* ---- registered files ----------------------------------------------------------------------- */

static uint32_t count_open(struct tl_audit *a)
{
	struct tl_audit_mark *mark;
	uint32_t n = a->header->untracked_timerfd;

	for (uint32_t i = 0; i < a->count; i++)
		n += tl_audit_slot(a, i, TL_TIMERFD, &mark) && mark->fd >= 0;
	return n;
}

/* Whether a registered file is one of the open ones as well cannot be asked. More of them than are
 * open prove that some have no descriptor any more. */
static void count_registered(struct tl_audit *a, uint32_t registered)
{
	uint32_t open = count_open(a);

	tl_sink_note(TL_NOTE_IO_URING, "an io_uring has timerfds among its registered files: those "
				       "that are closed otherwise live on there, and count as "
				       "stopped or untracked");
	if (registered > open)
		a->header->untracked_timerfd += registered - open;
}

void tl_audit_rings(struct tl_audit *a)
{
	const struct tl_audit_fd *items = a->fds.items;
	uint32_t registered = 0;

	for (size_t i = 0; i < a->fds.used && a->evidence & TL_EV_FDS; i++) {
		struct ring ring = {0};

		if (items[i].kind != TL_AUDIT_RING || tl_audit_late(a) ||
		    !read_info(a, items[i].fd, &ring))
			continue;
		registered += ring.timerfds;
		if (any_waits(&ring) && find_entries(a, &ring))
			take_entries(a, &ring);
	}
	if (registered > 0)
		count_registered(a, registered);
}
