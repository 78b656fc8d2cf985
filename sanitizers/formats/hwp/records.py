"""The records of an HWP 5 section, and the characters of its paragraphs (Hancom: HWP document file formats 5.0)."""

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from sanitizers.model import CannotSanitize, Threat

# 4.3: tags of the records that are read.
PARAGRAPH: Final = 66
TEXT: Final = 67
CONTROL: Final = 71
LIST: Final = 72  # a list of paragraphs: a cell, a note, a box
TABLE: Final = 77
PICTURE: Final = 85
OLE: Final = 84
EQUATION: Final = 88
MEMOS: Final = 93
VIDEO: Final = 98
FORM: Final = 91

_HEAD: Final = struct.Struct("<I")
_SIZE_FOLLOWS: Final = 0xFFF
_MOST_RECORDS: Final = 2_000_000

# 5.4, table 6: characters below 32 that are one unit long; the others are eight, the character again as the last.
_SHORT: Final = frozenset({0, 10, 13, *range(24, 32)})
_LONG: Final = 8  # units
_WRITTEN: Final = {9: "\t", 10: "\n", 24: "-", 30: "\u00a0", 31: " "}
_CONTROLS: Final = 32
_PARAGRAPH_ENDS: Final = 13
ANCHORS: Final = frozenset({11, 15, 16, 17, 18})  #: table or drawing, hidden comment, header or footer, note, number


class Record(NamedTuple):
    """One record."""

    tag: int
    level: int
    body: bytes


def records(section: bytes) -> Iterator[Record]:
    """In their order; a record that is cut off ends them. CannotSanitize: too many."""
    at = 0
    for _ in range(_MOST_RECORDS):
        if at + _HEAD.size > len(section):
            return
        (head,) = _HEAD.unpack_from(section, at)
        at += _HEAD.size
        size = head >> 20
        if size == _SIZE_FOLLOWS and at + _HEAD.size <= len(section):
            (size,) = _HEAD.unpack_from(section, at)
            at += _HEAD.size
        if at + size > len(section):
            raise CannotSanitize(Threat.MALFORMED, "an HWP document whose records are cut off")
        yield Record(head & 0x3FF, head >> 10 & 0x3FF, section[at : at + size])
        at += size
    raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {_MOST_RECORDS} records")


def text_of(body: bytes) -> str:
    """The characters of a paragraph without its controls."""
    pieces: list[str] = []
    units = memoryview(body[: len(body) // 2 * 2]).cast("H")
    at = start = 0
    while at < len(units):
        unit = units[at]
        if unit >= _CONTROLS:
            at += 1
            continue
        pieces.append(_decoded(body, start, at))
        if unit == _PARAGRAPH_ENDS:
            return "".join(pieces)
        pieces.append(_WRITTEN.get(unit, ""))
        at += 1 if unit in _SHORT else _LONG
        start = at
    pieces.append(_decoded(body, start, at))
    return "".join(pieces)


def _decoded(body: bytes, start: int, end: int) -> str:
    return body[start * 2 : end * 2].decode("utf-16-le", "replace")
