"""Word 97 to 2003 ([MS-DOC]), looked at: whether it is encrypted, and what template it fetches."""

import struct
from typing import Final

from sanitizers.formats.legacy.sightings import Sight, Sightings
from sanitizers.model import CannotSanitize, Severity, Threat

VERSION_AT: Final = 0x02  # [MS-DOC] 2.5.2 FibBase: nFib
WORD_97: Final = 0xC0
FLAGS_AT: Final = 0x0A  # [MS-DOC] 2.5.2 FibBase: flags A to M
ENCRYPTED: Final = 0x0100
TABLE_1: Final = 0x0200  # fWhichTblStm
ASSOCIATED_AT: Final = 0x9A + 32 * 8  # 2.5.6 FibRgFcLcb97: fcSttbfAssoc, lcbSttbfAssoc
TEMPLATE: Final = 1  # 2.9.272 SttbfAssoc: the second string
ELSEWHERE: Final = ("://", "\\\\", "//")
FROM_ELSEWHERE: Final = Sight(
    Threat.EXTERNAL_REFERENCE, Severity.DANGER, "template", "a template that is fetched from elsewhere when it opens"
)


def is_of_97(document: bytes) -> bool:
    """Or later; else of Word 6 or 95, which differ in everything. A stub of a header counts as yes."""
    return len(document) < VERSION_AT + 2 or document[VERSION_AT] | document[VERSION_AT + 1] << 8 >= WORD_97


def is_encrypted(document: bytes) -> bool:
    """By the header of the stream WordDocument."""
    return bool(_flags(document) & ENCRYPTED)


def table_name(document: bytes) -> str:
    """The stream where the tables are."""
    return "1Table" if _flags(document) & TABLE_1 else "0Table"


def look(document: bytes, table: bytes, seen: Sightings) -> None:
    """The path of the template. CannotSanitize: a header cut off, of which LibreOffice would make an empty document."""
    if len(document) < ASSOCIATED_AT + 8:
        raise CannotSanitize(Threat.MALFORMED, "a Word file whose header is cut off")
    at, size = struct.unpack_from("<II", document, ASSOCIATED_AT)
    template = _string(table[at : at + size], TEMPLATE)
    if any(sign in template for sign in ELSEWHERE):
        seen.saw(FROM_ELSEWHERE)


def _flags(document: bytes) -> int:
    return int(struct.unpack_from("<H", document, FLAGS_AT)[0]) if len(document) >= FLAGS_AT + 2 else 0


def _string(table: bytes, wanted: int) -> str:
    """Of a STTB with two-octet characters, 2.2.4; "" when it is not there."""
    at = 6
    if table[:2] != b"\xff\xff":
        return ""
    for number in range(wanted + 1):
        if at + 2 > len(table):
            return ""
        (count,) = struct.unpack_from("<H", table, at)
        if number == wanted:
            return table[at + 2 : at + 2 + 2 * count].decode("utf-16-le", "replace")
        at += 2 + 2 * count
    return ""
