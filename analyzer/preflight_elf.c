/* SPDX-License-Identifier: MIT */
#include "preflight_elf.h"
#include "util.h"

#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <unistd.h>

static void read_interpreter(Elf *elf, const GElf_Phdr *phdr, struct elf_facts *facts)
{
	Elf_Data *data =
	    elf_getdata_rawchunk(elf, (int64_t)phdr->p_offset, phdr->p_filesz, ELF_T_BYTE);
	size_t len = data ? strnlen(data->d_buf, data->d_size) : 0;

	if (len >= sizeof(facts->interpreter))
		return;
	if (len)
		memcpy(facts->interpreter, data->d_buf, len);
	facts->interpreter[len] = '\0';
}

static void read_segments(Elf *elf, struct elf_facts *facts)
{
	GElf_Phdr phdr;
	size_t i, count;

	if (elf_getphdrnum(elf, &count) != 0)
		return;
	for (i = 0; i < count; i++)
		if (gelf_getphdr(elf, (int)i, &phdr) && phdr.p_type == PT_INTERP)
			read_interpreter(elf, &phdr, facts);
}

/* gcc's and clang's; each of them refuses to run behind another preloaded library. */
static bool is_sanitizer(const char *soname)
{
	static const char *const names[] = {
	    "libasan.so.",   "libtsan.so.",	 "libubsan.so.",     "liblsan.so.",
	    "libhwasan.so.", "libclang_rt.asan", "libclang_rt.tsan", "libclang_rt.ubsan",
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++)
		if (!strncmp(soname, names[i], strlen(names[i])))
			return true;
	return false;
}

static void read_needed(Elf *elf, Elf_Scn *section, const GElf_Shdr *shdr, struct elf_facts *facts)
{
	Elf_Data *data = elf_getdata(section, NULL);
	const char *name;
	GElf_Dyn dyn;
	int i;

	for (i = 0; data && gelf_getdyn(data, i, &dyn) && dyn.d_tag != DT_NULL; i++) {
		if (dyn.d_tag != DT_NEEDED)
			continue;
		name = elf_strptr(elf, shdr->sh_link, dyn.d_un.d_val);
		if (!name || !is_sanitizer(name) || strlen(name) >= sizeof(facts->sanitizer))
			continue;
		strcpy(facts->sanitizer, name);
		return;
	}
}

static void read_dynamic(Elf *elf, struct elf_facts *facts)
{
	Elf_Scn *section = NULL;
	GElf_Shdr shdr;

	while ((section = elf_nextscn(elf, section)))
		if (gelf_getshdr(section, &shdr) && shdr.sh_type == SHT_DYNAMIC)
			read_needed(elf, section, &shdr, facts);
}

int preflight_elf(const char *path, struct elf_facts *facts)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	GElf_Ehdr header;
	Elf *elf;

	memset(facts, 0, sizeof(*facts));
	if (fd < 0)
		return -1;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (elf && elf_kind(elf) == ELF_K_ELF && gelf_getehdr(elf, &header)) {
		facts->is_elf = true;
		facts->class = header.e_ident[EI_CLASS];
		facts->data = header.e_ident[EI_DATA];
		facts->machine = header.e_machine;
		read_segments(elf, facts);
		read_dynamic(elf, facts);
	}
	elf_end(elf);
	close(fd);
	return 0;
}
