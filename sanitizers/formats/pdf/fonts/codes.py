"""The cmap table of TrueType fonts: subtables parsed and written again (OpenType, chapter cmap)."""

import struct
from collections.abc import Callable

MOST_SUBTABLES = 16
MOST_SEGMENTS = 16_384

#: Platform and encoding of subtables that PDF readers look for (ISO 32000-2, 9.6.5.4).
CARRIED = frozenset({(0, 0), (0, 1), (0, 2), (0, 3), (0, 4), (0, 6), (1, 0), (3, 0), (3, 1), (3, 10)})


def codes(table: bytes) -> bytes:
    """The table written anew; b"" when nothing of it can be read."""
    written: dict[bytes, int] = {}
    records: list[tuple[int, int, bytes]] = []
    count = min(int.from_bytes(table[2:4]), MOST_SUBTABLES)
    for number in range(count):
        record = table[4 + 8 * number : 12 + 8 * number]
        if len(record) < 8:
            break
        platform, encoding, offset = struct.unpack(">HHI", record)
        subtable = _subtable(table[offset:]) if (platform, encoding) in CARRIED else b""
        if subtable:
            records.append((platform, encoding, subtable))
    records.sort()
    place = 4 + 8 * len(records)
    for _, _, subtable in records:
        if subtable not in written:
            written[subtable] = place
            place += len(subtable)
    if not records:
        return b""
    listed = b"".join(struct.pack(">HHI", platform, one, written[sub]) for platform, one, sub in records)
    return struct.pack(">HH", 0, len(records)) + listed + b"".join(written)


def _subtable(data: bytes) -> bytes:
    read = _FORMATS.get(int.from_bytes(data[:2]))
    if read is None:
        return b""
    try:
        return read(data)
    except (struct.error, IndexError):
        return b""


def _format_0(data: bytes) -> bytes:
    return struct.pack(">HHH", 0, 262, 0) + data[6:262].ljust(256, b"\0")


def _format_4(data: bytes) -> bytes:
    """Segments of codes: each with a difference to the glyph number, or with a list of glyphs."""
    count = min(int.from_bytes(data[6:8]) // 2, MOST_SEGMENTS)
    ends = struct.unpack_from(f">{count}H", data, 14)
    starts = struct.unpack_from(f">{count}H", data, 16 + 2 * count)
    deltas = struct.unpack_from(f">{count}H", data, 16 + 4 * count)
    ranges = struct.unpack_from(f">{count}H", data, 16 + 6 * count)
    segments: list[tuple[int, int, int, bytes]] = []
    after = 0
    for number in range(count):
        start, end = starts[number], ends[number]
        if end < start or start < after or start == 0xFFFF:
            continue
        after = end + 1
        glyphs = b""
        if ranges[number]:
            place = 16 + 6 * count + 2 * number + ranges[number]
            glyphs = data[place : place + 2 * (end - start + 1)]
            if len(glyphs) < 2 * (end - start + 1):
                continue
        segments.append((start, end, deltas[number], glyphs))
    return _written_4([*segments, (0xFFFF, 0xFFFF, 1, b"")])


def _written_4(segments: list[tuple[int, int, int, bytes]]) -> bytes:
    count = len(segments)
    offsets, place = [], 2 * count
    for number, (_, _, _, glyphs) in enumerate(segments):
        offsets.append(place - 2 * number if glyphs else 0)
        place += len(glyphs)
    if max(offsets) > 0xFFFF:
        return b""
    power = 1 << (count.bit_length() - 1)
    head = struct.pack(">HHHH", 2 * count, 2 * power, power.bit_length() - 1, 2 * (count - power))
    body = (
        head
        + struct.pack(f">{count}H", *(segment[1] for segment in segments))
        + b"\0\0"
        + struct.pack(f">{count}H", *(segment[0] for segment in segments))
        + struct.pack(f">{count}H", *(segment[2] for segment in segments))
        + struct.pack(f">{count}H", *offsets)
        + b"".join(segment[3] for segment in segments)
    )
    return struct.pack(">HHH", 4, min(len(body) + 6, 0xFFFF), 0) + body


def _format_6(data: bytes) -> bytes:
    first, count = struct.unpack_from(">HH", data, 6)
    glyphs = data[10 : 10 + 2 * count]
    count = len(glyphs) // 2
    return struct.pack(">HHHHH", 6, 10 + 2 * count, 0, first, count) + glyphs[: 2 * count]


def _format_12(data: bytes) -> bytes:
    count = int.from_bytes(data[12:16])
    if count > 4 * MOST_SEGMENTS:
        return b""
    groups = data[16 : 16 + 12 * count]
    count = len(groups) // 12
    return struct.pack(">HHIII", 12, 0, 16 + 12 * count, 0, count) + groups[: 12 * count]


_FORMATS: dict[int, Callable[[bytes], bytes]] = {0: _format_0, 4: _format_4, 6: _format_6, 12: _format_12}
