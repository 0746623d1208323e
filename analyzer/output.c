/* SPDX-License-Identifier: MIT */
#include "output.h"
#include "safe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_all(int fd, const char *data, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = write(fd, data + done, len - done);

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

int output_write_fd(int fd, const struct strbuf *text)
{
	return write_all(fd, text->data, text->len);
}

/* ---- where to ----------------------------------------------------------------------------- */

static int output_error(struct output *out, const char *what, int error)
{
	complain("timerleak: %s: %s: %s\n", out->path, what, strerror(error));
	return -1;
}

static int drain(void *to, const char *data, size_t len)
{
	struct output *out = to;

	if (!write_all(out->fd, data, len))
		return 0;
	out->error = errno;
	return -1;
}

/* mkostemp gives 0600; the file shall look as if it had been created plainly, or as it was. */
static int set_mode(int fd, const struct stat *old)
{
	mode_t mask = umask(0);

	umask(mask);
	return fchmod(fd, old ? old->st_mode & 07777 : 0666 & ~mask);
}

/* Takes the target. Nobody sees the file before it is whole, so it need not be in memory. */
static int open_beside(struct output *out, char *target, const struct stat *old)
{
	out->target = target;
	if (!target || asprintf(&out->beside, "%s.XXXXXX", target) < 0) {
		out->beside = NULL;
		return output_error(out, "cannot write", errno);
	}
	out->fd = mkostemp(out->beside, O_CLOEXEC);
	if (out->fd < 0 || set_mode(out->fd, old)) {
		int error = errno;

		if (out->fd < 0) {
			free(out->beside);
			out->beside = NULL;
		}
		return output_error(out, "cannot create a file there", error);
	}
	out->text.drain = drain;
	out->text.to = out;
	return 0;
}

/* A device, pipe or socket cannot be replaced by renaming, and is not meant to be. */
static int open_in_place(struct output *out)
{
	out->fd = open(out->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	return out->fd < 0 ? output_error(out, "cannot open", errno) : 0;
}

static int open_target(struct output *out)
{
	struct stat st;

	if (strcmp(out->path, "-") == 0) {
		out->path = "stdout";
		out->fd = STDOUT_FILENO;
		out->lent = true;
		return 0;
	}
	if (stat(out->path, &st))
		return open_beside(out, strdup(out->path), NULL);
	if (!S_ISREG(st.st_mode))
		return open_in_place(out);
	/* Through a symbolic link, so that the link stays one. */
	return open_beside(out, realpath(out->path, NULL), &st);
}

/* ---- writing ------------------------------------------------------------------------------ */

static void output_free(struct output *out)
{
	if (out->beside)
		unlink(out->beside);
	if (out->fd >= 0 && !out->lent)
		close(out->fd);
	free(out->beside);
	free(out->target);
	strbuf_free(&out->text);
}

int output_begin(struct output *out, const char *path)
{
	*out = (struct output){.path = path, .text = STRBUF_INIT, .fd = -1};
	/* A limit on file size: an error in writing, not our end with a file left beside. */
	signal(SIGXFSZ, SIG_IGN);
	if (!open_target(out))
		return 0;
	output_free(out);
	return -1;
}

static int finish(struct output *out)
{
	int fd = out->fd;

	if (write_all(fd, out->text.data, out->text.len))
		return -1;
	if (out->lent)
		return 0;
	out->fd = -1;
	if (close(fd) || (out->beside && rename(out->beside, out->target)))
		return -1;
	free(out->beside);
	out->beside = NULL;
	return 0;
}

int output_end(struct output *out, bool failed)
{
	int result = -1;

	if (out->error)
		output_error(out, "cannot write", out->error);
	else if (failed || out->text.failed)
		complain("timerleak: %s: out of memory\n", out->path);
	else
		result = finish(out) ? output_error(out, "cannot write", errno) : 0;
	output_free(out);
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
