/* SPDX-License-Identifier: MIT */
#include "utf8.h"
#include "util.h"

static size_t sequence_length(unsigned char first)
{
	if (first < 0x80)
		return first != 0;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

size_t utf8_decode(const char *text, uint32_t *c)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *p = (const unsigned char *)text;
	size_t len = sequence_length(*p), i;

	*c = len < 2 ? *p : *p & (0x7fu >> len);
	for (i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (p[i] & 0x3f);
	}
	if (*c < least[len] || *c > 0x10ffff || (*c >= 0xd800 && *c <= 0xdfff))
		return 0;
	return len;
}

bool utf8_is_harmful(uint32_t c)
{
	/* Unicode 15, Bidi_Control and Default_Ignorable_Code_Point as far as they deceive, the
	 * separators of lines and paragraphs, annotations, tags. */
	static const uint32_t ranges[][2] = {
	    {0x00, 0x1f},     {0x7f, 0x9f},	{0xad, 0xad},	  {0x61c, 0x61c},
	    {0x180e, 0x180e}, {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},
	    {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xfffe, 0xffff}, {0xe0000, 0xe007f},
	};
	size_t i;

	if (c >= 0x20 && c < 0x7f)
		return false;
	for (i = 0; i < ARRAY_LEN(ranges); i++)
		if (c >= ranges[i][0] && c <= ranges[i][1])
			return true;
	return false;
}
