/* SPDX-License-Identifier: MIT */
/* fuzz_trace.c - a trace of any bytes, through every verdict and every format. */
#include "tests/unit/pipeline.h"

#include <string.h>

#define WINDOW 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	pipeline_run(data, size);
	return 0;
}

/* Mostly in place: chunks begin at pages, and what moves all that follows makes one break of it. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	uint8_t window[WINDOW] = {0};
	size_t slots = size / WINDOW, at;

	if (seed % 8 == 0 || !slots)
		return LLVMFuzzerMutate(data, size, max);
	at = seed / 8 % slots * WINDOW;
	memcpy(window, data + at, WINDOW);
	LLVMFuzzerMutate(window, WINDOW, WINDOW);
	memcpy(data + at, window, WINDOW);
	return size;
}
