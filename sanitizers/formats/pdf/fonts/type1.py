"""Type 1 programs, written again as compact fonts, which every reader takes in their place (Adobe Type 1, 1990).

The format is PostScript: here it is not run, but searched for the few things that a font consists of.
"""

import re
import struct
from binascii import unhexlify
from itertools import pairwise

from fontTools.cffLib import cffStandardStrings
from fontTools.encodings.StandardEncoding import StandardEncoding

from sanitizers.formats.pdf.fonts.cffwriter import Font, Part, written
from sanitizers.formats.pdf.fonts.type1glyphs import Converter
from sanitizers.formats.pdf.work import StreamFailed

MOST_GLYPHS = 4_096
MOST_SUBROUTINES = 65_536
LONGEST_OUTLINE = 65_535
_EEXEC, _CHARSTRING = 55_665, 4_330
_NUMBERS = rb"\s*[\[{]\s*([-+0-9.eE\s]{0,400}?)[\]}]"
_BEGIN = re.compile(rb"eexec(?:\r\n|[ \t\r\n])")
_LEADING_BYTES = re.compile(rb"/lenIV\s+(-?[0-9]+)")
_SUBROUTINE = re.compile(rb"\s*dup\s+([0-9]{1,5})\s+([0-9]{1,5})\s+[^\s/]{1,16} ")
_OUTLINE = re.compile(rb"/([^\s/\[\](){}<>%]{0,127})\s+([0-9]{1,5})\s+[^\s/]{1,16} ")
_CODE = re.compile(rb"dup\s+([0-9]{1,3})\s*/([^\s/\[\](){}<>%]{1,127})\s+put")
_GLYPH_NAME = re.compile(r"[A-Za-z0-9._-]{1,63}")
_STANDARD = {name: number for number, name in enumerate(cffStandardStrings)}

#: Numbers of the private dictionary and their operators in a compact font; arrays go as differences.
PRIVATE_ENTRIES: dict[bytes, bytes] = {
    b"BlueValues": b"\x06",
    b"OtherBlues": b"\x07",
    b"FamilyBlues": b"\x08",
    b"FamilyOtherBlues": b"\x09",
    b"StdHW": b"\x0a",
    b"StdVW": b"\x0b",
    b"StemSnapH": b"\x0c\x0c",
    b"StemSnapV": b"\x0c\x0d",
}


def rewritten(data: bytes, clear: int) -> bytes:
    """The font as a compact font. `clear`: where its encrypted part should begin. Raises StreamFailed."""
    head, private = _halves(_without_segments(data), clear)
    leading = _LEADING_BYTES.search(private)
    skip = int(leading[1]) if leading else 4
    if not -1 <= skip <= 16:
        raise StreamFailed("a font with unusual outlines")
    start = private.find(b"/CharStrings")
    if start < 0:
        raise StreamFailed("a font without glyphs")
    routines = _subroutines(private[:start] if private.find(b"/Subrs") < start else private, skip)
    outlines = _outlines(private, start, skip)
    if not outlines:
        raise StreamFailed("a font without glyphs")
    return written(_font(head, private, routines, outlines))


def _without_segments(data: bytes) -> bytes:
    """PFB files are cut into segments."""
    if data[:1] != b"\x80":
        return data
    pieces: list[bytes] = []
    place = 0
    while data[place : place + 1] == b"\x80" and data[place + 1 : place + 2] in {b"\1", b"\2"}:
        (length,) = struct.unpack("<I", data[place + 2 : place + 6].ljust(4, b"\0"))
        pieces.append(data[place + 6 : place + 6 + length])
        place += 6 + length
    return b"".join(pieces)


def _halves(data: bytes, clear: int) -> tuple[bytes, bytes]:
    begin = _BEGIN.search(data, max(0, clear - 64)) or _BEGIN.search(data)
    if begin is None:
        raise StreamFailed("no font of this kind")
    secret = data[begin.end() :]
    if re.fullmatch(rb"[0-9A-Fa-f\s]{4}", secret[:4]):
        digits = re.match(rb"[0-9A-Fa-f\s]*", secret)
        plain = b"".join(digits[0].split()) if digits else b""
        secret = unhexlify(plain[: len(plain) & ~1])
    return data[: begin.start()], decrypted(secret, _EEXEC)[4:]


def decrypted(data: bytes, key: int) -> bytes:
    """Type 1, chapter 7: nothing secret, the key is in the book."""
    out = bytearray(data)
    for place, byte in enumerate(data):
        out[place] = byte ^ (key >> 8)
        key = ((byte + key) * 52_845 + 22_719) & 0xFFFF
    return bytes(out)


def _plain(data: bytes, skip: int) -> bytes:
    return data if skip < 0 else decrypted(data, _CHARSTRING)[skip:]


def _subroutines(private: bytes, skip: int) -> dict[int, bytes]:
    """By number, still encrypted ones left alone until they are called."""
    start = private.find(b"/Subrs")
    found = re.compile(rb"/Subrs\s+[0-9]+\s+array").match(private, start) if start >= 0 else None
    routines: dict[int, bytes] = {}
    place = found.end() if found else len(private)
    while len(routines) < MOST_SUBROUTINES:
        entry = _SUBROUTINE.search(private, place, place + 64)
        if entry is None:
            break
        end = entry.end() + int(entry[2])
        routines[int(entry[1])] = _plain(private[entry.end() : end], skip)
        place = end
    return routines


def _outlines(private: bytes, start: int, skip: int) -> dict[str, bytes]:
    outlines: dict[str, bytes] = {}
    place = start + len(b"/CharStrings")
    while len(outlines) < MOST_GLYPHS:
        entry = _OUTLINE.search(private, place, place + 256)
        if entry is None:
            break
        end = entry.end() + int(entry[2])
        outlines.setdefault(entry[1].decode("latin-1"), _plain(private[entry.end() : end], skip))
        place = end
    return outlines


def _font(head: bytes, private: bytes, routines: dict[int, bytes], outlines: dict[str, bytes]) -> Font:
    codes = _codes(head)
    order = _order(outlines, codes)
    converter = Converter(routines)
    first: dict[str, int] = {}
    for code, name in sorted(codes.items()):
        first.setdefault(name, code)
    more = [(code, _name(name)) for code, name in sorted(codes.items()) if first[name] != code and name in outlines]
    return Font(
        top=_matrix(head),
        outlines=[converter.outline(outlines.get(name, b"\x0e")) for name in order],
        parts=[Part(_private(private), [])],
        subroutines=[],
        predefined=None,
        names=tuple(_name(name) for name in order[1:]),
        numbers=(),
        select=b"",
        standard_encoding=None,
        codes=bytes(first[name] for name in order[1:] if name in first)[:255],
        more_codes=tuple(more[:255]),
    )


def _codes(head: bytes) -> dict[int, str]:
    """Code → name of the encoding in the font."""
    start = head.find(b"/Encoding")
    if start < 0 or re.match(rb"/Encoding\s+StandardEncoding", head[start : start + 64]):
        return {code: name for code, name in enumerate(StandardEncoding) if name != ".notdef"}
    end = head.find(b"readonly", start)
    found = _CODE.findall(head, start, end if end > 0 else len(head))
    return {int(code): name.decode("latin-1") for code, name in found if int(code) < 256 and name != b".notdef"}


def _order(outlines: dict[str, bytes], codes: dict[int, str]) -> list[str]:
    """Glyph 0, those that have a code in order of their codes, and the others."""
    coded = dict.fromkeys(name for _, name in sorted(codes.items()) if name in outlines)
    return [".notdef", *coded, *(name for name in outlines if name not in coded and name != ".notdef")]


def _name(name: str) -> int | bytes:
    if name in _STANDARD:
        return _STANDARD[name]
    return name.encode() if _GLYPH_NAME.fullmatch(name) else b"glyph"


def _matrix(head: bytes) -> bytes:
    found = re.search(rb"/FontMatrix" + _NUMBERS, head)
    values = found[1].split() if found else []
    if len(values) != 6 or values[:4] == [b"0.001", b"0", b"0", b"0.001"]:
        return b""
    return b"".join(real(value) for value in values) + b"\x0c\x07"


def real(value: bytes) -> bytes:
    """A number as a dictionary of a compact font has it."""
    try:
        text = f"{float(value):.8g}"
    except ValueError as error:
        raise StreamFailed("a font with a broken number") from error
    digits = text.replace("e-", "c").replace("e+", "b").replace("e", "b").replace("-", "e").replace(".", "a") + "f"
    return b"\x1e" + unhexlify(digits + "f" * (len(digits) % 2))


def _private(private: bytes) -> bytes:
    entries: list[bytes] = []
    for name, operator in PRIVATE_ENTRIES.items():
        found = re.search(rb"/%b" % name + _NUMBERS, private)
        values = [float(value) for value in found[1].split()][:14] if found else []
        if values:
            steps = [values[0], *(after - before for before, after in pairwise(values))]
            entries.append(b"".join(real(b"%.6f" % step) for step in steps) + operator)
    return b"".join(entries)
