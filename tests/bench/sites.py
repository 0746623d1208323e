#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A trace with as many sites as wanted, as a big service leaves it: the header and the modules of a
real trace of PROGRAM, and for each site a stack of DEPTH frames in it, one live timer, and what the
trace's own first site and timer have. Addresses are those of PROGRAM's functions, ADDRESSES of them;
stacks share their outer frames as the leaves of a call tree do; of a small PROGRAM a few are the
same. The same arguments give the same trace.

  sites.py TRACE PROGRAM OUT SITES [ADDRESSES] [DEPTH]
"""
import struct
import subprocess
import sys

HEADER, CHUNK, PAGE = 4096, 64, 4096
HEADER_SIZE, BYTES_USED = 12, 72  # in tl_header
MODULE, STACK, SITE, TIMER, FRAME = 1, 2, 3, 5, 8
KIND, ID, FLAGS, SITE_AND_CREATOR, HOLDER = 16, 8, 24, 88, 124  # in tl_timer, tl_timer_more
LIVE, MOD_EXE, OVERWRITTEN, HOLDER_HEAP = 1, 1, 2, 4
MAGIC, NONE = 0x4b4c5454, 0xffffffff


def read_used(path):
    with open(path, 'rb') as file:
        used, = struct.unpack_from('<Q', file.read(HEADER), BYTES_USED)
        file.seek(0)
        return file.read(used)


def chunks(trace):
    at, = struct.unpack_from('<I', trace, HEADER_SIZE)
    end, = struct.unpack_from('<Q', trace, BYTES_USED)
    while at < end:
        _, kind, size, slot, _, used = struct.unpack_from('<IIQIII', trace, at)
        # Timers come in two parts, and the first takes the place behind the header.
        yield kind, slot, used, trace[at:at + size] if kind == TIMER else \
            trace[at + CHUNK:at + CHUNK + slot * used]
        at += size


def first(trace, kind, wanted=lambda slot: True):
    for found, size, used, data in chunks(trace):
        for i in range(used if found == kind else 0):
            slot = data[i * size:(i + 1) * size]
            if slot[0] == LIVE and wanted(slot):
                return i, bytearray(slot)
    sys.exit(f'no slot of kind {kind}')


def chunk(kind, slot, used, data):
    size = -(-(CHUNK + len(data)) // PAGE) * PAGE
    head = struct.pack('<IIQIII36x', MAGIC, kind, size, slot, (size - CHUNK) // slot, used)
    return (head + data).ljust(size, b'\0')


def mix(n):
    n = (n ^ n >> 31) * 0x9e3779b97f4a7c15 & 0xffffffffffffffff
    n = (n ^ n >> 29) * 0xbf58476d1ce4e5b9 & 0xffffffffffffffff
    return n ^ n >> 32


def return_addresses(program, count):
    names = subprocess.run(['nm', '-S', '--defined-only', program], check=True, text=True,
                           capture_output=True).stdout
    rows = [line.split() for line in names.splitlines()]
    places = [(int(row[0], 16), int(row[1], 16)) for row in rows
              if len(row) == 4 and row[2] in 'tTwW' and int(row[1], 16) > 8]
    every = [start + 4 + i % (size - 4) for start, size in sorted(set(places))
             for i in range(0, size, 16)]
    return [every[mix(i) % len(every)] for i in range(count)] if count < len(every) else every


# Slots of the frames, which stacks share from outside in, and of the stacks.
def stacks(sites, module, addresses, depth):
    frames, index, slots = [], {}, []
    for i in range(sites):
        caller = NONE
        for k in reversed(range(depth)):
            key = caller, addresses[mix((i >> k) + (k << 32)) % len(addresses)]
            if key not in index:
                index[key] = len(frames)
                frames.append(struct.pack('<QII', module << 48 | key[1], caller, NONE))
            caller = index[key]
        slots.append(struct.pack('<IHHIIII', LIVE, depth, 0, caller, NONE, NONE, NONE))
    return frames, slots


def site_slots(sites, slot):
    for i in range(sites):
        struct.pack_into('<II', slot, 4, i & 1, i)
        struct.pack_into('<IQQ', slot, 12, 1, 1, 0)
        yield bytes(slot)


def first_timer(trace):
    size, used, data = next(found[1:] for found in chunks(trace) if found[0] == TIMER)
    for place in range(1, used + 1):
        at = place // (PAGE // size) * 2 * PAGE + place % (PAGE // size) * size
        if data[at] == LIVE:
            return bytearray(data[at:at + size]), bytearray(data[at + PAGE:at + PAGE + size])
    sys.exit('no live timer')


# Both parts of each.
def timer_slots(sites, timer, more):
    flags, = struct.unpack_from('<I', timer, FLAGS)
    for i in range(sites):
        struct.pack_into('<Q', timer, ID, i)
        struct.pack_into('<II', timer, SITE_AND_CREATOR, i, NONE)
        timer[KIND], more[HOLDER] = i & 1, HOLDER_HEAP if i % 4 == 0 else 0
        struct.pack_into('<I', timer, FLAGS, flags | (OVERWRITTEN if i % 8 == 2 else 0))
        yield bytes(timer), bytes(more)


def timer_chunk(slot, timers):
    head = struct.pack('<IIQIII36x', MAGIC, TIMER, 0, slot, len(timers), len(timers))
    places = [(head.ljust(slot, b'\0'), bytes(slot))] + timers
    body = bytearray()
    for at in range(0, len(places), PAGE // slot):
        for part in zip(*places[at:at + PAGE // slot]):
            body += b''.join(part).ljust(PAGE, b'\0')
    struct.pack_into('<Q', body, 8, len(body))
    return bytes(body)


def main():
    source, program, out, sites = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    count = int(sys.argv[5]) if len(sys.argv) > 5 else 20000
    depth = int(sys.argv[6]) if len(sys.argv) > 6 else 12
    trace = read_used(source)
    module, _ = first(trace, MODULE, lambda slot: slot[4] & MOD_EXE)
    _, site = first(trace, SITE)
    timer, more = first_timer(trace)
    frames, made = stacks(sites, module, return_addresses(program, count), depth)
    body = b''.join(chunk(*found) for found in chunks(trace) if found[0] == MODULE)
    body += chunk(FRAME, 16, len(frames), b''.join(frames))
    body += chunk(STACK, 24, sites, b''.join(made))
    body += chunk(SITE, len(site), sites, b''.join(site_slots(sites, site)))
    body += timer_chunk(len(timer), list(timer_slots(sites, timer, more)))
    header = bytearray(trace[:HEADER])
    struct.pack_into('<I', header, HEADER_SIZE, HEADER)
    struct.pack_into('<Q', header, BYTES_USED, HEADER + len(body))
    with open(out, 'wb') as file:
        file.write(header + body)


main()
