/* SPDX-License-Identifier: MIT */
#include "trace_find.h"
#include "preload/tl_format.h"
#include "trace_bytes.h"
#include "util.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRACE_SUFFIX ".tlk"
#define DELETED	     " (deleted)"

void trace_paths_free(struct trace_paths *found)
{
	size_t i;

	for (i = 0; i < found->count; i++)
		free(found->paths[i]);
	free(found->paths);
	*found = (struct trace_paths){0};
}

static int paths_add(struct trace_paths *found, char *path)
{
	if (!path || !array_grow(&found->paths, found->count, &found->capacity, sizeof(char *))) {
		free(path);
		return -1;
	}
	found->paths[found->count++] = path;
	return 0;
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

/* ---- live processes ----------------------------------------------------------------------- */

struct mapping {
	unsigned long long start, end, ino;
	char path[4096];
};

/*
 * A line of /proc/PID/maps, if it may be a trace: a file, mapped shared, from its start, under
 * whatever name. The fields are those of proc(5).
 */
static bool parse_mapping(char *line, struct mapping *mapping)
{
	char shared = 0;
	unsigned long long offset;
	int at = 0;

	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "%llx-%llx rw-%c %llx %*s %llu %n", &mapping->start, &mapping->end,
		   &shared, &offset, &mapping->ino, &at) < 5 ||
	    shared != 's' || offset != 0 || at == 0 || line[at] != '/')
		return false;
	snprintf(mapping->path, sizeof(mapping->path), "%s", line + at);
	if (ends_with(mapping->path, DELETED))
		mapping->path[strlen(mapping->path) - strlen(DELETED)] = '\0';
	return true;
}

static FILE *open_maps(uint32_t pid)
{
	char name[64];

	snprintf(name, sizeof(name), "/proc/%u/maps", pid);
	return fopen(name, "re");
}

bool trace_is_mapped_by(uint32_t pid, uint64_t ino)
{
	struct mapping mapping;
	char *line = NULL;
	size_t size = 0;
	bool found = false;
	FILE *maps = open_maps(pid);

	if (!maps)
		return false;
	while (!found && getline(&line, &size, maps) > 0)
		found = parse_mapping(line, &mapping) && mapping.ino == ino;
	free(line);
	fclose(maps);
	return found;
}

/* Numbers of files are only one file system's; what maps says of that is no use for overlays. */
static bool is_that_trace(const char *path, const struct mapping *mapping)
{
	char magic[sizeof(TL_MAGIC)] = "";
	int fd = trace_open_found(path);
	struct stat st;
	bool is_it;

	if (fd < 0)
		return false;
	is_it = fstat(fd, &st) == 0 && st.st_ino == mapping->ino &&
		pread(fd, magic, sizeof(magic), 0) == (ssize_t)sizeof(magic) &&
		memcmp(magic, TL_MAGIC, sizeof(magic)) == 0;
	close(fd);
	return is_it;
}

/*
 * By name under the process's own root, by name as we see it (names in maps are relative to the
 * reader's root), or through the mapping itself, which also finds a deleted file but needs
 * privileges (proc(5), map_files).
 */
static int find_live(const struct mapping *mapping, uint32_t pid, struct trace_paths *found)
{
	char *names[3] = {NULL, NULL, NULL};
	size_t i, hit = ARRAY_LEN(names);

	if (asprintf(&names[0], "/proc/%u/root%s", pid, mapping->path) < 0)
		names[0] = NULL;
	names[1] = strdup(mapping->path);
	if (asprintf(&names[2], "/proc/%u/map_files/%llx-%llx", pid, mapping->start, mapping->end) <
	    0)
		names[2] = NULL;
	for (i = 0; i < ARRAY_LEN(names) && hit == ARRAY_LEN(names); i++)
		if (names[i] && is_that_trace(names[i], mapping))
			hit = i;
	for (i = 0; i < ARRAY_LEN(names); i++)
		if (i != hit)
			free(names[i]);
	return hit < ARRAY_LEN(names) ? paths_add(found, names[hit]) : -1;
}

/* The first of its mappings that is one; `unreadable` says that one only looks like it. */
static bool find_mapped_trace(uint32_t pid, struct trace_paths *found, struct mapping *unreadable)
{
	struct mapping mapping;
	char *line = NULL;
	size_t size = 0;
	FILE *maps = open_maps(pid);

	unreadable->path[0] = '\0';
	while (maps && !found->count && getline(&line, &size, maps) > 0) {
		if (!parse_mapping(line, &mapping))
			continue;
		if (find_live(&mapping, pid, found) != 0 && ends_with(mapping.path, TRACE_SUFFIX))
			*unreadable = mapping;
	}
	free(line);
	if (maps)
		fclose(maps);
	return found->count > 0;
}

/* ---- kept traces of dead processes -------------------------------------------------------- */

static bool parse_part(const char *text, size_t len, uint64_t max, uint64_t *value)
{
	char number[32];

	if (len >= sizeof(number))
		return false;
	memcpy(number, text, len);
	number[len] = '\0';
	return parse_u64(number, max, value);
}

bool trace_parse_name(const char *name, uint32_t *pid, uint64_t *start)
{
	const char *dot = strchr(name, '.');
	uint64_t value;

	if (!dot || !ends_with(dot + 1, TRACE_SUFFIX) ||
	    !parse_part(name, (size_t)(dot - name), INT32_MAX, &value) ||
	    !parse_part(dot + 1, strlen(dot + 1) - strlen(TRACE_SUFFIX), UINT64_MAX, start))
		return false;
	*pid = (uint32_t)value;
	return true;
}

static bool parse_kept_name(const char *name, uint32_t pid, uint64_t *start)
{
	uint32_t owner;

	return trace_parse_name(name, &owner, start) && owner == pid;
}

static uint64_t kept_start(const char *path, uint32_t pid)
{
	uint64_t start = 0;

	parse_kept_name(path_basename(path), pid, &start);
	return start;
}

/* Insertion keeps them by start. */
static int kept_add(struct trace_paths *kept, char *path, uint32_t pid, uint64_t start)
{
	size_t i;

	if (paths_add(kept, path))
		return -1;
	for (i = kept->count - 1; i > 0 && kept_start(kept->paths[i - 1], pid) > start; i--)
		kept->paths[i] = kept->paths[i - 1];
	kept->paths[i] = path;
	return 0;
}

/* Others may plant a directory of that name in /tmp: only the owner's own counts, for all but root.
 */
static DIR *open_trace_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	DIR *dir;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) || (geteuid() != 0 && st.st_uid != geteuid())) {
		close(fd);
		return NULL;
	}
	dir = fdopendir(fd);
	if (!dir)
		close(fd);
	return dir;
}

static int scan_trace_dir(const char *path, uint32_t pid, struct trace_paths *kept)
{
	DIR *dir = open_trace_dir(path);
	const struct dirent *item;
	uint64_t start;
	int result = 0;

	if (!dir)
		return 0;
	while (!result && (item = readdir(dir))) {
		char *name;

		if (!parse_kept_name(item->d_name, pid, &start))
			continue;
		if (asprintf(&name, "%s/%s", path, item->d_name) < 0)
			name = NULL;
		result = name ? kept_add(kept, name, pid, start) : -1;
	}
	closedir(dir);
	return result;
}

/* timerleak-UID of every user: which of them we may look into is asked there. */
static int scan_base(const char *base, uint32_t pid, struct trace_paths *kept)
{
	DIR *dir = opendir(base);
	const struct dirent *item;
	int result = 0;

	if (!dir)
		return 0;
	while (!result && (item = readdir(dir))) {
		char *name;

		if (strncmp(item->d_name, "timerleak-", 10) != 0)
			continue;
		if (asprintf(&name, "%s/%s", base, item->d_name) < 0)
			name = NULL;
		result = name ? scan_trace_dir(name, pid, kept) : -1;
		free(name);
	}
	closedir(dir);
	return result;
}

static bool ended_by_exec(const char *path)
{
	struct tl_header header = {.end_state = TL_END_RUNNING};
	int fd = trace_open_found(path);
	bool exec;

	if (fd < 0)
		return false;
	exec = pread(fd, &header, sizeof(header), 0) == (ssize_t)sizeof(header) &&
	       header.end_state == TL_END_EXEC;
	close(fd);
	return exec;
}

/* The newest, and before it those that became it by exec; older ones had the pid before. */
static int take_last_chain(struct trace_paths *found, struct trace_paths *kept)
{
	size_t i = kept->count - 1;

	while (i > 0 && ended_by_exec(kept->paths[i - 1]))
		i--;
	for (; i < kept->count; i++) {
		char *path = strdup(kept->paths[i]);

		if (paths_add(found, path))
			return -1;
	}
	return 0;
}

static int find_kept(uint32_t pid, struct trace_paths *found)
{
	const char *const bases[] = {getenv("XDG_RUNTIME_DIR"), getenv("TMPDIR"), "/tmp"};
	struct trace_paths kept = {0};
	int result = -1;
	size_t i, k;

	for (i = 0; i < ARRAY_LEN(bases); i++) {
		for (k = 0; bases[i] && k < i; k++)
			if (bases[k] && strcmp(bases[k], bases[i]) == 0)
				break;
		if (bases[i] && k == i && scan_base(bases[i], pid, &kept))
			goto out;
	}
	if (kept.count)
		result = take_last_chain(found, &kept);
out:
	trace_paths_free(&kept);
	return result;
}

int trace_find_pid(uint32_t pid, struct trace_paths *found, char *error, size_t size)
{
	struct mapping mapping;
	char name[32];

	*found = (struct trace_paths){0};
	snprintf(name, sizeof(name), "/proc/%u", pid);
	if (access(name, F_OK) != 0) {
		if (find_kept(pid, found) == 0)
			return 0;
		snprintf(error, size, "no such process, and no kept trace of one");
		return -1;
	}
	if (find_mapped_trace(pid, found, &mapping))
		return 0;
	if (mapping.path[0]) {
		snprintf(error, size, "its trace %s cannot be read", mapping.path);
		return -1;
	}
	snprintf(name, sizeof(name), "/proc/%u/maps", pid);
	if (access(name, R_OK) != 0)
		snprintf(error, size, "cannot look into the process: %s", strerror(errno));
	else
		snprintf(error, size,
			 "the process has no trace: it does not run under timerleak, or has made "
			 "no timer yet");
	return -1;
}
