#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reads pprof files with nothing but the wire format, so that what protobuf-c wrote is judged by
something else.

  pprof_reader.py text FILE       the profile in words
  pprof_reader.py check FILE...   what Parca, Pyroscope and pprof demand of it; silent if it holds
  pprof_reader.py config JSON FILE...   Pyroscope's sample_type_config covers all sample types
"""
import gzip
import json
import sys

# field number: (name, how): i an integer, I packed integers, s a text, anything else a message
VALUE_TYPE = {1: ('type', 'i'), 2: ('unit', 'i')}
LABEL = {1: ('key', 'i'), 2: ('str', 'i'), 3: ('num', 'i'), 4: ('num_unit', 'i')}
SAMPLE = {1: ('location_id', 'I'), 2: ('value', 'I'), 3: ('label', [LABEL])}
MAPPING = {1: ('id', 'i'), 2: ('memory_start', 'i'), 3: ('memory_limit', 'i'),
           4: ('file_offset', 'i'), 5: ('filename', 'i'), 6: ('build_id', 'i'),
           7: ('has_functions', 'i'), 8: ('has_filenames', 'i'), 9: ('has_line_numbers', 'i'),
           10: ('has_inline_frames', 'i')}
LINE = {1: ('function_id', 'i'), 2: ('line', 'i')}
LOCATION = {1: ('id', 'i'), 2: ('mapping_id', 'i'), 3: ('address', 'i'), 4: ('line', [LINE]),
            5: ('is_folded', 'i')}
FUNCTION = {1: ('id', 'i'), 2: ('name', 'i'), 3: ('system_name', 'i'), 4: ('filename', 'i'),
            5: ('start_line', 'i')}
PROFILE = {1: ('sample_type', [VALUE_TYPE]), 2: ('sample', [SAMPLE]), 3: ('mapping', [MAPPING]),
           4: ('location', [LOCATION]), 5: ('function', [FUNCTION]), 6: ('string_table', 's'),
           7: ('drop_frames', 'i'), 8: ('keep_frames', 'i'), 9: ('time_nanos', 'i'),
           10: ('duration_nanos', 'i'), 11: ('period_type', VALUE_TYPE), 12: ('period', 'i'),
           13: ('comment', 'I'), 14: ('default_sample_type', 'i')}


def varint(data, pos):
    value = shift = 0
    while True:
        byte = data[pos]
        pos += 1
        value |= (byte & 0x7f) << shift
        shift += 7
        if byte < 0x80:
            return value, pos


def empty(fields):
    return {name: 0 if how == 'i' else None if isinstance(how, dict) else []
            for name, how in fields.values()}


def take(message, how, name, value):
    if how == 'i':
        message[name] = value
    elif how == 's':
        message[name].append(value.decode())
    elif how == 'I' and isinstance(value, int):
        message[name].append(value)
    elif how == 'I':
        pos = 0
        while pos < len(value):
            number, pos = varint(value, pos)
            message[name].append(number)
    elif isinstance(how, list):
        message[name].append(decode(value, how[0]))
    else:
        message[name] = decode(value, how)


def decode(data, fields):
    message = empty(fields)
    pos = 0
    while pos < len(data):
        tag, pos = varint(data, pos)
        name, how = fields[tag >> 3]
        if tag & 7 == 0:
            value, pos = varint(data, pos)
        elif tag & 7 == 2:
            length, pos = varint(data, pos)
            value, pos = data[pos:pos + length], pos + length
            assert len(value) == length, 'cut'
        else:
            raise ValueError(f'wire type {tag & 7}')
        take(message, how, name, value)
    return message


def load(path):
    with open(path, 'rb') as file:
        return decode(gzip.decompress(file.read()), PROFILE)


def text(p):
    strings = p['string_table']

    def value_type(v):
        return f"{strings[v['type']]}/{strings[v['unit']]}"

    def line(entry):
        function = p['function'][entry['function_id'] - 1]
        file = strings[function['filename']]
        return strings[function['name']] + (f" {file}:{entry['line']}" if file else '')

    print('sample types:', *map(value_type, p['sample_type']))
    print('default:', strings[p['default_sample_type']])
    print('period:', p['period'], value_type(p['period_type']))
    print('time:', p['time_nanos'], 'for', p['duration_nanos'])
    print('drop:', strings[p['drop_frames']])
    for comment in p['comment']:
        print('comment:', strings[comment])
    for m in p['mapping']:
        has = [what for what in ('functions', 'filenames', 'line_numbers', 'inline_frames')
               if m['has_' + what]]
        print(f"mapping {m['id']}: {m['memory_start']:#x}-{m['memory_limit']:#x}",
              strings[m['filename']], strings[m['build_id']], *has)
    for s in p['sample']:
        labels = [f"{strings[label['key']]}={strings[label['str']]}" for label in s['label']]
        print('sample:', *s['value'], *labels)
        for number in s['location_id']:
            location = p['location'][number - 1]
            print(f"  {location['mapping_id']}@{location['address']:#x}",
                  '; '.join(map(line, location['line'])))


def ids(p, name, least):
    for i, item in enumerate(p[name]):
        assert item['id'] == i + 1, f'{name}: id {item["id"]} at place {i + 1}'
    return range(least, len(p[name]) + 1)


def check(p):
    strings = p['string_table']
    text_of = range(len(strings))
    assert strings[0] == '', 'the first string is not empty'
    assert len(set(strings)) == len(strings), 'a string twice'
    assert p['sample_type'], 'no sample type'
    assert strings[p['sample_type'][0]['unit']] == 'count', 'the first type is no count'
    types = [strings[t['type']] for t in p['sample_type']]
    assert all(types) and len(set(types)) == len(types), f'sample types {types}'
    assert strings[p['default_sample_type']] in types, 'the default is no sample type'
    assert p['period_type'] and strings[p['period_type']['type']], 'no period type'
    assert strings[p['period_type']['unit']], 'no unit of the period type'
    assert p['period'] > 0, 'no period'
    assert p['time_nanos'] > 0, 'no time'
    mappings, functions = ids(p, 'mapping', 1), ids(p, 'function', 1)
    locations = ids(p, 'location', 1)
    for m in p['mapping']:
        assert m['filename'] in text_of and m['build_id'] in text_of, 'mapping: bad text'
        assert m['memory_start'] < m['memory_limit'], 'mapping: nothing in it'
    for f in p['function']:
        assert f['name'] and f['name'] in text_of and f['filename'] in text_of, 'function'
        assert f['system_name'] in text_of, 'function: bad system name'
    for location in p['location']:
        if location['mapping_id']:
            assert location['mapping_id'] in mappings, 'location: no such mapping'
            m = p['mapping'][location['mapping_id'] - 1]
            assert m['memory_start'] <= location['address'] < m['memory_limit'], \
                f"location {location['id']} lies outside its mapping"
        for line in location['line']:
            assert line['function_id'] in functions, 'line: no such function'
    for s in p['sample']:
        assert len(s['value']) == len(types), 'a value is missing'
        assert all(0 <= v < 1 << 63 for v in s['value']), 'a value below 0'
        assert any(s['value']), 'a sample of nothing'
        assert all(n in locations for n in s['location_id']), 'sample: no such location'
        keys = [label['key'] for label in s['label']]
        assert all(keys) and len(set(keys)) == len(keys), 'labels: none or twice a key'
        assert all(label['str'] or label['num'] for label in s['label']), 'label: no value'


UNITS = {'count': 'objects', 'bytes': 'bytes'}


def config(rules, p):
    for t in p['sample_type']:
        name, unit = (p['string_table'][t[what]] for what in ('type', 'unit'))
        assert name in rules, f'no rule for {name}'
        assert rules[name]['units'] == UNITS[unit], f'{name}: units'
        assert rules[name]['aggregation'] in ('sum', 'average'), f'{name}: aggregation'
        # Each file is a whole run: nothing is to be subtracted from it.
        assert not rules[name].get('cumulative'), f'{name}: cumulative'


def main():
    what, files = sys.argv[1], sys.argv[2:]
    if what == 'text':
        text(load(files[0]))
    elif what == 'config':
        with open(files[0], encoding='utf-8') as file:
            rules = json.load(file)
        for path in files[1:]:
            config(rules, load(path))
    else:
        for path in files:
            check(load(path))


main()
