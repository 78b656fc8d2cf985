"""An Ichitaro document of version 7 or later: an OLE2 file, and the streams of it that hold words."""

import io
import struct
from typing import Final

import olefile

from sanitizers.formats.ichitaro import lh5, store
from sanitizers.formats.ichitaro.words import Reader
from sanitizers.job import Job
from sanitizers.manuscript import Draft, Section
from sanitizers.model import CannotSanitize, Severity, Threat
from sanitizers.rules import Author

UNREADABLE: Final = (OSError, ValueError, IndexError, KeyError, TypeError, AttributeError, struct.error)

BODY: Final = "DocumentText"
PACKED: Final = "JSCompDocument"  # of a .jtdc or .jttc: the whole document, packed
SHEETS: Final = "ObjectSheets"  # further sheets, each with its own body
# Stream at the root → where its words stand.
BESIDE: Final = {"Header": Section.HEADER, "LayoutBoxText": Section.FRAME, "Footnote": Section.NOTE}
_MACROS: Final = frozenset({"MacrosStream", "MacrosStreamStyle3"})
_EMPTY_MACROS: Final = 2  # bytes
# Beginnings of names at the root → what does not go on.
_OBJECTS: Final = {
    "Embedding": (Threat.EMBEDDED_OBJECT, Severity.WARNING, "an embedded object"),
    "OleItem": (Threat.EMBEDDED_OBJECT, Severity.WARNING, "an embedded object"),
    "FigureData": (Threat.EMBEDDED_OBJECT, Severity.NOTE, "a drawing"),
    "JSSlip": (Threat.HIDDEN_CONTENT, Severity.NOTE, "a slip of paper attached to the document"),
    "_VBA": (Threat.ACTIVE_CONTENT, Severity.DANGER, "macros"),
    "\x01Ole10Native": (Threat.EMBEDDED_OBJECT, Severity.DANGER, "an embedded file"),
}
_PACKED_NAME: Final = b"&\0JustCompressedDocument"
#: Header of a member, levels 0 and 1: its length and sum, method, sizes packed and unpacked, time, attributes, level.
_LHA: Final = struct.Struct("<BB5sIIIBB")
_LHA_WITHIN: Final = 64  # bytes: seen at 38
_SHORTEST_EXTENSION: Final = 3  # bytes
_METHODS: Final = frozenset({b"-lh0-", b"-lh5-"})
_MOST_STREAMS: Final = 20_000


def read_compound(data: bytes, draft: Draft, job: Job) -> None:
    """Collects the words of a document; raises CannotSanitize."""
    opened = _Streams(data, job)
    if not opened.has(BODY) and opened.has(PACKED):
        opened = _Streams(_unpacked(opened.read(PACKED), job), job)
    bodies = [(BODY,), *sorted(path for path in opened.paths if path[0] == SHEETS and path[-1] == BODY)]
    for number, path in enumerate(bodies):
        for text in store.texts(opened.read(*path)):
            if number:
                draft.paragraph("", new_page=True)
            Reader(draft, Section.BODY).read(text)
    for name, section in BESIDE.items():
        for text in store.texts(opened.read(name)) if opened.has(name) else ():
            if _says_something(text):
                Reader(draft, section).read(text)
    _look(opened, draft)
    title, author = opened.properties()
    draft.properties(title, "" if job.rules.office_author is Author.REMOVED else author)


class _Streams:
    """An OLE2 file; every stream that is read counts."""

    def __init__(self, data: bytes, job: Job) -> None:
        self._job = job
        self._size = 0
        try:
            self._ole = olefile.OleFileIO(io.BytesIO(data))
            self.paths: list[tuple[str, ...]] = [tuple(path) for path in self._ole.listdir(streams=True, storages=True)]
        except (*UNREADABLE, RecursionError) as error:
            raise CannotSanitize(Threat.MALFORMED, "an OLE2 file that cannot be read") from error
        if len(self.paths) > _MOST_STREAMS:
            raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {_MOST_STREAMS} streams")
        self._names = {path[0] for path in self.paths}

    def has(self, name: str) -> bool:
        return name in self._names

    def size(self, path: tuple[str, ...]) -> int:
        try:
            return int(self._ole.get_size(list(path)))
        except UNREADABLE:
            return 0

    def read(self, *path: str) -> bytes:
        try:
            content = bytes(self._ole.openstream(list(path)).read())
        except UNREADABLE as error:
            raise CannotSanitize(Threat.MALFORMED, "an Ichitaro document without its words") from error
        self._size += len(content)
        self._job.budget.check_room(size=self._size)
        return content

    def properties(self) -> tuple[str, str]:
        """Title and author, as [MS-OLEPS] has them."""
        try:
            told = self._ole.get_metadata()
        except UNREADABLE:
            return "", ""
        return _text_of(told.title, told.codepage), _text_of(told.author, told.codepage)


def _text_of(value: object, codepage: object) -> str:
    if isinstance(value, str):
        return value
    if not isinstance(value, bytes):
        return ""
    charset = "utf-8" if codepage == 65001 else "utf-16-le" if codepage == 1200 else "cp932"
    return value.decode(charset, "replace").rstrip("\0")


def _unpacked(packed: bytes, job: Job) -> bytes:
    """The document in a .jtdc: one member of an LHA archive behind a name and a few numbers."""
    at = packed.find(b"-lh", 0, _LHA_WITHIN) - 2
    if not packed.startswith(_PACKED_NAME) or at < 0 or len(packed) < at + _LHA.size:
        raise lh5.damaged()
    length, _, method, size_in, size_out, _, _, level = _LHA.unpack_from(packed, at)
    start = at + 2 + length
    if level == 1:
        start, size_in = _behind_extensions(packed, start, size_in)
    data = packed[start : start + size_in]
    if level > 1 or method not in _METHODS:
        raise CannotSanitize(Threat.UNSUPPORTED, "an Ichitaro document packed in an unknown way")
    if len(data) != size_in:
        raise lh5.damaged()
    return data[:size_out] if method == b"-lh0-" else lh5.unpacked(data, size_out, job.budget)


def _behind_extensions(packed: bytes, start: int, size: int) -> tuple[int, int]:
    """Of level 1: each extension of the header ends with the length of the next, and counts as packed data."""
    while start <= len(packed):
        length = int.from_bytes(packed[start - 2 : start], "little")
        if not length:
            return start, size
        if length < _SHORTEST_EXTENSION or length > size:
            break
        start += length
        size -= length
    raise lh5.damaged()


def _says_something(text: bytes) -> bool:
    """The number of the page alone, "- ? -", is none of the words."""
    return any(character.isalnum() for character in text.decode("utf-16-be", "replace"))


def _look(opened: _Streams, draft: Draft) -> None:
    """What is there and does not go on."""
    for name in {path[0] for path in opened.paths}:
        for beginning, (threat, severity, detail) in _OBJECTS.items():
            if name.startswith(beginning):
                draft.met(threat, severity, "objects", detail)
    for path in opened.paths:
        if path[-1] in _MACROS and opened.size(path) > _EMPTY_MACROS:
            draft.met(Threat.ACTIVE_CONTENT, Severity.DANGER, "macros", "macros")
    draft.met(Threat.METADATA, Severity.NOTE, "document", "document properties")
