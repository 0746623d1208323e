/* SPDX-License-Identifier: MIT */
#include "preflight.h"
#include "preflight_elf.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#define SCRIPT_LEVELS 4	  /* the kernel follows as many (fs/exec.c) */
#define SCRIPT_LINE   256 /* BINPRM_BUF_SIZE */

/* ---- finding it --------------------------------------------------------------------------- */

/* 0, or the errno that execve would give. */
static int executable_error(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return errno;
	if (!S_ISREG(st.st_mode))
		return EACCES;
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

/* An empty element is the working directory. */
static int try_element(char path[PATH_MAX], const char *dir, size_t len, const char *program)
{
	int need = len ? snprintf(path, PATH_MAX, "%.*s/%s", (int)len, dir, program)
		       : snprintf(path, PATH_MAX, "./%s", program);

	return need >= PATH_MAX ? ENAMETOOLONG : executable_error(path);
}

/* execvp(3): the first that can be executed; EACCES is remembered and outweighs "not found". */
static int search_path(char path[PATH_MAX], const char *program)
{
	const char *dirs = getenv("PATH");
	int error, result = ENOENT;
	size_t len;

	if (strlen(program) > NAME_MAX)
		return ENAMETOOLONG;
	for (dirs = dirs ? dirs : "/bin:/usr/bin";; dirs += len + 1) {
		len = strcspn(dirs, ":");
		error = try_element(path, dirs, len, program);
		if (!error)
			return 0;
		if (error == EACCES)
			result = EACCES;
		if (!dirs[len])
			return result;
	}
}

static enum preflight_verdict find_program(struct preflight *result, const char *program)
{
	int error;

	if (strchr(program, '/')) {
		error = ENAMETOOLONG;
		if (snprintf(result->path, PATH_MAX, "%s", program) < PATH_MAX)
			error = executable_error(result->path);
	} else {
		error = *program ? search_path(result->path, program) : ENOENT;
	}
	if (!error)
		return PREFLIGHT_OK;
	snprintf(result->reason, sizeof(result->reason), "%s", strerror(error));
	return error == ENOENT ? PREFLIGHT_NOT_FOUND : PREFLIGHT_NOT_EXECUTABLE;
}

/* ---- scripts ------------------------------------------------------------------------------ */

/* The interpreter of a script into `path`; false if it is none. */
static bool read_script(const char *script, char path[PATH_MAX])
{
	char line[SCRIPT_LINE + 1];
	int fd = open(script, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t got = fd < 0 ? -1 : read(fd, line, SCRIPT_LINE);
	char *start;

	if (fd >= 0)
		close(fd);
	if (got < 2 || line[0] != '#' || line[1] != '!')
		return false;
	line[got] = '\0';
	start = line + 2 + strspn(line + 2, " \t");
	start[strcspn(start, " \t\r\n")] = '\0';
	snprintf(path, PATH_MAX, "%s", start);
	return *start != '\0';
}

static void follow_script(struct preflight *result)
{
	char interpreter[PATH_MAX];
	int level;

	for (level = 0; level < SCRIPT_LEVELS; level++) {
		if (!read_script(result->path, interpreter))
			return;
		strcpy(result->path, interpreter);
	}
}

/* ---- judging it --------------------------------------------------------------------------- */

static enum preflight_verdict no_trace(struct preflight *result, const char *why)
{
	snprintf(result->reason, sizeof(result->reason), "%s", why);
	return PREFLIGHT_NO_TRACE;
}

static bool ids_are_honoured(const char *path)
{
	struct statvfs fs;

	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		return false;
	return statvfs(path, &fs) != 0 || !(fs.f_flag & ST_NOSUID);
}

/* Why the kernel will set AT_SECURE, with which the loader ignores LD_PRELOAD; NULL if it won't.
 * To root file capabilities give nothing new (security/commoncap.c). */
static const char *privilege(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0 || !ids_are_honoured(path))
		return NULL;
	if ((st.st_mode & S_ISUID) && st.st_uid != getuid())
		return "set-uid";
	if ((st.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) && st.st_gid != getgid())
		return "set-gid";
	if (getuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0)
		return "given file capabilities";
	return NULL;
}

/* ld.so, called as a program: it has no interpreter, and loads what LD_PRELOAD says. */
static bool is_loader(const char *path)
{
	char *real = realpath(path, NULL);
	const char *name = path_basename(real ? real : path);
	bool loader = !strncmp(name, "ld-linux", 8) || !strncmp(name, "ld64.so", 7) ||
		      !strncmp(name, "ld.so", 5) || !strncmp(name, "ld-2.", 5);

	free(real);
	return loader;
}

static const char *other_libc(const char *interpreter)
{
	const char *name = path_basename(interpreter);

	if (!strncmp(name, "ld-musl", 7))
		return "musl";
	if (!strncmp(name, "ld-uClibc", 9) || !strncmp(name, "ld64-uClibc", 11))
		return "uClibc";
	if (!strncmp(name, "linker", 6))
		return "Bionic";
	return NULL;
}

static enum preflight_verdict judge_elf(struct preflight *result, const struct elf_facts *program,
					const struct elf_facts *shim)
{
	const char *libc = other_libc(program->interpreter), *why;

	if (shim->is_elf && (program->class != shim->class || program->data != shim->data ||
			     program->machine != shim->machine))
		return no_trace(
		    result,
		    program->class != shim->class ? "it is built for another word size than "
						    "libtimerleak.so, which cannot be loaded into "
						    "it"
						  : "it is built for another machine");
	if (!program->interpreter[0] && !is_loader(result->path))
		return no_trace(result, "it is statically linked: no library can be preloaded "
					"into it");
	if (libc) {
		snprintf(result->reason, sizeof(result->reason),
			 "it runs on %s, libtimerleak.so needs glibc", libc);
		return PREFLIGHT_NO_TRACE;
	}
	why = privilege(result->path);
	if (!why)
		return PREFLIGHT_OK;
	snprintf(result->reason, sizeof(result->reason),
		 "it is %s: the loader ignores LD_PRELOAD for such programs", why);
	return PREFLIGHT_NO_TRACE;
}

enum preflight_verdict preflight(struct preflight *result, const char *program, const char *shim)
{
	enum preflight_verdict verdict;
	struct elf_facts facts, shim_facts;

	*result = (struct preflight){.path = ""};
	verdict = find_program(result, program);
	if (verdict != PREFLIGHT_OK)
		return verdict;
	follow_script(result);
	if (preflight_elf(result->path, &facts) != 0 || !facts.is_elf)
		return PREFLIGHT_OK;
	preflight_elf(shim, &shim_facts);
	strcpy(result->sanitizer, facts.sanitizer);
	return judge_elf(result, &facts, &shim_facts);
}
