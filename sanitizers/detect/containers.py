"""What is inside a ZIP or an OLE2 file, told by the names in its directory alone, and in a gzip, by its first bytes."""

import re
import struct
import zlib
from collections.abc import Iterator
from typing import Final

_END_OF_DIRECTORY: Final = b"PK\x05\x06"  # APPNOTE 4.3.16
_END_LENGTH: Final = 22
_LONGEST_COMMENT: Final = 65_535
_ENTRY: Final = b"PK\x01\x02"  # APPNOTE 4.3.12
_ENTRY_LENGTH: Final = 46
_MOST_ENTRIES: Final = 4_000
_EXAMINED_OF_GZIP: Final = 65_536  # bytes
_PEEK: Final = 4_096  # bytes
_MIMETYPE_MEMBER: Final = re.compile(rb"PK\x03\x04.{22}\x08\x00(?:..)mimetype([a-z0-9./+-]{5,100})", re.DOTALL)
_MIMETYPE_ANYWHERE: Final = re.compile(rb"PK\x03\x04.{4}([\x00\x08])\x00.{16}\x08\x00(..)mimetype", re.DOTALL)
_OPEN_DOCUMENT: Final = re.compile(rb"application/vnd\.oasis\.opendocument\.[a-z-]{4,30}")

# A member whose name begins so → the type; macros first, since they decide how dangerous a document is.
_MEMBERS: Final[tuple[tuple[str, str, str], ...]] = (
    ("xl/workbook.bin", "", "application/vnd.ms-excel.sheet.binary.macroenabled.12"),  # with macros or without
    ("word/vbaproject.bin", "", "application/vnd.ms-word.document.macroenabled.12"),
    ("xl/vbaproject.bin", "", "application/vnd.ms-excel.sheet.macroenabled.12"),
    ("ppt/vbaproject.bin", "", "application/vnd.ms-powerpoint.presentation.macroenabled.12"),
    ("word/", "[content_types].xml", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xl/", "[content_types].xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("ppt/", "[content_types].xml", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("visio/", "[content_types].xml", "application/vnd.ms-visio.drawing"),
    ("fixeddocseq.fdseq", "[content_types].xml", "application/vnd.ms-xpsdocument"),
    ("appxmanifest.xml", "", "application/appx"),
    ("androidmanifest.xml", "", "application/vnd.android.package-archive"),
    ("meta-inf/manifest.mf", "", "application/java-archive"),
)

# A stream name, as it stands in the directory (UTF-16LE) → the type; encryption first.
_STREAMS: Final[tuple[tuple[str, str], ...]] = (
    ("EncryptedPackage", "application/encrypted"),
    ("WordDocument", "application/msword"),
    ("Workbook", "application/vnd.ms-excel"),
    ("Book\0", "application/vnd.ms-excel"),
    ("PowerPoint Document", "application/vnd.ms-powerpoint"),
    ("__properties_version1.0", "application/vnd.ms-outlook"),
    ("VisioDocument", "application/vnd.visio"),
    ("DocumentText", "application/x-js-taro"),  # Ichitaro
    ("\u4840\u3f3f\u4577\u446c\u3b6a\u45e4\u4824", "application/x-msi"),  # the table _StringData, coded as MSI codes it
    ("\u4840\u3b3f\u43f2\u4438\u45b1", "application/x-msi"),  # _Columns
)
_STREAM_NAMES: Final = tuple((name.encode("utf-16-le"), media_type) for name, media_type in _STREAMS)


def ends_with_zip(data: bytes, *, strictly: bool) -> bool:
    """Whether an unpacker that looks from the end finds a directory. Strictly: with nothing behind its comment."""
    place = data.rfind(_END_OF_DIRECTORY, max(0, len(data) - _END_LENGTH - _LONGEST_COMMENT))
    if place < 0 or place + _END_LENGTH > len(data):
        return False
    size, _, comment = struct.unpack_from("<IIH", data, place + 12)
    if strictly and place + _END_LENGTH + comment != len(data):
        return False
    return place >= size and data.startswith(_ENTRY, place - size)


def kind_of_zip(data: bytes) -> str:
    """The type of a ZIP file by the names of its members."""
    declared = _MIMETYPE_MEMBER.match(data)
    if declared is not None:
        return declared[1].decode("ascii").partition("PK")[0]
    names = list(_member_names(data))
    for beginning, needed, media_type in _MEMBERS:
        if any(name.startswith(beginning) for name in names) and (not needed or needed in names):
            return media_type
    return (_open_document(data) if "content.xml" in names and "mimetype" in names else "") or "application/zip"


def _open_document(data: bytes) -> str:
    """The type of an OpenDocument file that a program packed without its type in front (ODF 1.3 part 2, 3.3)."""
    member = _MIMETYPE_ANYWHERE.search(data)
    if member is None:
        return ""
    start = member.end() + int.from_bytes(member[2], "little")
    content = data[start : start + _PEEK]
    if member[1] == b"\x08":
        try:
            content = zlib.decompressobj(wbits=-zlib.MAX_WBITS).decompress(content, _PEEK)
        except zlib.error:
            return ""
    declared = _OPEN_DOCUMENT.match(content)
    return declared[0].decode("ascii").partition("PK")[0] if declared else ""


def _member_names(data: bytes) -> Iterator[str]:
    """Names in the central directory, lower case, forward slashes."""
    place = data.rfind(_END_OF_DIRECTORY, max(0, len(data) - _END_LENGTH - _LONGEST_COMMENT))
    if place < 0 or place + _END_LENGTH > len(data):
        return
    (size,) = struct.unpack_from("<I", data, place + 12)
    entry = max(0, place - size)
    for _ in range(_MOST_ENTRIES):
        if not data.startswith(_ENTRY, entry) or entry + _ENTRY_LENGTH > len(data):
            return
        lengths: tuple[int, int, int] = struct.unpack_from("<HHH", data, entry + 28)
        name = data[entry + _ENTRY_LENGTH : entry + _ENTRY_LENGTH + lengths[0]]
        yield name.decode("latin_1").replace("\\", "/").lower().lstrip("/")
        entry += _ENTRY_LENGTH + sum(lengths)


def kind_of_ole(data: bytes) -> str:
    """The type of an OLE2 file by its stream names."""
    for name, media_type in _STREAM_NAMES:
        if name in data:
            return media_type
    return "application/x-ole-storage"


def first_unpacked(compressed: bytes) -> bytes:
    """The first bytes of what a gzip holds, at most 4096; none when it cannot be read."""
    try:
        return zlib.decompressobj(wbits=31).decompress(compressed[:_EXAMINED_OF_GZIP], _PEEK)
    except zlib.error:
        return b""
