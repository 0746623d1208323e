# SPDX-License-Identifier: MIT
"""picture_check.py FILE light|dark: does a screenshot show a page: a ground of that lightness, much
text on it, coloured parts? Reads PNG as browsers write it (8 bit RGB or RGBA, not interlaced)."""
import struct
import sys
import zlib


def pixels(path):
    data = open(path, "rb").read()
    assert data[:8] == b"\x89PNG\r\n\x1a\n", "no PNG"
    at, packed = 8, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + size]
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", body)
        elif kind == b"IDAT":
            packed += body
        at += 12 + size
    assert depth == 8 and colour in (2, 6) and not interlaced
    step = 3 if colour == 2 else 4
    raw, rows, above = zlib.decompress(packed), [], bytes(width * step)
    for y in range(height):
        start = y * (width * step + 1)
        above = unfilter(raw[start], bytearray(raw[start + 1:start + 1 + width * step]), above, step)
        rows.append(above)
    return rows, step


def unfilter(kind, row, above, step):
    for i in range(len(row) if kind else 0):
        left = row[i - step] if i >= step else 0
        up, corner = above[i], above[i - step] if i >= step else 0
        if kind == 1:
            guess = left
        elif kind == 2:
            guess = up
        elif kind == 3:
            guess = (left + up) // 2
        else:
            guess = min((left, up, corner), key=lambda v: abs(left + up - corner - v))
        row[i] = (row[i] + guess) & 255
    return bytes(row)


rows, step = pixels(sys.argv[1])
counts = {}
for row in rows[::2]:
    for i in range(0, len(row), 2 * step):
        pixel = tuple(row[i:i + 3])
        counts[pixel] = counts.get(pixel, 0) + 1
total = sum(counts.values())
ground = max(counts, key=counts.get)
drawn = 1 - counts[ground] / total
vivid = sum(n for p, n in counts.items() if max(p) - min(p) > 60) / total
print(f"ground {ground}, drawn {drawn:.1%}, vivid {vivid:.2%}, {len(counts)} colours")
assert (sum(ground) > 600) == (sys.argv[2] == "light"), "another ground"
assert 0.02 < drawn < 0.9 and vivid > 0.002 and len(counts) > 20, "no page"
