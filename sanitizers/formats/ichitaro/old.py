"""Files of Ichitaro 4, 5 and 6 (jsw, jaw, jtw, jbw, juw): a header, a table of blocks, Shift_JIS with control codes.

The format is not published. That the header has a table of blocks of 64 bytes, that the words are in a block of kind 2
behind their length, and which codes are how long, is known from files and from those who wrote text filters for them.
"""

import re
import struct
from typing import Final

from sanitizers.manuscript import Draft
from sanitizers.model import CannotSanitize, Severity, Threat

MAGIC: Final = b"DOC\0"
CHECK_AT: Final = 0x3C
CHECK: Final = b"\x19\x89\x02\x22"

_TABLE: Final = struct.Struct("<4H")  # at 0xE2: where the table of blocks is, how many, where blocks begin, their size
_TABLE_AT: Final = 0xE2
_ROW: Final = 64  # bytes
_MOST_ROWS: Final = 4_096
_USED, _WORDS = 1, 2  # first and second number of the row of the words
_LENGTH: Final = struct.Struct("<I")  # of the block, these four bytes included
_USUAL_PLACE: Final = 0x800

# Codes among the characters.
_NEW_LINE: Final = 0xFE  # and one byte: A to C end a line, E to G and I to K too
_ENDS_LINE: Final = frozenset(b"ABCEFGIJK")
_RULE: Final = 0xFD  # and one byte: a piece of a ruled line
_RULES: Final = {0x21 + place: sign for place, sign in enumerate("─│┌┐┘└├┬┤┴┼")}
_VARIABLE: Final = 0x1F  # its third byte says how long it is, all in all
_THREE_LONG: Final = frozenset({0x1C, 0x11, 0x12})
_WRITTEN: Final = {0x09: "\t", 0x0A: "\n", 0x0C: "\f"}
_LEADS: Final = frozenset((*range(0x81, 0xA0), *range(0xE0, 0xFD)))  # first bytes of two (JIS X 0208 Annex 1)
_PLAIN: Final = re.compile(rb"[\x20-\x7e\xa1-\xdf]+")


def read(data: bytes, draft: Draft) -> None:
    """The words of the file; raises CannotSanitize."""
    if data[CHECK_AT : CHECK_AT + 4] != CHECK:
        raise CannotSanitize(Threat.UNSUPPORTED, "an Ichitaro document of an unknown version")
    words = _words(data)
    for number, page in enumerate(_text(words).split("\f")):
        for line_number, line in enumerate(page.split("\n")):
            draft.paragraph(line, new_page=number > 0 and line_number == 0)
    draft.met(Threat.METADATA, Severity.NOTE, "document", "document properties")


def _words(data: bytes) -> bytes:
    place = _place(data)
    if place + _LENGTH.size > len(data):
        raise CannotSanitize(Threat.MALFORMED, "an Ichitaro document without its words")
    (length,) = _LENGTH.unpack_from(data, place)
    if not _LENGTH.size <= length <= len(data) - place:
        raise CannotSanitize(Threat.MALFORMED, "an Ichitaro document whose words are cut off")
    return data[place + _LENGTH.size : place + length]


def _place(data: bytes) -> int:
    if len(data) < _TABLE_AT + _TABLE.size:
        raise CannotSanitize(Threat.MALFORMED, "an Ichitaro document that is cut off")
    table, count, first, size = _TABLE.unpack_from(data, _TABLE_AT)
    for number in range(min(count, _MOST_ROWS)):
        row = data[table + number * _ROW : table + (number + 1) * _ROW]
        if len(row) == _ROW and struct.unpack_from("<2H", row) == (_USED, _WORDS):
            (block,) = struct.unpack_from("<I", row, 8)
            if block and size:
                return int(first + size * (block - 1))
    return _USUAL_PLACE


def _text(words: bytes) -> str:
    pieces: list[str] = []
    at = 0
    while at < len(words):
        text, length = _next(words, at)
        pieces.append(text)
        at += length
    return "".join(pieces)


def _next(words: bytes, at: int) -> tuple[str, int]:
    """What stands there, and how many bytes it takes."""
    code = words[at]
    plain = _PLAIN.match(words, at)
    if plain is not None:
        return plain[0].decode("cp932"), len(plain[0])
    if code in _LEADS:
        return words[at : at + 2].decode("cp932", "replace"), 2
    return _control(code, words[at + 1 : at + 3].ljust(2, b"\0"))


def _control(code: int, behind: bytes) -> tuple[str, int]:
    if code == _NEW_LINE:
        return "\n" if behind[0] in _ENDS_LINE else "", 2
    if code == _RULE:
        return _RULES.get(behind[0], ""), 2
    if code == _VARIABLE:
        return "", max(behind[1], 1)
    return _WRITTEN.get(code, ""), 3 if code in _THREE_LONG else 1
