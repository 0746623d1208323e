/* SPDX-License-Identifier: MIT */
/* fuzz_cli.c - the command line: the first byte chooses the command, words end with a NUL. */
#include "analyzer/cli.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char name[] = "command", *argv[WORDS + 1] = {name}, *text, *at;
	struct cli cli;
	int argc = 1;

	if (!size)
		return 0;
	text = malloc(size);
	if (!text)
		return 0;
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	for (at = text; at < text + size && argc < WORDS; at += strlen(at) + 1)
		argv[argc++] = at;
	cli_parse(&cli, data[0] & 1 ? CLI_RUN : CLI_REPORT, argc, argv);
	cli_free(&cli);
	free(text);
	return 0;
}
