"""The second reading of Word, Excel and PowerPoint files in their old format, which LibreOffice wrote from clean ones.

What may be in their directory is a list: nothing in any storage, so no macro and no object, no stream of another name.
"""

import io
import struct
from collections.abc import Callable
from typing import Final

import olefile

from sanitizers.model import CannotSanitize, Threat

UNREADABLE: Final = (OSError, ValueError, IndexError, KeyError, TypeError, AttributeError, struct.error)

EVERYWHERE: Final = frozenset(
    {
        "\x01CompObj",  # [MS-OLEDS] 2.3.8: what program made it
        "\x01Ole",
        "\x05SummaryInformation",  # [MS-OLEPS]: title, dates
        "\x05DocumentSummaryInformation",
    }
)
EMPTY_STORAGE: Final = "ObjectPool"  # LibreOffice makes one in a Word file with pictures, and puts nothing into it
WORD: Final = frozenset({"WordDocument", "1Table", "0Table", "Data", EMPTY_STORAGE})  # [MS-DOC] 2.1
EXCEL: Final = frozenset({"Workbook"})  # [MS-XLS] 2.1.2
POWERPOINT: Final = frozenset({"PowerPoint Document", "Current User", "Pictures"})  # [MS-PPT] 2.1

RECORD: Final = struct.Struct("<HH")  # [MS-XLS] 2.1.4
FILE_PASS, BOUND_SHEET, EXTERNAL_BOOK = 0x2F, 0x85, 0x1AE
WORKSHEET_TYPES: Final = frozenset({0, 2})  # [MS-XLS] 2.4.28: worksheet, chart
OWN_BOOK: Final = frozenset({0x0401, 0x3A01})
MOST_RECORDS: Final = 4_000_000


def verify_word(data: bytes) -> None:
    """Raises CannotSanitize for anything that must not be there."""
    document = _streams(data, WORD, "WordDocument")["WordDocument"]
    if len(document) < 12 or document[11] & 0x01:  # [MS-DOC] 2.5.2: encrypted
        raise _surprise("an encrypted document")


def verify_excel(data: bytes) -> None:
    """Raises CannotSanitize for anything that must not be there."""
    workbook = _streams(data, EXCEL, "Workbook")["Workbook"]
    at = 0
    for _ in range(MOST_RECORDS):
        if at + RECORD.size > len(workbook):
            return
        kind, size = RECORD.unpack_from(workbook, at)
        body = workbook[at + RECORD.size : at + RECORD.size + min(size, 8)]
        if kind == FILE_PASS:
            raise _surprise("an encrypted workbook")
        if kind == BOUND_SHEET and (len(body) < 6 or body[5] not in WORKSHEET_TYPES):
            raise _surprise("a sheet of macros")
        if kind == EXTERNAL_BOOK and int.from_bytes(body[2:4], "little") not in OWN_BOOK:
            raise _surprise("a link to another file")
        at += RECORD.size + size
    raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {MOST_RECORDS} records")


def verify_powerpoint(data: bytes) -> None:
    """Raises CannotSanitize for anything that must not be there."""
    _streams(data, POWERPOINT, "PowerPoint Document")


VERIFIERS: Final[dict[str, Callable[[bytes], None]]] = {
    "application/msword": verify_word,
    "application/vnd.ms-excel": verify_excel,
    "application/vnd.ms-powerpoint": verify_powerpoint,
}


def _streams(data: bytes, allowed: frozenset[str], needed: str) -> dict[str, bytes]:
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as file:
            paths = [tuple(path) for path in file.listdir(streams=True, storages=True)]
            for path in paths:
                if len(path) > 1 or path[0] not in allowed | EVERYWHERE:
                    raise _surprise(f'"{"/".join(path).encode("ascii", "backslashreplace").decode()}"'[:200])
            if (needed,) not in paths:
                raise _surprise("no document")
            return {needed: bytes(file.openstream([needed]).read())}
    except UNREADABLE as error:
        raise _surprise("a directory that cannot be read") from error


def _surprise(what: str) -> CannotSanitize:
    return CannotSanitize(Threat.MALFORMED, f"the old format was not written as it must be: {what}")
