"""What a file holds, told without unpacking it: ZIP, OLE2 and gzip, TAR without a sign, self-extracting archives."""

import re
import struct
import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from sanitizers.detect.compound import root_names

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
    ("meta-inf/mozilla.", "", "application/x-xpinstall"),  # add-ons of Firefox and Thunderbird
    ("install.rdf", "", "application/x-xpinstall"),
    ("extension.vsixmanifest", "", "application/vsix"),
    ("classes.dex", "", "application/vnd.android.package-archive"),
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
    ("JSCompDocument", "application/x-js-taro"),  # packed: jtdc, jttc
    ("\u4840\u3f3f\u4577\u446c\u3b6a\u45e4\u4824", "application/x-msi"),  # the table _StringData, coded as MSI codes it
    ("\u4840\u3b3f\u43f2\u4438\u45b1", "application/x-msi"),  # _Columns
)
_STREAM_NAMES: Final = tuple(
    (name.rstrip("\0").lower(), name.encode("utf-16-le"), media_type) for name, media_type in _STREAMS
)
_HWP: Final = "bodytext"  # HWP 5: its storage of sections
_HWP_SIGNATURE: Final = b"HWP Document File\0"  # of its stream FileHeader


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
    """The type of an OLE2 file by the streams at its root; by all its names where the directory cannot be read."""
    names = root_names(data)
    if names is not None and _HWP in names and _HWP_SIGNATURE in data:
        return "application/x-hwp"
    for name, coded, media_type in _STREAM_NAMES:
        if name in names if names is not None else coded in data:
            return media_type
    return "application/x-ole-storage"


def first_unpacked(compressed: bytes) -> bytes:
    """The first bytes of what a gzip holds, at most 4096; none when it cannot be read."""
    try:
        return zlib.decompressobj(wbits=31).decompress(compressed[:_EXAMINED_OF_GZIP], _PEEK)
    except zlib.error:
        return b""


class Inside(NamedTuple):
    """An archive behind the program that unpacks it."""

    media_type: str
    start: int  #: where the archive begins


_PROGRAMS: Final = (b"MZ", b"\x7fELF")
_7Z: Final = b"7z\xbc\xaf\x27\x1c"
_7Z_SETTINGS: Final = b";!@Install@!UTF-8!"  # of 7-Zip's installer stub, between the program and the archive
_RAR: Final = b"Rar!\x1a\x07"
_CABINET: Final = re.compile(rb"MSCF\x00{4}(.{4})\x00{4}.{4}\x00{4}\x03\x01", re.DOTALL)  # [MS-CAB] 2.1
_LZH: Final = re.compile(rb"[\x15-\xff].-lh[0-7d]-.{13}[\x00-\x03]", re.DOTALL)
_SETTINGS_BYTES: Final = 65_536
_LZH_STUB_BYTES: Final = 262_144
_RAR_STUB_BYTES: Final = 1_024


def self_extracting(data: bytes) -> Inside | None:
    """The archive that a program carries behind itself or, as a cabinet, within; ZIP is told by its end instead."""
    if not data.startswith(_PROGRAMS):
        return None
    behind = _end_of_program(data)
    for look in (_seven_zip, _rar, _cabinet, _lzh):
        found = look(data, behind)
        if found is not None:
            return found
    return None


def _end_of_program(data: bytes) -> int:
    """Where the last section ends, as the headers of the program say; its own length for what cannot be read."""
    try:
        if data.startswith(b"MZ"):
            (header,) = struct.unpack_from("<I", data, 0x3C)
            if data[header : header + 4] == b"PE\0\0":
                return _end_of_sections(data, header)
            last, pages = struct.unpack_from("<HH", data, 2)
            return int(pages * 512 - (512 - last if last else 0))
        order = "<" if data[5] == 1 else ">"
        wide = data[4] == 2
        (table,) = struct.unpack_from(order + ("Q" if wide else "I"), data, 40 if wide else 32)
        size, count = struct.unpack_from(order + "HH", data, 58 if wide else 46)
        return int(table + size * count)
    except (struct.error, IndexError):
        return len(data)


def _end_of_sections(data: bytes, header: int) -> int:
    """The table of sections of a PE file ([PE/COFF] 3 and 4)."""
    (count,) = struct.unpack_from("<H", data, header + 6)
    (optional,) = struct.unpack_from("<H", data, header + 20)
    ends = [0]
    for number in range(min(count, 96)):
        size, start = struct.unpack_from("<II", data, header + 24 + optional + 40 * number + 16)
        ends.append(size + start)
    return max(ends)


def _seven_zip(data: bytes, behind: int) -> Inside | None:
    start = behind
    if data.startswith(_7Z_SETTINGS, behind):
        start = data.find(_7Z, behind, behind + _SETTINGS_BYTES)
    if start < 0 or not data.startswith(_7Z, start) or start + 32 > len(data):
        return None
    right = zlib.crc32(data[start + 12 : start + 32]) == int.from_bytes(data[start + 8 : start + 12], "little")
    return Inside("application/x-7z-compressed", start) if right else None


def _rar(data: bytes, behind: int) -> Inside | None:
    start = data.find(_RAR, behind, behind + _RAR_STUB_BYTES)
    return Inside("application/x-rar", start) if start >= 0 else None


def _cabinet(data: bytes, _behind: int) -> Inside | None:
    """IExpress keeps it among the resources of the program."""
    for found in _CABINET.finditer(data):
        if 36 < int.from_bytes(found[1], "little") <= len(data) - found.start():
            return Inside("application/vnd.ms-cab-compressed", found.start())
    return None


def _lzh(data: bytes, behind: int) -> Inside | None:
    found = _LZH.search(data, behind, behind + _LZH_STUB_BYTES)
    return Inside("application/x-lzh-compressed", found.start()) if found else None


def is_tar(block: bytes) -> bool:
    """Whether a TAR begins here: by the checksum of its first header, which every kind of TAR has (POSIX ustar)."""
    if len(block) < 512:
        return False
    try:
        wanted = int(block[148:156].strip(b" \0") or b"x", 8)
    except ValueError:
        return False
    return wanted == sum(block[:148]) + 8 * 0x20 + sum(block[156:512])
