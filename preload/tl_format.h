/* SPDX-License-Identifier: MIT */
/*
 * tl_format.h - the trace file, as the shim writes it and the analyzer reads it.
 *
 * The file *is* the table: each live timer owns one slot that the shim updates in place through a
 * MAP_SHARED mapping, so whatever the process had recorded when it died is in the file, without a
 * flush. Its size follows sites, stacks and live timers, never the number of calls.
 *
 * Layout: one header page, then chunks, back to back, each a whole number of pages:
 *
 *   [tl_header 4096][tl_chunk 64 | slots ...][tl_chunk 64 | slots ...] ... up to header.bytes_used
 *
 * The first chunk begins at header.header_size, which may leave a hole behind the header.
 *
 * Rules for readers
 *   - Native byte order and alignment; header.endian tells a foreign file.
 *   - Everything past header.bytes_used is unused, and the file is sparse up to file_capacity.
 *   - Walk chunks by tl_chunk.size. Skip chunks of an unknown kind. Step slots by
 * tl_chunk.slot_size (the file's, which may be larger than the reader's struct: a minor version
 * adds fields at the tail), tl_chunk.used of them. Timers lie as tl_timer_offset tells.
 *   - A slot counts only if its first word, `state`, is not TL_SLOT_EMPTY: it is stored last, with
 *     release order. The writer may be alive and writing while the file is read. Frames have no
 *     state: one counts as soon as it is within tl_chunk.used.
 *   - Slots refer to each other by index, counted over all chunks of a kind in file order, from 0;
 *     TL_NONE means none. Never trust one: check it against the number of slots that were read.
 *   - In a trace that is being written a stack may be there before its frame is: what it names can
 *     lie in a chunk that had been read by then.
 *
 * Units: times are nanoseconds of CLOCK_MONOTONIC, 0 = never; sizes are bytes; ids are Linux tids.
 *
 * Counters that several threads write are updated with relaxed atomics; a reader of a live trace
 * sees each of them whole, but not all of them from the same instant.
 */
#ifndef TL_FORMAT_H
#define TL_FORMAT_H

#include <stdint.h>

#define TL_MAGIC       "TMRLEAK" /* 8 bytes with its NUL */
#define TL_MAJOR       3 /* a reader refuses a newer one; of 1 see trace_read_1.h, of 2 timer.h */
#define TL_MINOR       0
#define TL_ENDIAN      0x01020304u
#define TL_HEADER_SIZE 4096u
#define TL_CHUNK_MAGIC 0x4b4c5454u /* "TTLK" */
#define TL_NONE	       0xffffffffu
#define TL_MAX_DEPTH   256u  /* frames in one stack; the shim writes up to 64 */
#define TL_HEAP_ONE    1024u /* one object: a sampled block stands for several, and for parts */
#define TL_RETAINED_AT 3
#define TL_POINTS      64
#define TL_POINT_SHIFT 20 /* the finest interval of a series: 2^20 ns */

/* ---- header ------------------------------------------------------------------------------- */

/* tl_timer.id of a timer made through GLIBC_2.2.5's functions: libc's own small number, which the
 * kernel does not know, with this bit. */
#define TL_ID_OLD_LIBC 0x4000000000000000ull

/* How the process image ended; 0 until it has. Only the launcher, which reaps, writes SIGNAL. */
enum tl_end_state {
	TL_END_RUNNING = 0, /* or died unseen: whoever asks must look whether the process lives */
	TL_END_EXIT = 1,    /* exit() or return from main */
	TL_END__EXIT = 2,   /* _exit, _Exit, exit_group */
	TL_END_QUICK_EXIT = 3,
	TL_END_EXEC = 4,
	TL_END_SIGNAL = 5,
};

/* header.flags */
#define TL_HDR_EXE_CUT	    0x1u  /* exe did not fit */
#define TL_HDR_ARGV_CUT	    0x2u  /* argv did not fit */
#define TL_HDR_FORKED	    0x4u  /* image began by fork, not by exec */
#define TL_HDR_QUIET	    0x8u  /* went quiet (seccomp): no audit was possible */
#define TL_HDR_LIMITS	    0x10u /* the four limit fields below are valid */
#define TL_HDR_FORK_INEXACT 0x20u /* a fork happened that no handler saw (_Fork, raw clone) */

/* header.evidence: which parts of the end-of-process evidence were gathered in full */
#define TL_EV_DONE    0x1u  /* the end was reached and evidence gathering ran to its end */
#define TL_EV_TIMERS  0x2u  /* /proc/self/timers was read: facts of POSIX timers are valid */
#define TL_EV_FDS     0x4u  /* /proc/self/fd(info) was read: facts of timerfds are valid */
#define TL_EV_HOLDERS 0x8u  /* places were looked at */
#define TL_EV_TASKS   0x10u /* /proc/self/task/TID/syscall was readable: BLOCKED_ON is valid */
#define TL_EV_EPOLL   0x20u /* fdinfo of epoll descriptors was read */
#define TL_EV_PENDING 0x40u /* pending signals were read */
#define TL_EV_HEAP    0x80u /* the map of live blocks was whole; heap_live_* are valid */
#define TL_EV_REACH \
	0x100u /* the heap was marked to the end: UNREACHABLE is valid, retained exact */
#define TL_EV_REACH_CUT                                                          \
	0x200u /* marking was cut short: what was found reachable is so, nothing \
		* is called unreachable, retained is a lower bound */

/* A child's death, of which its own trace cannot tell. */
struct tl_killed {
	uint32_t pid;
	int32_t signal;
	uint64_t time; /* when it was reaped */
};

struct tl_header {
	char magic[8];
	uint16_t major, minor;
	uint32_t header_size;
	uint32_t endian;
	uint32_t page_size;
	uint16_t machine; /* ELF e_machine */
	uint8_t pointer_size;
	uint8_t heap_mode; /* 0 off, 1 sampled, 2 full */
	uint32_t flags;	   /* TL_HDR_*, atomic */

	uint32_t pid, ppid;
	uint64_t start_realtime; /* CLOCK_REALTIME ns at which the image began */
	uint64_t start;		 /* the same instant, CLOCK_MONOTONIC */
	uint64_t parent_start;	 /* start_realtime of the parent's image if it was forked, else 0 */

	uint64_t file_capacity; /* bytes mapped */
	uint64_t bytes_used;	/* atomic; a multiple of page_size */
	uint64_t last_op;	/* atomic; time of the last create, set, drain or stop */

	/* What could not be recorded; any of them above 0 makes the trace incomplete. Atomic. */
	uint64_t lost_timers, lost_stacks, lost_sites, lost_modules;

	uint32_t end_state; /* enum tl_end_state, atomic */
	int32_t end_status; /* exit status, or the signal for TL_END_SIGNAL */
	uint64_t end;	    /* time of the end, 0 = not seen */
	uint32_t end_tid;   /* thread that called exit */
	uint32_t evidence;  /* TL_EV_*, stored last, release */

	uint32_t untracked_posix; /* the kernel shows them, no hook saw them being made */
	uint32_t untracked_timerfd;
	uint32_t inherited_fork; /* timerfds that came from the parent by fork */
	uint32_t inherited_exec; /* timerfds that came through exec: close-on-exec was missing */
	uint32_t gone_unseen;	 /* ours, but gone at the audit: stopped by a call no hook saw */
	uint32_t
	    pending_shared; /* of the timers with TL_FACT_PENDING, those that share their signal */

	uint64_t sigpending_used,
	    sigpending_max; /* RLIMIT_SIGPENDING; max UINT64_MAX = unlimited */
	uint64_t nofile_used, nofile_max;

	uint32_t children;	 /* atomic count of forks that inherited a tracked timerfd */
	uint32_t child_pids[32]; /* pids of the newest of them, child_pids[i % 32] */
	uint32_t run_main;	 /* 1: the image that `timerleak run` started itself */

	uint64_t heap_sample; /* mean bytes between two sampled blocks; 0 unless heap_mode is 1 */
	uint64_t heap_lost;   /* atomic; blocks that the map could not take */
	uint64_t heap_live_blocks, heap_live_bytes; /* at the end, exact, in usable bytes */
	uint64_t reach_time; /* ns that marking took, 0 = it was not needed */

	uint32_t killed; /* atomic count of children that this process reaped, dead by a signal */
	uint32_t reserved1;
	struct tl_killed killed_by[32]; /* the newest of them, killed_by[i % 32] */

	uint8_t reserved[120];
	char exe[1024];	 /* absolute path, NUL-terminated */
	char argv[2048]; /* arguments, each NUL-terminated; argv_len bytes in all */
	uint32_t argv_len;
	uint32_t reserved2;
};

/* ---- chunks ------------------------------------------------------------------------------- */

enum tl_chunk_kind {
	TL_CHUNK_MODULE = 1,  /* tl_module */
	TL_CHUNK_STACK = 2,   /* tl_stack */
	TL_CHUNK_SITE = 3,    /* tl_site */
	TL_CHUNK_CREATOR = 4, /* tl_creator */
	TL_CHUNK_TIMER = 5,   /* tl_timer and tl_timer_more: see there */
	TL_CHUNK_NOTE = 6,    /* tl_note */
	TL_CHUNK_HEAP = 7,    /* tl_heap_stack */
	TL_CHUNK_FRAME = 8,   /* tl_frame */
	TL_CHUNK_KINDS
};

struct tl_chunk {
	uint32_t magic; /* TL_CHUNK_MAGIC */
	uint32_t kind;	/* enum tl_chunk_kind */
	uint64_t size;	/* bytes, this header included; a multiple of page_size */
	uint32_t slot_size;
	uint32_t capacity; /* slots that fit */
	uint32_t used;	   /* atomic; slots in use, each committed before it was counted */
	uint32_t reserved[9];
};

/* First word of every slot but a frame. */
enum tl_slot_state {
	TL_SLOT_EMPTY = 0,
	TL_SLOT_LIVE = 1,
	TL_SLOT_FREE = 2, /* a timer that was stopped (its slot awaits reuse), an ended creator */
	TL_SLOT_INHERITED = 3, /* a timerfd of another process image: never counted as created */
	TL_SLOT_STOPPING = 4,  /* a delete is under way; counts as live; not made any more */
};

/* ---- modules and stacks ------------------------------------------------------------------- */

#define TL_MOD_EXE	0x1u
#define TL_MOD_SHIM	0x2u /* libtimerleak.so itself */
#define TL_MOD_LIBC	0x4u /* libc, libpthread, ld.so */
#define TL_MOD_UNLOADED 0x8u /* dlclosed meanwhile */
#define TL_MOD_PATH_CUT 0x10u
#define TL_MOD_VDSO	0x20u
#define TL_MOD_UNWIND	0x40u /* libunwind, which the shim uses */

/* A loaded object. Never removed: frames of a plugin keep their name after dlclose. */
struct tl_module {
	uint32_t state;
	uint32_t flags;	      /* TL_MOD_*, atomic */
	uint64_t bias;	      /* l_addr: run-time address = bias + ELF virtual address */
	uint64_t start, end;  /* run-time range of its PT_LOAD segments */
	uint8_t build_id_len; /* 0 if it has none */
	uint8_t build_id[32];
	uint8_t reserved[7];
	char path[440]; /* absolute, NUL-terminated; of the executable, /proc/self/exe's target */
};

/* A return address, the instruction after a call, as a node of the tree that stacks with the same
 * callers share. at: module << 48 | ELF virtual address (address - bias); of what no module covers
 * (JIT code, a stack nobody mapped), or what does not fit, the low 48 bits of the address. */
struct tl_frame {
	uint64_t at; /* see tl_frame_at */
	uint32_t
	    caller;	/* index of the frame that called it, always a smaller one; TL_NONE: none */
	uint32_t stack; /* the shim's own: the stack whose innermost frame it is, or TL_NONE */
};

#define TL_FRAME_SHIFT	   48
#define TL_FRAME_NO_MODULE 0xffffu /* modules have smaller indexes */

static inline uint64_t tl_frame_at(uint32_t module, uint64_t offset)
{
	uint64_t low = offset & ((1ull << TL_FRAME_SHIFT) - 1);
	uint64_t high = module < TL_FRAME_NO_MODULE && low == offset ? module : TL_FRAME_NO_MODULE;

	return high << TL_FRAME_SHIFT | low;
}

static inline uint32_t tl_frame_module(uint64_t at)
{
	uint32_t module = (uint32_t)(at >> TL_FRAME_SHIFT);

	return module == TL_FRAME_NO_MODULE ? TL_NONE : module;
}

static inline uint64_t tl_frame_offset(uint64_t at)
{
	return at & ((1ull << TL_FRAME_SHIFT) - 1);
}

#define TL_STACK_CUT	 0x1u /* deeper than stack_depth */
#define TL_STACK_PC_ONLY 0x2u /* the caller alone: unwinding was not possible there */
#define TL_STACK_FP	 0x4u /* by frame pointers, for want of anything better */
#define TL_STACK_LOST	 0x8u /* who called the outermost frame could not be found out */

/* The shim's own frames are left out: the innermost one is in the caller of the create function. */
struct tl_stack {
	uint32_t state;
	uint16_t depth; /* frames, with all callers */
	uint16_t flags; /* TL_STACK_* */
	uint32_t frame; /* index of the innermost one */
	/* The shim's own, indexes or TL_NONE: sites by enum tl_timer_kind, counters of the heap. */
	uint32_t site[2];
	uint32_t heap;
};

/* ---- sites and creators ------------------------------------------------------------------- */

enum tl_timer_kind { TL_POSIX = 0, TL_TIMERFD = 1 };

enum tl_hazard {
	TL_HAZ_SPIN = 0,
	TL_HAZ_SHORT_READ = 1,
	TL_HAZ_STALE_SIGNAL = 2,
	TL_HAZ_FREED_PAYLOAD = 3,
	TL_HAZ_CLOSED_IN_EPOLL = 4,
	TL_HAZ_CLOEXEC_MISSING = 5,
	TL_HAZARDS
};

/* Blocks of one allocation stack that timers of a site keep alive; objects in 1/TL_HEAP_ONE. */
struct tl_retained {
	uint32_t heap; /* index of a tl_heap_stack; bytes 0: no entry */
	uint32_t reserved;
	uint64_t objects, bytes;
};

/* The live timers of a site in one interval: how many at its end, the most at once. high 0: nothing
 * was made or stopped in it, the count is that of the interval before. */
struct tl_point {
	uint32_t live, high;
};

/* A timer kind and a creation stack. What its stopped timers were lives on here. */
struct tl_site {
	uint32_t state;
	uint32_t kind;		    /* enum tl_timer_kind */
	uint32_t stack;		    /* stack index or TL_NONE */
	uint32_t live_high;	    /* most timers alive at once */
	uint64_t created, stopped;  /* atomic; timers, not calls that failed */
	uint64_t longest, shortest; /* lifetimes of stopped ones, ns; shortest UINT64_MAX if none */
	uint64_t first_create, last_create;
	uint32_t failed_eagain, failed_emfile, failed_enomem, failed_other; /* create calls */
	uint32_t hazards[8]; /* by enum tl_hazard, atomic; timers or events as the hazard has it */
	/* Found at the end: where most of what its live timers retain was allocated (sampled mode:
	 * an estimate), and what its stopped timers left behind: payloads that nothing leads to. */
	struct tl_retained retained_at[TL_RETAINED_AT];
	uint64_t left_blocks, left_bytes;
	struct tl_retained left_at;
	uint64_t live; /* atomic; the shim's own: for a reader live timers are created - stopped */
	uint64_t reserved[3];

	/*
	 * Since minor 2: the live timers over time, in intervals of 2^line_shift ns that are
	 * numbered from 1970, so that those of different processes line up; times are header.start
	 * and what CLOCK_MONOTONIC added to it, in CLOCK_REALTIME. line_shift 0: no timer yet.
	 * When all points are taken, intervals double. That is under way, or was cut short, where
	 * line_begin differs from line_end: who reads upwards and finds them equal has a series.
	 */
	uint32_t line_end;
	uint32_t line_shift;
	uint64_t line_first; /* number of the first interval */
	struct tl_point line[TL_POINTS];
	uint32_t line_begin;
	uint32_t reserved2[11];
};
#define TL_SITE_SIZE_1 256 /* of minor 1 */

/* One thread's part in a site. Kept while it has live timers, recycled afterwards. */
struct tl_creator {
	uint32_t state;
	uint32_t site;
	uint32_t tid;
	uint32_t live;
	uint64_t created, stopped;
	uint64_t first_create, last_create;
	uint64_t reserved[2];
};

/* ---- heap --------------------------------------------------------------------------------- */

/* What was allocated by one stack: bytes as malloc_usable_size tells them, objects in
 * 1/TL_HEAP_ONE. Exact with heap_mode 2; with 1 unbiased estimates from sampled blocks. realloc
 * ends one block and begins another. Counters are atomic. A stack may have several, whose sum
 * counts. */
struct tl_heap_stack {
	uint32_t state;
	uint32_t stack; /* index; TL_NONE: blocks whose stack is not known */
	uint64_t alloc_objects, alloc_bytes;
	uint64_t live_objects, live_bytes;
	uint64_t reserved[3];
};

/* ---- timers ------------------------------------------------------------------------------- */

enum tl_notify {
	TL_NOTIFY_NONE = 0,
	TL_NOTIFY_SIGNAL = 1,
	TL_NOTIFY_THREAD = 2,
	TL_NOTIFY_THREAD_ID = 3
};

/* tl_timer.flags, atomic: what happened to it */
#define TL_F_ARM_FAILED	 0x1u /* the last arming failed, none had succeeded, no call since */
#define TL_F_OVERWRITTEN 0x2u /* another handle was written over it in its place */
#define TL_F_DISARMED	 0x4u /* the last set gave a zero value */
#define TL_F_ABSOLUTE	 0x8u /* the last set was absolute */
#define TL_F_NONBLOCK	 0x10u
#define TL_F_CLOEXEC	 0x20u	 /* as created; fcntl may have changed it */
#define TL_F_RAW	 0x40u	 /* made by syscall() */
#define TL_F_DUPED	 0x80u	 /* had more than one descriptor */
#define TL_F_SHARED	 0x100u	 /* sent over a socket: may be drained elsewhere */
#define TL_F_BY_FORK	 0x200u	 /* INHERITED slots: came by fork */
#define TL_F_BY_EXEC	 0x400u	 /* INHERITED slots: came through exec */
#define TL_F_SPIN	 0x800u	 /* counted as a spin already */
#define TL_F_INT_PLACE	 0x2000u /* its place is a 4-byte int: GLIBC_2.2.5, raw system call */
#define TL_F_EPOLL_UNSERVED                                                  \
	0x1000u /* fired, reported by epoll_wait, and the same thread waited \
		   there again without read, settime or MOD */
#define TL_F_PLACE_FREED \
	0x4000u /* the block of its place was freed while it held the handle, unused since */
#define TL_F_PLACE_UNLOADED                                                                      \
	0x8000u			    /* with PLACE_FREED: its module, holder_module, was unloaded \
				     */
#define TL_F_PLACE_AT_EXIT 0x10000u /* its block was freed inside exit(), holding the handle */
#define TL_F_PAYLOAD_FREED 0x20000u /* the block that its payload points into was freed */
#define TL_F_PAYLOAD_MOVED 0x40000u /* with PAYLOAD_FREED: realloc moved it */
#define TL_F_PAYLOAD_SAID  0x80000u /* counted as a hazard freed_payload already */
#define TL_F_PLACE_IN_LIBRARY \
	0x100000u /* when a library was last closed, its place was in one and held the handle */

#define TL_F_TIED 0x200000u /* the shim's own: other tables than that of ids know it */
/* The shim's own, of ties_queue.h. */
#define TL_F_TIE_PLACE	 0x400000u  /* its place lies in a heap block: a tie to be made */
#define TL_F_TIE_PAYLOAD 0x800000u  /* its payload does */
#define TL_F_QUEUED	 0x1000000u /* in the queue */
#define TL_F_ENDED	 0x2000000u /* stopped: its ties are to go, then its slot is free */
#define TL_F_REPORTED	 0x4000000u /* the shim's own: `reported` may not be 0 */
#define TL_F_REGISTERED	 0x8000000u /* in an epoll set, when that was last asked for */

/* tl_timer_more.facts: what was seen at the end, valid where header.evidence says so */
#define TL_FACT_SEEN	   0x1u	 /* the kernel shows it */
#define TL_FACT_GONE	   0x2u	 /* the kernel does not: stopped by a call no hook saw */
#define TL_FACT_TICKS	   0x4u	 /* timerfd: expirations unread */
#define TL_FACT_PENDING	   0x8u	 /* POSIX: its signal is blocked and pending */
#define TL_FACT_BLOCKED_ON 0x10u /* thread service_tid waits for it in a system call */
#define TL_FACT_IN_CHILD   0x20u /* a process forked from this one still has the timerfd */
#define TL_FACT_IN_EPOLL   0x40u /* registered in an epoll set that is open */
#define TL_FACT_ARMED	   0x80u /* the kernel shows time left, or a period */
#define TL_FACT_UNREACHABLE                                                                      \
	0x100u			     /* its place holds the handle, in a live heap block that no \
				      * writable mapping leads to */
#define TL_FACT_PAYLOAD_LEADS 0x200u /* its payload leads to that block */
#define TL_FACT_IN_RING	      0x400u /* a pending request of an io_uring waits for it */
#define TL_FACT_ASKED	      0x800u /* POSIX: ARMED is the kernel's word, and so is its absence */
#define TL_FACT_SET_UNSEEN \
	0x1000u /* timerfd: set since by a call no hook saw; when it expired is not known */

/* Who holds the handle at the end (row 7): tl_timer_more.holder */
enum tl_holder {
	TL_HOLDER_NONE = 0,
	TL_HOLDER_STATIC = 1, /* data or bss of holder_module, at ELF address holder_offset */
	TL_HOLDER_TLS = 2,    /* thread-local storage of living thread holder_tid */
	TL_HOLDER_FRAME = 3,  /* an active frame of living thread holder_tid, not the exiting one */
	TL_HOLDER_HEAP = 4,   /* a heap block that storage which counts leads to */
};

/*
 * A timer's slot comes in two parts, so that what every timer needs lies close together: pages of
 * TL_TIMER_PAGE bytes alternate, one of tl_timer, the next of the tl_timer_more that belong to
 * them, at the same places. The first place of a chunk is taken by its header, a last page without
 * its second is not used. slot_size is that of one part.
 */
#define TL_TIMER_PAGE 4096u

/* From the chunk to a timer, by its number there: full pages before its own count twice. */
static inline uint64_t tl_timer_offset(uint32_t number, uint32_t slot_size)
{
	uint32_t in_page = TL_TIMER_PAGE / slot_size;
	uint64_t place = (uint64_t)number + 1;

	return (place + place / in_page * in_page) * slot_size;
}

struct tl_timer {
	uint32_t state;	     /* enum tl_slot_state, atomic */
	uint32_t generation; /* counts reuses of the slot */
	uint64_t id;	     /* timer_t as the program sees it; the first descriptor of a timerfd */
	uint8_t kind;	     /* enum tl_timer_kind */
	uint8_t notify;	     /* enum tl_notify; POSIX only */
	uint8_t signo;	     /* SIGEV_SIGNAL and SIGEV_THREAD_ID, else 0 */
	uint8_t reserved0;
	int32_t clock;	/* clockid_t */
	uint32_t flags; /* TL_F_*, atomic */
	uint32_t refs;	/* timerfd: descriptors in this process, atomic; POSIX: the shim's */

	uint64_t first_expiry; /* estimate of the first after last_set; 0 = none, or CPU time */
	uint64_t interval;     /* ns, 0 = one-shot */
	uint64_t last_set;     /* last successful settime */
	uint32_t arms;	       /* successful settimes with a value */
	uint32_t services;     /* drains and re-arms */
	uint64_t last_service, longest_gap; /* gaps between services */

	uint32_t service_tid; /* thread of the last service; of the wait, with TL_FACT_BLOCKED_ON */
	uint32_t tid;	      /* creating thread */
	uint32_t site, creator; /* indexes */
	uint64_t created;
	uint64_t place;	     /* POSIX: address of the variable that timer_create wrote */
	uint64_t payload;    /* sigev_value; epoll_event.data of the current registration */
	uint64_t creator_tp; /* thread pointer of the creating thread: where its TLS lies */
};

/* What few timers need before the end, and none when it is made. Of a slot that was never reused
 * it may be a page that was never written: all zero. */
struct tl_timer_more {
	uint32_t drains;			 /* timerfd: reads that took expirations */
	uint32_t eagain, cancelled, short_reads; /* reads that gave EAGAIN, ECANCELED, EINVAL */
	uint64_t ticks_read;
	uint64_t last_drain;

	uint32_t failed_sets;
	uint32_t disarms;    /* successful settimes with zero */
	uint32_t target_tid; /* SIGEV_THREAD_ID, else 0 */
	uint32_t reported;   /* times poll, select or epoll_wait reported it readable in a row */
	uint32_t reported_tid;
	uint32_t facts;		 /* TL_FACT_* */
	uint64_t reported_first; /* time of the first of them */
	uint64_t reported_last;

	int32_t epoll_fd;     /* with TL_F_REGISTERED: where it last was */
	int32_t epoll_number; /* timerfd: descriptor under which it is registered in epoll_fd */
	uint32_t holder_tid, holder_module;
	uint64_t holder_offset;
	uint64_t remaining; /* kernel's it_value at the end, ns; timerfd only */

	/* With PLACE_FREED and PAYLOAD_FREED: stacks of the calls that freed, TL_NONE if lost. */
	uint32_t place_freed_stack;
	uint32_t payload_freed_stack;
	uint64_t retained; /* at the end: usable bytes that it keeps alive */
	uint32_t unread;   /* timerfd, periodic: expiries since the last read; 0 = not asked */
	uint8_t holder;	   /* enum tl_holder */
	uint8_t reserved0[3];
};

/* Of a timer where it lies in a trace. */
static inline struct tl_timer_more *tl_timer_more(const struct tl_timer *timer)
{
	return (struct tl_timer_more *)((uintptr_t)timer + TL_TIMER_PAGE);
}

/* ---- notes -------------------------------------------------------------------------------- */

enum tl_note_code {
	TL_NOTE_OPTION = 1,   /* a bad item in TIMERLEAK_OPTIONS */
	TL_NOTE_TRACE = 2,    /* the trace could not be saved, or stopped growing */
	TL_NOTE_UNWIND = 3,   /* libunwind is absent */
	TL_NOTE_LIBC = 4,     /* libc has newer symbol versions than we hook */
	TL_NOTE_AUDIT = 5,    /* the kernel audit was not possible */
	TL_NOTE_SECCOMP = 6,  /* went quiet */
	TL_NOTE_DEEPBIND = 7, /* a library was loaded with RTLD_DEEPBIND: its calls are unseen */
	TL_NOTE_UNSHARE = 8,  /* unshare(CLONE_FILES): descriptors of that thread are unseen */
	TL_NOTE_IO_URING = 9,
	TL_NOTE_STDERR = 10,   /* fd 2 was no longer the file it had been */
	TL_NOTE_INTERNAL = 11, /* a failure inside the shim that switched something off */
	TL_NOTE_HOOK = 12,     /* a required real function was not found */
	TL_NOTE_HEAP = 13,     /* the heap is not recorded, or not all of it: the reason */
	TL_NOTE_REACH = 14,    /* who holds what could not be found out, or not to the end */
	TL_NOTE_RULES = 15,    /* a piece of the program's own suppressions: many, in order */
	TL_NOTE_CODES
};

struct tl_note {
	uint32_t state;
	uint32_t code;	/* enum tl_note_code */
	uint32_t count; /* how often, atomic */
	uint32_t reserved;
	uint64_t time;
	char text[232]; /* one sentence, NUL-terminated, no newline */
};

_Static_assert(sizeof(struct tl_header) == TL_HEADER_SIZE, "header is one page");
_Static_assert(sizeof(struct tl_chunk) == 64, "chunk header");
_Static_assert(sizeof(struct tl_module) == 512, "module slot");
_Static_assert(sizeof(struct tl_frame) == 16, "frame");
_Static_assert(sizeof(struct tl_stack) == 24, "stack slot");
_Static_assert(sizeof(struct tl_site) == 832, "site slot");
_Static_assert(sizeof(struct tl_creator) == 64, "creator slot");
_Static_assert(sizeof(struct tl_timer) == 128 && sizeof(struct tl_timer_more) == 128, "timer slot");
_Static_assert(sizeof(struct tl_chunk) <= sizeof(struct tl_timer), "takes one place");
_Static_assert(sizeof(struct tl_retained) == 24, "retained");
_Static_assert(sizeof(struct tl_heap_stack) == 64, "heap stack slot");
_Static_assert(sizeof(struct tl_note) == 256, "note slot");

#endif
