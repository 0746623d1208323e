/* SPDX-License-Identifier: MIT */
/*
 * A program with a directory open of a file system that answers no more: it serves it itself, and
 * has stopped. What is named behind the mount point is executed then.
 */
#include <fcntl.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"

static int device;

static void reply(uint64_t request, const void *body, size_t size)
{
	struct fuse_out_header head = {.len = (uint32_t)(sizeof(head) + size), .unique = request};
	char whole[sizeof(head) + 256];

	memcpy(whole, &head, sizeof(head));
	memcpy(whole + sizeof(head), body, size);
	MUST(write(device, whole, head.len) == (ssize_t)head.len);
}

static void *serve_until_opened(void *unused)
{
	static _Alignas(8) char request[1 << 17];
	const struct fuse_in_header *head = (const void *)request;
	struct fuse_init_out version = {.major = 7, .minor = 31, .max_write = 4096};
	struct fuse_attr_out root = {.attr = {.ino = 1, .mode = 040755, .nlink = 1}};
	struct fuse_open_out opened = {0};

	for (;;) {
		MUST(read(device, request, sizeof(request)) > 0);
		if (head->opcode == FUSE_INIT)
			reply(head->unique, &version, sizeof(version));
		if (head->opcode == FUSE_GETATTR)
			reply(head->unique, &root, sizeof(root));
		if (head->opcode == FUSE_OPENDIR)
			break;
	}
	reply(head->unique, &opened, sizeof(opened));
	return unused;
}

int main(int argc, char **argv)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	pthread_t server;
	timer_t t;
	char how[80];

	device = open("/dev/fuse", O_RDWR);
	if (argc < 2 || device < 0)
		skip("no FUSE");
	snprintf(how, sizeof(how), "fd=%d,rootmode=40000,user_id=0,group_id=0", device);
	if (mount("none", argv[1], "fuse", 0, how))
		skip("nothing can be mounted");
	MUST(!pthread_create(&server, NULL, serve_until_opened, NULL));
	MUST(open(argv[1], O_RDONLY | O_DIRECTORY) >= 0);
	MUST(!pthread_join(server, NULL));
	if (argc > 2)
		execv(argv[2], argv + 2);
	MUST(!timer_create(CLOCK_MONOTONIC, &ev, &t));
	puts("left one");
	return 0;
}
