#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""As many traces as wanted, as a service with so many processes leaves them: copies of one trace,
each with a pid and a start of its own, a microsecond apart.

  shards.py TRACE DIRECTORY COUNT
"""
import os
import struct
import sys

PID, START_REALTIME, BYTES_USED = 32, 40, 72  # in tl_header


def extents(fd, end):
    at = 0
    while at < end:
        try:
            at = os.lseek(fd, at, os.SEEK_DATA)
        except OSError:
            return
        hole = min(os.lseek(fd, at, os.SEEK_HOLE), end)
        if at < hole:
            yield at, os.pread(fd, hole - at, at)
        at = hole


source, directory, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
fd = os.open(source, os.O_RDONLY)
header = bytearray(os.pread(fd, 4096, 0))
used, = struct.unpack_from('<Q', header, BYTES_USED)
start, = struct.unpack_from('<Q', header, START_REALTIME)
data = list(extents(fd, used))
for i in range(count):
    struct.pack_into('<I', header, PID, 100000 + i)
    struct.pack_into('<Q', header, START_REALTIME, start + 1000 * i)
    with open(f'{directory}/{i}.tlk', 'wb') as out:
        for at, piece in data:
            out.seek(at)
            out.write(piece)
        out.truncate(used)
        out.seek(0)
        out.write(header)
