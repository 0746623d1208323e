/* SPDX-License-Identifier: MIT */
#include "symbolize_object.h"
#include "util.h"

#include <elfutils/libdwelf.h>
#include <gelf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SYSTEM_DEBUG_DIR "/usr/lib/debug"
#define DELETED_SUFFIX	 " (deleted)" /* the kernel's mark on /proc/PID/exe and maps */
#define BUILD_ID_MAX	 64

/* ---- finding the file --------------------------------------------------------------------- */

enum verdict_on_file { FILE_GOOD, FILE_ABSENT, FILE_NOT_ELF, FILE_OTHER_BUILD };

static enum verdict_on_file check_build_id(Elf *elf, const struct object_source *source)
{
	const void *id;
	ssize_t len;

	if (!source->build_id_len)
		return FILE_GOOD;
	len = dwelf_elf_gnu_build_id(elf, &id);
	if (len != (ssize_t)source->build_id_len || memcmp(id, source->build_id, (size_t)len) != 0)
		return FILE_OTHER_BUILD;
	return FILE_GOOD;
}

/* O_NONBLOCK: a FIFO of that name must not block the report. */
static int open_regular(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	errno = EINVAL;
	return -1;
}

static enum verdict_on_file check_file(const char *path, const struct object_source *source)
{
	enum verdict_on_file verdict = FILE_NOT_ELF;
	int fd = open_regular(path);
	Elf *elf;

	if (fd < 0)
		return FILE_ABSENT;
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (elf && elf_kind(elf) == ELF_K_ELF)
		verdict = check_build_id(elf, source);
	/* A file that does not fit into memory was read all the same. */
	if (elf)
		errno = 0;
	elf_end(elf);
	close(fd);
	return verdict;
}

/* The first of the usual places that holds this very build; malloc'ed. */
static char *find_by_build_id(const struct object_source *source, const char *root)
{
	static const char *const forms[] = {
	    "%s%s/.build-id/%.2s/%s",
	    "%s%s/.build-id/%.2s/%s.debug",
	};
	char hex[2 * BUILD_ID_MAX + 1];
	char *path;
	size_t i;

	if (source->build_id_len < 2 || source->build_id_len > BUILD_ID_MAX)
		return NULL;
	hex_encode(hex, source->build_id, source->build_id_len);
	for (i = 0; i < 2 * ARRAY_LEN(forms); i++) {
		if (asprintf(&path, forms[i % 2], root, i < 2 ? "" : SYSTEM_DEBUG_DIR, hex,
			     hex + 2) < 0)
			return NULL;
		if (check_file(path, source) == FILE_GOOD)
			return path;
		free(path);
	}
	return NULL;
}

static char *find_under_root(const struct object_source *source)
{
	char *path;

	if (asprintf(&path, "%s/%s", source->debug_root, source->path) < 0)
		return NULL;
	if (check_file(path, source) == FILE_GOOD)
		return path;
	free(path);
	return find_by_build_id(source, source->debug_root);
}

/* "/bin/app (deleted)" was replaced by an update, most often by the same build. */
static char *without_deleted(const char *path)
{
	size_t len = strlen(path), cut = strlen(DELETED_SUFFIX);

	if (len > cut && !strcmp(path + len - cut, DELETED_SUFFIX))
		return strndup(path, len - cut);
	return NULL;
}

static char *find_deleted(const struct object_source *source)
{
	char *path = source->build_id_len ? without_deleted(source->path) : NULL;

	if (path && check_file(path, source) == FILE_GOOD)
		return path;
	free(path);
	return NULL;
}

static char *explain(const struct object_source *source, enum verdict_on_file why, int error)
{
	const char *what = "not an ELF file";
	char *text;

	if (why == FILE_ABSENT)
		what = error == EINVAL ? "not a regular file" : strerror(error);
	if (why == FILE_OTHER_BUILD)
		what = "it was rebuilt or replaced since (its build-id differs)";
	if (asprintf(&text, "%s: %s: its functions and lines are not shown", source->path, what) <
	    0)
		return NULL;
	return text;
}

/* Where to read the object from, malloc'ed; or NULL with the reason. */
static char *find_file(const struct object_source *source, char **warning)
{
	enum verdict_on_file verdict;
	char *path = NULL;
	int error;

	if (source->debug_root)
		path = find_under_root(source);
	if (path)
		return path;
	errno = 0;
	verdict = check_file(source->path, source);
	error = errno;
	if (verdict == FILE_GOOD)
		return strdup(source->path);
	if (verdict == FILE_NOT_ELF && error == ENOMEM)
		return NULL; /* as errno says */
	path = find_deleted(source);
	if (!path)
		path = find_by_build_id(source, "");
	if (!path)
		*warning = explain(source, verdict, error);
	return path;
}

/* ---- opening ------------------------------------------------------------------------------ */

/* libdwfl takes build-id directories and .gnu_debuglink files from each directory named here. */
static char *debug_path(const char *root)
{
	char *path;

	if (!root)
		return strdup("+:.debug:" SYSTEM_DEBUG_DIR);
	if (asprintf(&path, "+:%s:%s" SYSTEM_DEBUG_DIR ":.debug:" SYSTEM_DEBUG_DIR, root, root) < 0)
		return NULL;
	return path;
}

static int open_file(struct object *object, const char *path, bool names_only)
{
	object->callbacks = (Dwfl_Callbacks){
	    .find_elf = dwfl_build_id_find_elf,
	    .find_debuginfo = dwfl_standard_find_debuginfo,
	    .debuginfo_path = &object->debug_path,
	};
	object->dwfl = dwfl_begin(&object->callbacks);
	if (!object->dwfl)
		return -1;
	/* Base 0 with the file's own addresses on top: module address == ELF virtual address. */
	object->module = dwfl_report_elf(object->dwfl, path, path, -1, 0, true);
	if (!object->module || dwfl_report_end(object->dwfl, NULL, NULL) != 0)
		return -1;
	errno = 0;
	if (!names_only)
		object->dwarf = dwfl_module_getdwarf(object->module, &object->dwarf_bias);
	return 0;
}

int object_open(struct object *object, const struct object_source *source, char **warning)
{
	char *path;
	int status;

	*object = (struct object){0};
	*warning = NULL;
	elf_version(EV_CURRENT);
	path = find_file(source, warning);
	if (!path)
		return -1;
	object->debug_path = debug_path(source->debug_root);
	status = object->debug_path ? open_file(object, path, source->names_only) : -1;
	if (status && asprintf(warning, "%s: %s: its functions and lines are not shown", path,
			       dwfl_errmsg(-1)) < 0)
		*warning = NULL;
	if (!status && !source->names_only && !object->dwarf && errno == ENOMEM &&
	    asprintf(warning, "%s: out of memory: its lines are not shown", path) < 0)
		*warning = NULL;
	free(path);
	return status;
}

void object_close(struct object *object)
{
	unit_index_free(&object->units);
	if (object->dwfl)
		dwfl_end(object->dwfl);
	free(object->debug_path);
	*object = (struct object){0};
}

/* ---- looking up --------------------------------------------------------------------------- */

bool object_find_unit(struct object *object, uint64_t address, Dwarf_Die *unit)
{
	Dwarf_Addr bias;
	Dwarf_Die *found;

	if (!object->dwarf)
		return false;
	found = dwfl_module_addrdie(object->module, address, &bias);
	/* clang and rustc write no .debug_aranges, which is all that this reads. */
	if (!found)
		return unit_index_find(&object->units, object->dwarf, address - object->dwarf_bias,
				       unit);
	*unit = *found;
	return true;
}

static const char *symbol_at(struct object *object, uint64_t address, GElf_Sym *symbol,
			     uint64_t *offset)
{
	if (!object->module)
		return NULL;
	return dwfl_module_addrinfo(object->module, address, offset, symbol, NULL, NULL, NULL);
}

const char *object_function(struct object *object, uint64_t address)
{
	GElf_Sym symbol;
	uint64_t offset;
	const char *name = symbol_at(object, address, &symbol, &offset);

	if (!name || !*name)
		return NULL;
	/* A label without a size may be far before code that has no symbol at all. */
	if (symbol.st_size ? offset >= symbol.st_size : GELF_ST_TYPE(symbol.st_info) != STT_FUNC)
		return NULL;
	return name;
}

const char *object_variable(struct object *object, uint64_t address)
{
	GElf_Sym symbol;
	uint64_t offset;
	const char *name = symbol_at(object, address, &symbol, &offset);

	if (!name || !*name || offset >= symbol.st_size)
		return NULL;
	return GELF_ST_TYPE(symbol.st_info) == STT_FUNC ? NULL : name;
}

/* ---- what is loaded -----------------------------------------------------------------------------
 */

#define PAGE_MASK UINT64_C(4095)

static Elf *elf_of(struct object *object)
{
	GElf_Addr bias;

	return object->module ? dwfl_module_getelf(object->module, &bias) : NULL;
}

uint64_t object_entry(struct object *object)
{
	Elf *elf = elf_of(object);
	GElf_Ehdr header;

	return elf && gelf_getehdr(elf, &header) ? header.e_entry : 0;
}

bool object_segment(struct object *object, uint64_t address, struct segment *segment)
{
	Elf *elf = elf_of(object);
	size_t i, count = 0;
	GElf_Phdr p;

	if (!elf || elf_getphdrnum(elf, &count))
		return false;
	for (i = 0; i < count && i < INT32_MAX; i++) {
		if (!gelf_getphdr(elf, (int)i, &p) || p.p_type != PT_LOAD || !p.p_filesz ||
		    address < p.p_vaddr || address - p.p_vaddr >= p.p_memsz ||
		    p.p_vaddr % (PAGE_MASK + 1) != p.p_offset % (PAGE_MASK + 1))
			continue;
		segment->start = p.p_vaddr & ~PAGE_MASK;
		segment->offset = p.p_offset & ~PAGE_MASK;
		segment->end = (p.p_vaddr + p.p_memsz + PAGE_MASK) & ~PAGE_MASK;
		return segment->end > segment->start;
	}
	return false;
}
