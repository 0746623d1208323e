/* SPDX-License-Identifier: MIT */
#include "pprof_tables.h"

#include <stdlib.h>
#include <zlib.h>

/* As deflateInit2 wants it: the largest window, and 16 for a gzip header. That header then has no
 * time in it, so that the same report always is the same bytes. */
#define GZIP_WINDOW (15 + 16)

static int compress_all(z_stream *stream, struct strbuf *out)
{
	uint8_t piece[16384];
	int result;

	do {
		stream->next_out = piece;
		stream->avail_out = sizeof(piece);
		result = deflate(stream, Z_FINISH);
		strbuf_add(out, piece, sizeof(piece) - stream->avail_out);
	} while (result == Z_OK);
	return result == Z_STREAM_END && !out->failed ? 0 : -1;
}

static int add_gzipped(struct strbuf *out, uint8_t *data, size_t len)
{
	z_stream stream = {.next_in = data, .avail_in = (uInt)len};
	int result;

	if (len > UINT32_MAX || deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED,
					     GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return -1;
	result = compress_all(&stream, out);
	deflateEnd(&stream);
	return result;
}

int pprof_write(const struct pprof *p, struct strbuf *out)
{
	size_t len = perftools__profiles__profile__get_packed_size(p->profile);
	uint8_t *data = p->failed ? NULL : malloc(len + 1);
	int result = -1;

	if (data) {
		perftools__profiles__profile__pack(p->profile, data);
		result = add_gzipped(out, data, len);
	}
	free(data);
	return result;
}
