/* SPDX-License-Identifier: MIT */
/* alloc_live N: N blocks of 16 bytes to 1 KiB, all alive at once, then freed. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
	void **blocks = calloc(n, sizeof(*blocks));
	uint64_t state = 1;

	for (size_t i = 0; i < n; i++) {
		size_t size;

		state = state * 6364136223846793005u + 1442695040888963407u;
		size = 16 + (state >> 33) % 1008 / ((state >> 60) + 1);
		blocks[i] = malloc(size);
		memset(blocks[i], 1, size);
	}
	for (size_t i = 0; i < n; i++)
		free(blocks[i]);
	free(blocks);
	return 0;
}
