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
BEGIN, END = 0x809, 0x0A  # 2.4.21 BOF, 2.4.103 EOF: around each sheet, and around charts in it
OF_MACROS: Final = b"\x40\0"  # in a BOF, at 2
NO_RECORD: Final = 0x7FFF  # a type that no reader knows
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


def without_macro_sheets(workbook: bytes) -> bytes:
    """The stream with its sheets of Excel 4 macros emptied: LibreOffice makes them ordinary sheets, words and all."""
    emptied = bytearray(workbook)
    said = _places_of_macro_sheets(workbook)
    at = depth = inside = 0  # inside: how deep the sheet of macros is; 0 for none
    while at + RECORD.size <= len(workbook):
        kind, size = RECORD.unpack_from(workbook, at)
        body = at + RECORD.size
        if kind == BEGIN:
            depth += 1
            if not inside and (at in said or workbook[body + 2 : body + 4] == OF_MACROS):
                inside = depth
        elif kind == END:
            inside = 0 if inside == depth else inside
            depth = max(0, depth - 1)
        elif inside:
            end = min(body + size, len(workbook))
            emptied[at:end] = RECORD.pack(NO_RECORD, size) + bytes(end - body)
        at = body + size
    return bytes(emptied)


def _places_of_macro_sheets(workbook: bytes) -> set[int]:
    sheets = (body for kind, body in _records(workbook, MOST_RECORDS) if kind == BOUND_SHEET and len(body) > 5)
    return {int.from_bytes(body[:4], "little") for body in sheets if body[5] == MACRO_SHEET}


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
