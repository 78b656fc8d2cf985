"""Writes Ichitaro and HWP documents from scratch, with what a test or a sample wants in them."""

import io
import struct
import zipfile
import zlib

from tests.unit.sanitizers.japanese.compound_files import compound

# Ichitaro 7 and later -----------------------------------------------------------------------------------------------

RECORD, OPEN, CLOSE, END = 0x1C, 0x1D, 0x1E, 0x1F


def units(*pieces: str | list[int]) -> list[int]:
    """Text and numbers as UTF-16 units."""
    found: list[int] = []
    for piece in pieces:
        raw = piece.encode("utf-16-be") if isinstance(piece, str) else b""
        found += (
            piece if isinstance(piece, list) else [int.from_bytes(raw[at : at + 2]) for at in range(0, len(raw), 2)]
        )
    return found


def record(kind: int, *payload: int) -> list[int]:
    length = len(payload) + 7
    return [RECORD, kind, length, *payload, length, 0, kind, END]


def inline(first: int, second: int, text: str) -> list[int]:
    return [RECORD, 1, 7, 0, first, second, OPEN, *units(text), CLOSE, 5, 0, 1, END]


def ruby(base: str, reading: str) -> list[int]:
    return [*inline(0, 3, base), *inline(1, 0x82, reading)]


def row(*cells: str) -> list[int]:
    """A line of a ruled table."""
    line = record(0x10, 0, 0x8F, 3, 160, 0, 0, 0xFFFF, 0)
    for cell in cells:
        line += [*record(0x30, 0, 0, 10, 0, 0), *units(cell)]
    return [*line, 0x0E]


def store(*texts: list[int]) -> bytes:
    """The store of blocks "SsmgV.01" with one text in each sub-stream."""
    blocks, entries = b"", b""
    count = 0
    for index, text in enumerate(texts):
        part = b"TextV.01" + struct.pack(">I", len(text)) + struct.pack(f">{len(text)}H", *text) + b"\0\0\0\0\0"
        needed = -(-len(part) // 256)
        blocks += part.ljust(needed * 256, b"\0")
        entries += struct.pack(f">5I{needed}I", index, 0, len(part), needed, needed, *range(count, count + needed))
        count += needed
    return b"SsmgV.01" + struct.pack(">3I", len(texts), 256, count) + blocks + entries + bytes(4)


def pieces_store(*texts: list[int]) -> bytes:
    """The same text in several sub-streams, as a long document has it."""
    head = b"QLSTV.01" + struct.pack(">I", len(texts))
    head += b"".join(struct.pack(">2I", len(text), index + 1) for index, text in enumerate(texts))
    parts = [head, *(struct.pack(f">{len(text)}H", *text) for text in texts)]
    blocks, entries, count = b"", b"", 0
    for index, part in enumerate(parts):
        needed = -(-len(part) // 256)
        blocks += part.ljust(needed * 256, b"\0")
        entries += struct.pack(f">5I{needed}I", index, 0, len(part), needed, needed, *range(count, count + needed))
        count += needed
    return b"SsmgV.01" + struct.pack(">3I", len(parts), 256, count) + blocks + entries + bytes(4)


def properties(title: str, author: str) -> bytes:
    """\\x05SummaryInformation ([MS-OLEPS]) with two strings in Shift_JIS."""
    values = []
    for text in (title, author):
        raw = text.encode("cp932") + b"\0"
        values.append(struct.pack("<II", 0x1E, len(raw)) + raw.ljust(-(-len(raw) // 4) * 4, b"\0"))
    values.insert(0, struct.pack("<IHH", 2, 932, 0))
    place = 8 + 8 * 3
    rows, at = b"", place
    for name, value in zip((1, 2, 4), values, strict=True):
        rows += struct.pack("<II", name, at)
        at += len(value)
    section = struct.pack("<II", at, 3) + rows + b"".join(values)
    class_id = bytes.fromhex("e0859ff2f94f6810ab9108002b27b3d9")
    return struct.pack("<HHI16xI", 0xFFFE, 0, 0x00020006, 1) + class_id + struct.pack("<I", 48) + section


def jtd(body: list[int] | bytes, **streams: bytes) -> bytes:
    """A document; further streams by their paths, "__" for "/"."""
    content = body if isinstance(body, bytes) else store(body)
    return compound({"DocumentText": content, **{name.replace("__", "/"): data for name, data in streams.items()}})


def stored_lh5(data: bytes) -> bytes:
    """-lh5- of single codes of eight bits: it packs nothing, and every unpacker reads it."""
    bits = ""
    for start in range(0, len(data), 65_535):
        piece = data[start : start + 65_535]
        bits += f"{len(piece):016b}"
        bits += f"{0:05b}{10:05b}"  # the lengths of all codes have one length: symbol 10 is 8 bits
        bits += f"{256:09b}"
        bits += f"{0:04b}{0:04b}"
        bits += "".join(f"{byte:08b}" for byte in piece)
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big") if bits else b""


def jtdc(inner: bytes, method: bytes = b"-lh5-", packed: bytes | None = None, size: int | None = None) -> bytes:
    """A packed document."""
    packed = stored_lh5(inner) if packed is None else packed
    head = struct.pack("<BB5sIIIBBB", 22, 0, method, len(packed), len(inner) if size is None else size, 0, 0x20, 0, 0)
    name = b"&\0JustCompressedDocument".ljust(38, b"\0")
    return compound({"JSCompDocument": name + head.ljust(24, b"\0") + packed})


# Ichitaro 4 to 6 ----------------------------------------------------------------------------------------------------


def old(words: bytes, blocks_before: int = 0) -> bytes:
    """A header, a table of eight rows, and the words in the first block behind as many others."""
    head = bytearray(0x800)
    head[:4] = b"DOC\0"
    head[0x3C:0x40] = b"\x19\x89\x02\x22"
    struct.pack_into("<4H", head, 0xE2, 0x600, 8, 0x800, 0x200)
    head[0x600:0x800] = b"\xff" * 0x200
    struct.pack_into("<2H4xI4xI", head, 0x600, 1, 2, blocks_before + 1, len(words) + 4)
    return bytes(head) + bytes(0x200 * blocks_before) + struct.pack("<I", len(words) + 4) + words + bytes(64)


# HWP ----------------------------------------------------------------------------------------------------------------

ROW_COLUMNS = struct.Struct("<HHIHHHH")


def hwp_record(tag: int, level: int, body: bytes) -> bytes:
    if len(body) < 0xFFF:
        return struct.pack("<I", tag | level << 10 | len(body) << 20) + body
    return struct.pack("<II", tag | level << 10 | 0xFFF << 20, len(body)) + body


def control(letters: bytes, sign: int = 11) -> str:
    """What stands in a paragraph for what hangs from it."""
    code = letters[::-1]
    return chr(sign) + code[:2].decode("utf-16-le") + code[2:].decode("utf-16-le") + "\0\0\0\0" + chr(sign)


def paragraph(text: str, level: int = 0, *hanging: bytes) -> bytes:
    raw = (text + "\r").encode("utf-16-le")
    return hwp_record(66, level, bytes(22)) + hwp_record(67, level + 1, raw) + b"".join(hanging)


def hanging(letters: bytes, level: int, *below: bytes) -> bytes:
    return hwp_record(71, level, letters[::-1] + bytes(8)) + b"".join(below)


def listed(level: int, *paragraphs: bytes, cell: tuple[int, int] | None = None) -> bytes:
    column, line = cell or (0, 0)
    body = ROW_COLUMNS.pack(len(paragraphs), 0, 0, column, line, 1, 1) if cell else bytes(8)
    return hwp_record(72, level, body) + b"".join(paragraphs)


def table(level: int, rows: list[list[str]]) -> bytes:
    cells = [
        listed(level + 1, paragraph(text, level + 1), cell=(column, line))
        for line, texts in enumerate(rows)
        for column, text in enumerate(texts)
    ]
    return hanging(b"tbl ", level, hwp_record(77, level + 1, bytes(16)), *cells)


def hwp(*sections: bytes, flags: int = 1, **streams: bytes) -> bytes:
    header = b"HWP Document File".ljust(32, b"\0") + bytes([0, 0, 0, 5]) + struct.pack("<I", flags)
    packed = {
        f"BodyText/Section{number}": _deflated(section) if flags & 1 else section
        for number, section in enumerate(sections)
    }
    more = {name.replace("__", "/"): data for name, data in streams.items()}
    return compound({"FileHeader": header.ljust(256, b"\0"), **packed, **more})


def _deflated(data: bytes) -> bytes:
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    return stream.compress(data) + stream.flush()


_SPACES = (
    'xmlns:hs="http://www.hancom.co.kr/hwpml/2011/section" xmlns:hp="http://www.hancom.co.kr/hwpml/2011/paragraph"'
)


def hwpx(section: str, **members: bytes) -> bytes:
    """A package with one section; further members by their names, "__" for "/"."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        section_ = f'<?xml version="1.0"?><hs:sec {_SPACES}>{section}</hs:sec>'
        whole = {"mimetype": b"application/hwp+zip", "Contents/section0.xml": section_.encode(), **members}
        for name, data in whole.items():
            info = zipfile.ZipInfo(name.replace("__", "/"))  # without the time of day
            info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            package.writestr(info, data)
    return buffer.getvalue()


def hwpx_paragraph(text: str, inside: str = "") -> str:
    return f'<hp:p id="0"><hp:run charPrIDRef="0"><hp:t>{text}</hp:t>{inside}</hp:run></hp:p>'
