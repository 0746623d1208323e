/* SPDX-License-Identifier: MIT */
#include "build_id.h"
#include <elf.h>
#include <string.h>

static size_t round_up(size_t n, size_t align)
{
	return (n + align - 1) & ~(align - 1);
}

uint8_t tl_build_id(const void *notes, size_t size, size_t align, uint8_t *to, size_t room)
{
	const char *at = notes;
	size_t step = align == 8 ? 8 : 4; /* .note.gnu.property has 8 */

	while (size >= sizeof(Elf64_Nhdr)) {
		const Elf64_Nhdr *head = (const Elf64_Nhdr *)at;
		size_t desc = round_up(sizeof(*head) + head->n_namesz, step);
		size_t next = round_up(desc + head->n_descsz, step);

		if (desc > size || head->n_descsz > size - desc)
			return 0;
		if (head->n_type == NT_GNU_BUILD_ID && head->n_namesz == 4 &&
		    memcmp(head + 1, "GNU", 4) == 0 && head->n_descsz <= room) {
			memcpy(to, at + desc, head->n_descsz);
			return (uint8_t)head->n_descsz;
		}
		if (next > size)
			return 0;
		at += next;
		size -= next;
	}
	return 0;
}
