"""TrueType and OpenType programs: an allow-list of tables, each parsed and written again (ISO 32000-2, 9.9; OpenType).

Not carried are names, licences, programs for hinting, layout features, bitmaps, colours, signatures, unknown tables.
"""

import re
import struct
import sys
from array import array

from sanitizers.formats.pdf.fonts import cff
from sanitizers.formats.pdf.fonts.codes import codes
from sanitizers.formats.pdf.fonts.glyphs import outlines
from sanitizers.formats.pdf.work import StreamFailed

MOST_TABLES = 128
STANDARD_NAMES = 258  #: glyph names of the Macintosh order that table post refers to by number
_GLYPH_NAME = re.compile(rb"[A-Za-z0-9._-]{1,63}")
_TRUETYPE, _CFF = b"\0\1\0\0", b"OTTO"
KINDS = frozenset({_TRUETYPE, _CFF, b"true", b"ttcf"})  #: how files of this format begin

#: What is written again; of the others a reader of PDF needs none (ISO 32000-2, table 125 and 9.9.1).
CARRIED = frozenset({b"CFF ", b"cmap", b"glyf", b"head", b"hhea", b"hmtx", b"loca", b"maxp", b"post"})

#: OpenType, chapter head: nothing of the flags that are kept asks for a program. Dates are zero.
_HEAD = struct.Struct(">IIIIHHQQhhhhHHhhh")
_MAGIC = 0x5F0F3CF5
_KNOWN_HEAD_FLAGS = 0x0003  # where the baseline and the left edge lie
_HHEA = struct.Struct(">IhhhHhhhhhhhhhhhH")

Tables = dict[bytes, bytes]


def rewritten(data: bytes) -> bytes:
    """The program with its outlines, widths and codes, and nothing else. Raises StreamFailed."""
    tables = _tables(data)
    try:
        return _font(tables)
    except struct.error as error:
        raise StreamFailed("a font with tables cut off") from error


def holds_more(data: bytes) -> bool:
    """Whether the program has tables that are not carried."""
    return not _tables(data).keys() <= CARRIED


def _tables(data: bytes) -> Tables:
    if data[:4] == b"ttcf":
        return _directory(data, int.from_bytes(data[12:16]))
    return _directory(data, 0)


def _directory(data: bytes, start: int) -> Tables:
    if data[start : start + 4] not in {_TRUETYPE, b"true", _CFF}:
        raise StreamFailed("no font of this kind")
    tables: Tables = {}
    for number in range(min(int.from_bytes(data[start + 4 : start + 6]), MOST_TABLES)):
        record = data[start + 12 + 16 * number : start + 28 + 16 * number]
        if len(record) < 16:
            break
        offset, length = struct.unpack(">II", record[8:])
        tables.setdefault(record[:4], data[offset : offset + length])
    return tables


def _font(tables: Tables) -> bytes:
    count = int.from_bytes(tables.get(b"maxp", b"")[4:6])
    if not count:
        raise StreamFailed("a font without glyphs")
    head = _head(tables)
    written: Tables = {}
    if b"glyf" in tables and b"loca" in tables:
        long_offsets = head[15] != 0
        glyf, loca, long_offsets = outlines(tables[b"glyf"], tables[b"loca"], count, long_offsets=long_offsets)
        written |= {b"glyf": glyf, b"loca": loca, b"maxp": _maxp(tables, count)}
        head[15] = int(long_offsets)
        kind = _TRUETYPE
    elif b"CFF " in tables:
        written |= {b"CFF ": cff.rewritten(tables[b"CFF "]), b"maxp": struct.pack(">IH", 0x00005000, count)}
        kind = _CFF
    else:
        raise StreamFailed("a font without outlines")
    written[b"head"] = _HEAD.pack(*head)
    written[b"hhea"], written[b"hmtx"] = _widths(tables, count)
    written[b"post"] = _post(tables.get(b"post", b""), count)
    if b"cmap" in tables:
        written[b"cmap"] = codes(tables[b"cmap"])
    return _joined(kind, {tag: table for tag, table in written.items() if table or tag in {b"glyf", b"loca"}})


def _head(tables: Tables) -> list[int]:
    fields = list(_HEAD.unpack_from(tables.get(b"head", b"").ljust(_HEAD.size, b"\0")))
    units = fields[5]
    if not 16 <= units <= 16_384:
        raise StreamFailed("a font without size")
    fields[:5] = [0x00010000, 0, 0, _MAGIC, fields[4] & _KNOWN_HEAD_FLAGS]
    fields[6:8] = [0, 0]
    fields[12:] = [fields[12] & 0x7F, fields[13], 2, fields[15], 0]
    return fields


def _maxp(tables: Tables, count: int) -> bytes:
    """How large glyphs become; of programs it says that there are none."""
    points = struct.unpack(">4H", tables[b"maxp"][6:14].ljust(8, b"\0"))
    components = struct.unpack(">2H", tables[b"maxp"][28:32].ljust(4, b"\0"))
    return struct.pack(">IH13H", 0x00010000, count, *points, 2, 0, 0, 0, 0, 0, 0, *components)


def _widths(tables: Tables, count: int) -> tuple[bytes, bytes]:
    fields = list(_HHEA.unpack_from(tables.get(b"hhea", b"").ljust(_HHEA.size, b"\0")))
    given = tables.get(b"hmtx", b"")
    full = max(1, min(fields[16], count))
    size = 4 * full + 2 * (count - full)
    fields[0] = 0x00010000
    fields[11:] = [0, 0, 0, 0, 0, full]
    return _HHEA.pack(*fields), given[:size].ljust(size, b"\0")


def _post(table: bytes, count: int) -> bytes:
    """The glyphs' names, by which encodings with differences find them; others need none."""
    version = int.from_bytes(table[:4])
    angle = table[4:12].ljust(8, b"\0") + b"\0\0\0" + table[15:16].rjust(1, b"\0") + bytes(16)
    if version == 0x00010000:
        return struct.pack(">I", version) + angle
    if version != 0x00020000 or len(table) < 34 + 2 * count:
        return struct.pack(">I", 0x00030000) + angle
    numbers = struct.unpack_from(f">{count}H", table, 34)
    names = _pascal_strings(table, 34 + 2 * count)
    order: dict[bytes, int] = {}
    written = [_name_number(number, names, order) for number in numbers]
    strings = b"".join(bytes((len(name),)) + name for name in order)
    return struct.pack(">I", version) + angle + struct.pack(f">H{count}H", count, *written) + strings


def _pascal_strings(table: bytes, place: int) -> list[bytes]:
    names: list[bytes] = []
    while place < len(table):
        names.append(table[place + 1 : place + 1 + table[place]])
        place += 1 + table[place]
    return names


def _name_number(number: int, names: list[bytes], order: dict[bytes, int]) -> int:
    if number < STANDARD_NAMES:
        return number
    place = number - STANDARD_NAMES
    if place >= len(names) or _GLYPH_NAME.fullmatch(names[place]) is None:
        return 0
    return STANDARD_NAMES + order.setdefault(names[place], len(order))


def _joined(kind: bytes, tables: Tables) -> bytes:
    """The file: directory, tables in order of their tags, sums (OpenType, chapter otff)."""
    count = len(tables)
    power = 1 << (count.bit_length() - 1)
    head = kind + struct.pack(">HHHH", count, 16 * power, power.bit_length() - 1, 16 * (count - power))
    place = 12 + 16 * count
    at = 0  # where table head says the sum of the whole
    records, bodies = [], []
    for tag in sorted(tables):
        at = place + 8 if tag == b"head" else at
        body = tables[tag] + b"\0" * (-len(tables[tag]) % 4)
        records.append(struct.pack(">4sIII", tag, _sum(body), place, len(tables[tag])))
        bodies.append(body)
        place += len(body)
    file = bytearray(head + b"".join(records) + b"".join(bodies))
    file[at : at + 4] = struct.pack(">I", (0xB1B0AFBA - _sum(bytes(file))) & 0xFFFFFFFF)
    return bytes(file)


def _sum(data: bytes) -> int:
    words = array("I", data)
    if sys.byteorder == "little":
        words.byteswap()
    return sum(words) & 0xFFFFFFFF
