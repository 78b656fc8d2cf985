"""An HWP 5 document: an OLE2 file with a header, and sections that are packed with deflate."""

import io
import re
import struct
import zlib
from typing import Final

import olefile

from sanitizers.budget import MEBIBYTE
from sanitizers.formats.hwp.story import Story
from sanitizers.job import Job
from sanitizers.manuscript import Draft
from sanitizers.model import CannotSanitize, Severity, Threat
from sanitizers.rules import Author

UNREADABLE: Final = (OSError, ValueError, IndexError, KeyError, TypeError, AttributeError, struct.error)

_SIGNATURE: Final = b"HWP Document File"
_FLAGS_AT: Final = 36  # 3.2.1: behind signature and version
_PACKED, _LOCKED, _DISTRIBUTION, _SCRIPT, _RIGHTS, _CERTIFIED = 0x1, 0x2, 0x4, 0x8, 0x10, 0x100
_SECTION: Final = re.compile(r"Section([0-9]{1,5})")
_CHUNK: Final = 262_144
_MOST_STREAMS: Final = 20_000
_SUMMARY: Final = "\x05HwpSummaryInformation"
_EMPTY_SCRIPT: Final = 300  # bytes: what Hancom writes where there is no script
_WIDE: Final = 0x1F  # [MS-OLEPS] 2.15: a string in UTF-16
_TITLE, _AUTHOR = 2, 4


def read_compound(data: bytes, draft: Draft, job: Job) -> None:
    """Collects the words of a document; raises CannotSanitize."""
    ole = _opened(data)
    header = _stream(ole, job, "FileHeader")
    if not header.startswith(_SIGNATURE) or len(header) < _FLAGS_AT + 4:
        raise CannotSanitize(Threat.MALFORMED, "an HWP document without its header")
    flags = int.from_bytes(header[_FLAGS_AT : _FLAGS_AT + 4], "little")
    if flags & (_LOCKED | _RIGHTS | _CERTIFIED):
        raise CannotSanitize(Threat.ENCRYPTED, "an HWP document behind a password")
    if flags & _DISTRIBUTION:
        raise CannotSanitize(Threat.UNSUPPORTED, "an HWP distribution document, which only Hancom's program opens")
    for number, name in enumerate(_sections(ole)):
        section = _stream(ole, job, "BodyText", name)
        if number:
            draft.paragraph("", new_page=True)
        Story(_inflated(section, job) if flags & _PACKED else section, draft).read()
    _look(ole, job, draft, packed=bool(flags & _PACKED))
    said = _properties(ole, job)
    kept = "" if job.rules.office_author is Author.REMOVED else said.get(_AUTHOR, "")
    draft.properties(said.get(_TITLE, ""), kept)


def _opened(data: bytes) -> olefile.OleFileIO:
    try:
        ole = olefile.OleFileIO(io.BytesIO(data))
        if len(ole.listdir()) > _MOST_STREAMS:
            raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {_MOST_STREAMS} streams")
    except (*UNREADABLE, RecursionError) as error:
        raise CannotSanitize(Threat.MALFORMED, "an OLE2 file that cannot be read") from error
    return ole


def _stream(ole: olefile.OleFileIO, job: Job, *path: str) -> bytes:
    try:
        content = bytes(ole.openstream(list(path)).read())
    except UNREADABLE as error:
        raise CannotSanitize(Threat.MALFORMED, f"an HWP document without its {path[-1][:30]}") from error
    job.budget.check_room(size=len(content))
    return content


def _sections(ole: olefile.OleFileIO) -> list[str]:
    names = [path[1] for path in ole.listdir() if len(path) == 2 and path[0] == "BodyText"]
    found = {int(match[1]): name for name in names if (match := _SECTION.fullmatch(name))}
    if not found:
        raise CannotSanitize(Threat.MALFORMED, "an HWP document without its sections")
    return [name for _, name in sorted(found.items())]


def _inflated(packed: bytes, job: Job) -> bytes:
    stream = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    pieces: list[bytes] = []
    size, rest = 0, packed
    try:
        while not stream.eof:
            piece = stream.decompress(rest, MEBIBYTE if not pieces else _CHUNK)
            rest = stream.unconsumed_tail
            size += len(piece)
            job.budget.check_expansion(len(packed), size)
            job.budget.check_room(size=size)
            pieces.append(piece)
            if not piece and not rest:
                break
    except zlib.error as error:
        raise CannotSanitize(Threat.MALFORMED, "an HWP document whose sections are damaged") from error
    return b"".join(pieces)


def _look(ole: olefile.OleFileIO, job: Job, draft: Draft, *, packed: bool) -> None:
    for path in ole.listdir():
        if path[0] == "BinData":
            draft.met(Threat.EMBEDDED_OBJECT, Severity.NOTE, "objects", "an embedded picture or file")
        elif path[0] == "Scripts" and path[-1] == "DefaultJScript":
            script = _stream(ole, job, *path)
            if len(_inflated(script, job) if packed else script) > _EMPTY_SCRIPT:
                draft.met(Threat.ACTIVE_CONTENT, Severity.DANGER, "scripts", "a script that runs with the document")
        elif path[0] == "DocHistory":
            draft.met(Threat.HIDDEN_CONTENT, Severity.NOTE, "document", "earlier versions of the document")
    draft.met(Threat.METADATA, Severity.NOTE, "document", "document properties")


def _properties(ole: olefile.OleFileIO, job: Job) -> dict[int, str]:
    """[MS-OLEPS]: the strings of the first set of properties."""
    if not ole.exists(_SUMMARY):
        return {}
    data = _stream(ole, job, _SUMMARY)
    found: dict[int, str] = {}
    try:
        (start,) = struct.unpack_from("<I", data, 44)
        (count,) = struct.unpack_from("<I", data, start + 4)
        for number in range(min(count, 64)):
            name, place = struct.unpack_from("<2I", data, start + 8 + number * 8)
            kind, length = struct.unpack_from("<2I", data, start + place)
            if kind == _WIDE:
                text = data[start + place + 8 : start + place + 8 + min(length, 4_096) * 2]
                found[name] = text.decode("utf-16-le", "replace").rstrip("\0")
    except struct.error:
        return found
    return found
