/* SPDX-License-Identifier: MIT */
/* fuzz_trace.c - a trace of any bytes, through every verdict and every format. */
#include "tests/unit/pipeline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	pipeline_run(data, size);
	return 0;
}
