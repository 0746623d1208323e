/* SPDX-License-Identifier: MIT */
#include "output.h"
#include "safe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int output_write_fd(int fd, const struct strbuf *text)
{
	size_t done = 0;

	while (done < text->len) {
		ssize_t n = write(fd, text->data + done, text->len - done);

		if (n > 0) {
			done += (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			/* A descriptor shared with a program that made it non-blocking. */
			struct pollfd ready = {.fd = fd, .events = POLLOUT};

			poll(&ready, 1, -1);
		} else if (n == 0 || errno != EINTR) {
			return -1;
		}
	}
	return 0;
}

static int write_error(const char *path, const char *what)
{
	complain("timerleak: %s: %s: %s\n", path, what, strerror(errno));
	return -1;
}

/* A device, pipe or socket cannot be replaced by renaming, and is not meant to be. */
static int write_in_place(const char *path, const struct strbuf *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY), result;

	if (fd < 0)
		return write_error(path, "cannot open");
	result = output_write_fd(fd, text);
	if (close(fd) || result)
		return write_error(path, "cannot write");
	return 0;
}

/* mkostemp gives 0600; the file shall look as if it had been created plainly, or as it was. */
static int set_mode(int fd, const struct stat *old)
{
	mode_t mask = umask(0);

	umask(mask);
	return fchmod(fd, old ? old->st_mode & 07777 : 0666 & ~mask);
}

static int write_beside(const char *path, const struct stat *old, const struct strbuf *text)
{
	char *beside;
	int fd, failed;

	if (asprintf(&beside, "%s.XXXXXX", path) < 0)
		return write_error(path, "cannot write");
	fd = mkostemp(beside, O_CLOEXEC);
	if (fd < 0) {
		write_error(path, "cannot create a file there");
		free(beside);
		return -1;
	}
	failed = output_write_fd(fd, text) || set_mode(fd, old);
	if (close(fd) || failed || rename(beside, path)) {
		write_error(path, "cannot write");
		unlink(beside);
		failed = 1;
	}
	free(beside);
	return failed ? -1 : 0;
}

int output_write(const char *path, const struct strbuf *text)
{
	struct stat st;
	char *target;
	int result;

	if (strcmp(path, "-") == 0)
		return output_write_fd(STDOUT_FILENO, text) ? write_error("stdout", "cannot write")
							    : 0;
	if (stat(path, &st))
		return write_beside(path, NULL, text);
	if (!S_ISREG(st.st_mode))
		return write_in_place(path, text);
	/* Through a symbolic link, so that the link stays one. */
	target = realpath(path, NULL);
	if (!target)
		return write_error(path, "cannot write");
	result = write_beside(target, &st, text);
	free(target);
	return result;
}

bool output_colored(enum output_color color, int fd)
{
	const char *value;

	if (color != COLOR_AUTO)
		return color == COLOR_ALWAYS;
	/* https://no-color.org and https://bixense.com/clicolors: set and not empty, not "0" */
	value = getenv("NO_COLOR");
	if (value && *value)
		return false;
	value = getenv("CLICOLOR_FORCE");
	if (value && *value && strcmp(value, "0") != 0)
		return true;
	value = getenv("TERM");
	return isatty(fd) && (!value || strcmp(value, "dumb") != 0);
}
