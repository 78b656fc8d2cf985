"""The records of a ZIP file as PKWARE's APPNOTE 6.3.10 lays them out: found, unpacked, not yet believed."""

import struct
from typing import Final, NamedTuple

from sanitizers.model import CannotSanitize, Threat

_END: Final = struct.Struct("<4s4H2IH")  # 4.3.16
_END_SIGN: Final = b"PK\x05\x06"
_LONGEST_COMMENT: Final = 65_535
_LOCATOR: Final = struct.Struct("<4sIQI")  # 4.3.15
_END_64: Final = struct.Struct("<4sQ2H2I4Q")  # 4.3.14
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")  # 4.3.12
_CENTRAL_SIGN: Final = b"PK\x01\x02"
_LOCAL: Final = struct.Struct("<4s5H3I2H")  # 4.3.7
_LOCAL_SIGN: Final = b"PK\x03\x04"
_ZIP64: Final = 1  # 4.5.3
_FULL_16: Final = 0xFFFF
_FULL_32: Final = 0xFFFF_FFFF


class End(NamedTuple):
    """Where the directory is, by the record at the end."""

    members: int
    start: int  #: of the directory
    stop: int  #: behind its last entry
    after: int  #: first byte behind the end record and its comment
    comment: bytes


class Central(NamedTuple):
    """One entry of the directory."""

    flags: int
    method: int
    crc: int
    packed: int
    size: int
    name: bytes
    local: int  #: where the local header is
    attributes: int  #: external attributes
    system: int  #: of the program that made it (4.4.2)
    time: int  #: as DOS has it
    date: int  #: as DOS has it
    extra: bytes
    comment: int  #: bytes of a comment


class Local(NamedTuple):
    """The header in front of a member."""

    flags: int
    method: int
    crc: int
    packed: int
    size: int
    name: bytes
    start: int  #: of its data
    extra: bytes


def malformed(detail: str) -> CannotSanitize:
    """A ZIP file that is not read on."""
    return CannotSanitize(Threat.MALFORMED, f"a ZIP file {detail}")


def end_of(data: bytes) -> End:
    """The last end record; CannotSanitize: there is none, or what it says cannot be."""
    place = data.rfind(_END_SIGN, max(0, len(data) - _END.size - _LONGEST_COMMENT))
    if place < 0 or place + _END.size > len(data):
        raise malformed("without an end: it is cut off, or none")
    _, disk, first, here, count, size, start, length = _END.unpack_from(data, place)
    after = place + _END.size + length
    if after > len(data):
        raise malformed("whose end is cut off")
    comment = data[place + _END.size : after]
    stop = place
    if _FULL_16 in {disk, first, here, count} or _FULL_32 in {size, start}:
        disk, first, here, count, size, start, stop = _end_64(data, place)
    if disk or first or here != count:
        raise malformed("in several pieces")
    if start + size != stop:
        raise malformed("whose directory is not where its end says")
    return End(count, start, stop, after, comment)


def _end_64(data: bytes, place: int) -> tuple[int, int, int, int, int, int, int]:
    at = place - _LOCATOR.size
    if at < 0 or data[at : at + 4] != b"PK\x06\x07":
        raise malformed("with a Zip64 end that is not there")
    _, _, where, disks = _LOCATOR.unpack_from(data, at)
    if disks > 1 or where + _END_64.size > at or data[where : where + 4] != b"PK\x06\x06":
        raise malformed("with a Zip64 end that is not there")
    _, length, _, _, disk, first, here, count, size, start = _END_64.unpack_from(data, where)
    if where + 12 + length != at:
        raise malformed("with a Zip64 end of the wrong length")
    return disk, first, here, count, size, start, where


def directory(data: bytes, end: End, most: int) -> list[Central]:
    """Every entry; CannotSanitize: they do not fill the directory exactly, or there are more than `most`."""
    if end.members > most:
        raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"a ZIP file of more than {most} members")
    entries: list[Central] = []
    at = end.start
    for _ in range(end.members):
        if at + _CENTRAL.size > end.stop or data[at : at + 4] != _CENTRAL_SIGN:
            raise malformed("with a broken directory")
        fields = _CENTRAL.unpack_from(data, at)
        flags, method, crc, packed, size, name_length, extra_length, comment_length, disk = (
            fields[3], fields[4], *fields[7:14],
        )  # fmt: skip
        attributes, local = fields[15], fields[16]
        begin = at + _CENTRAL.size
        at = begin + name_length + extra_length + comment_length
        if at > end.stop:
            raise malformed("with a broken directory")
        extra = data[begin + name_length : begin + name_length + extra_length]
        size, packed, local, disk = _widened(extra, size, packed, local, disk)
        if disk:
            raise malformed("in several pieces")
        name = data[begin : begin + name_length]
        entries.append(
            Central(
                flags, method, crc, packed, size, name, local, attributes,
                fields[1] >> 8, fields[5], fields[6], extra, comment_length,
            )
        )  # fmt: skip
    if at != end.stop:
        raise malformed("with more in its directory than it counts")
    return entries


def local_of(data: bytes, at: int, limit: int) -> Local:
    """The local header at `at`; everything of it must stand before `limit`."""
    if at + _LOCAL.size > limit or data[at : at + 4] != _LOCAL_SIGN:
        raise malformed("with a member that is not where the directory says")
    _, _, flags, method, _, _, crc, packed, size, name_length, extra_length = _LOCAL.unpack_from(data, at)
    begin = at + _LOCAL.size
    start = begin + name_length + extra_length
    if start > limit:
        raise malformed("with a member that is cut off")
    extra = data[begin + name_length : start]
    size, packed, _, _ = _widened(extra, size, packed, 0, 0)
    return Local(flags, method, crc, packed, size, data[begin : begin + name_length], start, extra)


def _widened(extra: bytes, size: int, packed: int, local: int, disk: int) -> tuple[int, int, int, int]:
    """The values that did not fit into 32 or 16 bits stand in the Zip64 extra field, in this order (4.5.3)."""
    values = [(size, _FULL_32, "<Q"), (packed, _FULL_32, "<Q"), (local, _FULL_32, "<Q"), (disk, _FULL_16, "<I")]
    if all(value != full for value, full, _ in values):
        return size, packed, local, disk
    field = extra_field(extra, _ZIP64)
    at = 0
    wide: list[int] = []
    for value, full, form in values:
        if value != full:
            wide.append(value)
            continue
        if at + struct.calcsize(form) > len(field):
            raise malformed("with a Zip64 size that is not there")
        wide.append(struct.unpack_from(form, field, at)[0])
        at += struct.calcsize(form)
    return wide[0], wide[1], wide[2], wide[3]


def extra_field(extra: bytes, wanted: int) -> bytes:
    """The first extra field of that number (4.5.1); empty when there is none."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == wanted:
            return extra[at + 4 : at + 4 + length]
        at += 4 + length
    return b""
