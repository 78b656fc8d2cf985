"""Reads LZH files: headers of levels 0 to 3 here, strictly; what they pack, by lhasa's decoders.

Layouts: the header document of LHa for UNIX (header.doc.jp) and that of UNLHA32.DLL for the extended headers.
"""

import struct
from collections.abc import Iterator
from functools import partial
from typing import Final, NamedTuple

from sanitizers.budget import BudgetMeter
from sanitizers.formats.archive.members import Kind, Member, Moment, dos_moment, gathered, unspent, wall_of
from sanitizers.formats.archive.names import Charset, Written, charset_of, decoded
from sanitizers.model import Action, CannotSanitize, Finding, Severity, Threat
from sanitizers.unpacking import lhasa

_MOST_MEMBERS: Final = 20_000
_MOST_EXTENSIONS: Final = 64
_SHORTEST: Final = 21  # bytes up to the level
_FOLDER_METHOD: Final = b"-lhd-"
_STORED: Final = frozenset({b"-lh0-", b"-lz4-", b"-pm0-"})
_UNIX: Final = frozenset(b"UX9K3RT")  # Unix, Mac OS X, OS-9, OS-9/68K, OSK, Human68K aside, Runser, TownsOS
_MACINTOSH: Final = ord("m")
_OSK: Final = ord("K")
_CODE_PAGES: Final = {932: Charset.SHIFT_JIS, 65_001: Charset.UTF_8, 51_932: Charset.EUC_JP, 20_932: Charset.EUC_JP}
_LINK, _FORMAT = 0o120000, 0o170000
# Extended headers.
_HEADER_CRC, _NAME, _FOLDER, _SIZES = 0x00, 0x01, 0x02, 0x42
_WIDE_NAME, _WIDE_FOLDER, _CODE_PAGE = 0x44, 0x45, 0x46
_RIGHTS, _UNIX_TIME = 0x50, 0x54
_MAC_HEADER: Final = 128


class _Header(NamedTuple):
    method: bytes
    packed: int
    size: int
    crc: int
    name: bytes
    system: int
    wall: Moment | None
    start: int  #: of the data
    more: dict[int, bytes]  #: extended headers, the first of each kind


def _damaged(detail: str) -> CannotSanitize:
    return CannotSanitize(Threat.MALFORMED, f"an LZH file {detail}")


class LzhBox:
    """An LZH file whose headers were read."""

    def __init__(self, data: bytes, meter: BudgetMeter) -> None:
        self.findings: list[Finding] = []
        self._data = data
        self._meter = meter
        self._given = 0  #: bytes that came out so far
        self._headers = list(_headers(data, self.findings))
        plain = [
            b"\n".join((each.name, each.more.get(_NAME, b""), each.more.get(_FOLDER, b""))).replace(b"\xff", b"/")
            for each in self._headers
        ]
        unix = any(each.system in _UNIX for each in self._headers)
        self._charset = charset_of(plain, Written.ELSEWHERE if unix else Written.ON_WINDOWS)

    def members(self) -> Iterator[Member]:
        """See `Box.members`."""
        for header in self._headers:
            unix = _unix_time(header)
            yield Member(
                self._path(header), _kind(header), partial(self._read, header), header.wall or wall_of(unix), unix
            )

    def _path(self, header: _Header) -> str:
        charset = self._charset
        if len(page := header.more.get(_CODE_PAGE, b"")) >= 4:
            charset = _CODE_PAGES.get(int.from_bytes(page[:4], "little"), charset)
        folder = decoded(header.more.get(_FOLDER, b"").replace(b"\xff", b"/"), charset)
        if wide := header.more.get(_WIDE_FOLDER):
            folder = wide.decode("utf-16-le", "replace").replace("\uffff", "/")
        name = decoded(header.more.get(_NAME, header.name).replace(b"\xff", b"/"), charset)  # level 0 of LHa for UNIX
        if wide := header.more.get(_WIDE_NAME):
            name = wide.decode("utf-16-le", "replace")
        return (f"{folder.rstrip('/')}/{name}" if folder.strip("/") else name).replace("\0", "")

    def _read(self, header: _Header) -> bytes:
        packed = self._data[header.start : header.start + header.packed]
        if header.method in _STORED and len(packed) != header.size:
            raise _damaged("with a member that is damaged")
        size_in = max(1, len(packed), unspent(len(self._data), self._given, self._meter))
        content = gathered(lhasa.decoded(header.method, packed, header.size), self._meter, size_in)
        self._given += len(content)
        if len(content) != header.size or lhasa.checksum(content) != header.crc:
            raise _damaged("with a member that is damaged")
        return _without_mac_header(content) if header.system == _MACINTOSH else content


def _headers(data: bytes, findings: list[Finding]) -> Iterator[_Header]:
    at = 0
    for _ in range(_MOST_MEMBERS):
        if at >= len(data) or (data[at] == 0 and not data[at : at + _SHORTEST].strip(b"\0")):
            break
        if data[at] == 0 and data[at + 2 : at + 3] != b"-":
            break
        header = _header(data, at)
        if header.start + header.packed > len(data):
            raise _damaged("that is cut off")
        yield header
        at = header.start + header.packed
    else:
        raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"an LZH file of more than {_MOST_MEMBERS} members")
    if data[at + 1 :].strip(b"\0\x1a"):
        detail = "bytes behind the end of the LZH file"
        findings.append(Finding(Threat.HIDDEN_CONTENT, Severity.WARNING, Action.REMOVED, "archive", detail))


def _header(data: bytes, at: int) -> _Header:
    if len(data) - at < _SHORTEST + 3 or data[at + 2] != 0x2D or data[at + 6] != 0x2D:
        raise _damaged("with a broken header")
    level = data[at + 20]
    try:
        return _short_header(data, at, level) if level < 2 else _long_header(data, at, level)
    except (struct.error, IndexError) as end:
        raise _damaged("with a header that is cut off") from end


def _short_header(data: bytes, at: int, level: int) -> _Header:
    """Levels 0 and 1: a checksum in front, the name in the middle, the time of DOS."""
    size, checksum, method, packed, unpacked, time, date = struct.unpack_from("<BB5sIIHH", data, at)
    stop = at + 2 + size
    if sum(data[at + 2 : stop]) & 0xFF != checksum:
        raise _damaged("with a header whose checksum is wrong")
    length = data[at + 21]
    name = data[at + 22 : at + 22 + length]
    (crc,) = struct.unpack_from("<H", data, at + 22 + length)
    behind = at + 24 + length
    if behind > stop:
        raise _damaged("with a broken header")
    if level == 0:
        system = data[behind] if behind < stop else 0
        return _Header(method, packed, unpacked, crc, name, system, dos_moment(date, time), stop, {})
    (first,) = struct.unpack_from("<H", data, stop - 2)
    more, start = _extensions(data, stop, first, 2)
    if start - stop > packed:
        raise _damaged("with a broken header")
    packed -= start - stop
    return _Header(method, packed, unpacked, crc, name, data[behind], dos_moment(date, time), start, more)


def _long_header(data: bytes, at: int, level: int) -> _Header:
    """Levels 2 and 3: all names in extended headers, the time in seconds since 1970."""
    total, method, packed, unpacked, seconds, _, _, crc, system = struct.unpack_from("<H5sIIIBBHB", data, at)
    if level == 2:
        (first,) = struct.unpack_from("<H", data, at + 24)
        more, stop = _extensions(data, at + 26, first, 2)
    elif level == 3 and total == 4:
        total, first = struct.unpack_from("<II", data, at + 24)
        more, stop = _extensions(data, at + 32, first, 4)
    else:
        raise _damaged("with a header of a level that is not known")
    if level == 2 and system == _OSK and stop == at + total + 2:
        total += 2  # LHA for OS-9 does not count the first two bytes
    if not stop <= at + total <= len(data):
        raise _damaged("with a broken header")
    _check(data[at : at + total], more.get(_HEADER_CRC, b""))
    if len(wide := more.get(_SIZES, b"")) >= 16:
        packed, unpacked = struct.unpack_from("<QQ", wide)
    more.setdefault(_UNIX_TIME, struct.pack("<I", seconds))
    return _Header(method, packed, unpacked, crc, b"", system, None, at + total, more)


def _extensions(data: bytes, at: int, size: int, width: int) -> tuple[dict[int, bytes], int]:
    """Each is its kind, its content and the size of the next one; 0 ends them. Where they stop, too."""
    found: dict[int, bytes] = {}
    for _ in range(_MOST_EXTENSIONS):
        if not size:
            return found, at
        if size < 1 + width or at + size > len(data):
            break
        found.setdefault(data[at], data[at + 1 : at + size - width])
        at += size
        size = int.from_bytes(data[at - width : at], "little")
    raise _damaged("with a broken header")


def _check(header: bytes, field: bytes) -> None:
    """The CRC of a whole header stands in it, and counts as zero."""
    if len(field) < 2:
        return
    wanted = int.from_bytes(field[:2], "little")
    place = header.find(b"\0" + field)
    if place < 0 or lhasa.checksum(header[: place + 1] + b"\0\0" + header[place + 3 :]) != wanted:
        raise _damaged("with a header whose checksum is wrong")


def _unix_time(header: _Header) -> int | None:
    if header.wall is not None or len(header.more.get(_UNIX_TIME, b"")) < 4:
        return None
    return int.from_bytes(header.more[_UNIX_TIME][:4], "little")


def _kind(header: _Header) -> Kind:
    rights = int.from_bytes(header.more.get(_RIGHTS, b"")[:2], "little")
    name = header.more.get(_NAME, header.name) + header.more.get(_FOLDER, b"")
    if rights & _FORMAT == _LINK or (header.method == _FOLDER_METHOD and b"|" in name):
        return Kind.LINK
    return Kind.FOLDER if header.method == _FOLDER_METHOD else Kind.FILE


def _without_mac_header(content: bytes) -> bytes:
    """MacLHA puts a MacBinary header in front of a file and its resources behind it; the file is what is read."""
    if len(content) < _MAC_HEADER or content[0] or content[74] or content[82] or not 0 < content[1] < 64:
        return content
    size = int.from_bytes(content[83:87], "big")
    return content[_MAC_HEADER : _MAC_HEADER + size] if _MAC_HEADER + size <= len(content) else content
