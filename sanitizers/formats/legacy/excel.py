"""Excel 5 to 2003 ([MS-XLS]), looked at: the records that run, fetch, hide or encrypt."""

import struct
from collections.abc import Iterator
from typing import Final

from sanitizers.formats.legacy.sightings import Sight, Sightings
from sanitizers.model import Severity, Threat

RECORD: Final = struct.Struct("<HH")  # [MS-XLS] 2.1.4: type, size
MOST_RECORDS: Final = 2_000_000
FILE_PASS: Final = 0x2F
BOUND_SHEET: Final = 0x85  # 2.4.28: at 4, visibility and type
NAME: Final = 0x18  # 2.4.150
EXTERNAL_BOOK: Final = 0x1AE  # 2.4.271
CONNECTIONS: Final = frozenset({0x876, 0x1AD, 0xDC})  # DConn, Qsi, DbOrParamQry
MACRO_SHEET: Final = 1
BUILT_IN: Final = 0x20
RUN_BY_THEMSELVES: Final = {1: "auto_open", 2: "auto_close", 10: "auto_activate", 11: "auto_deactivate"}  # 2.5.114
OWN_BOOK: Final = frozenset({0x0401, 0x3A01})  # of itself, of add-ins
NAME_AT: Final = 14

MACRO_SHEETS: Final = Sight(Threat.ACTIVE_CONTENT, Severity.DANGER, "macros", "a sheet of Excel 4 macros")
AUTOMATIC: Final = Sight(Threat.ACTIVE_CONTENT, Severity.DANGER, "macros", "a name that runs by itself (Auto_Open)")
ELSEWHERE: Final = Sight(Threat.EXTERNAL_REFERENCE, Severity.WARNING, "links", "links to another file, DDE or OLE")
QUERIES: Final = Sight(Threat.EXTERNAL_REFERENCE, Severity.WARNING, "links", "a connection to data outside the file")


def is_encrypted(workbook: bytes) -> bool:
    """Its records stay behind a FilePass."""
    return any(kind == FILE_PASS for kind, _ in _records(workbook, 50))


def look(workbook: bytes, seen: Sightings) -> None:
    """What its records say."""
    for kind, body in _records(workbook, MOST_RECORDS):
        if kind == BOUND_SHEET and len(body) > 5 and body[5] == MACRO_SHEET:
            seen.saw(MACRO_SHEETS)
        elif kind == NAME and _runs_by_itself(body):
            seen.saw(AUTOMATIC)
        elif kind == EXTERNAL_BOOK and len(body) >= 4 and int.from_bytes(body[2:4], "little") not in OWN_BOOK:
            seen.saw(ELSEWHERE)
        elif kind in CONNECTIONS:
            seen.saw(QUERIES)


def _runs_by_itself(body: bytes) -> bool:
    if len(body) <= NAME_AT + 1:
        return False
    if body[0] & BUILT_IN:
        return body[NAME_AT] in RUN_BY_THEMSELVES or body[NAME_AT + 1] in RUN_BY_THEMSELVES
    name = body[NAME_AT:].replace(b"\0", b"").lstrip(b"\1").lower()
    return name.startswith(b"auto_")


def _records(workbook: bytes, most: int) -> Iterator[tuple[int, bytes]]:
    at = 0
    for _ in range(most):
        if at + RECORD.size > len(workbook):
            return
        kind, size = RECORD.unpack_from(workbook, at)
        at += RECORD.size
        wanted = kind in {FILE_PASS, BOUND_SHEET, NAME, EXTERNAL_BOOK} or kind in CONNECTIONS
        yield kind, workbook[at : at + size] if wanted else b""
        at += size
