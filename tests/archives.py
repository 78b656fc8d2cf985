"""Archives made byte by byte, so that tests and samples can make what no program writes."""

import io
import struct
import tarfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

DATE = (2026 - 1980) << 9 | 4 << 5 | 1  # 2026-04-01
TIME = 9 << 11 | 30 << 5  # 09:30:00
SECONDS = 1_775_003_400  # the same in Japan, since 1970


def deflated(data: bytes) -> bytes:
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    return stream.compress(data) + stream.flush()


@dataclass(frozen=True)
class Entry:
    """One member of a ZIP file; what differs in its header in front (`local_…`) is a lie."""

    name: bytes
    data: bytes = b""
    flags: int = 0
    method: int = 0
    packed: bytes | None = None
    system: int = 0
    attributes: int = 0
    extra: bytes = b""
    comment: bytes = b""
    size: int | None = None
    crc: int | None = None
    local_name: bytes | None = None
    local_method: int | None = None
    local_size: int | None = None
    listed: bool = True
    at: int | None = None  #: where the directory says it is


def zip_file(
    entries: Sequence[Entry], *, before: bytes = b"", between: bytes = b"", behind: bytes = b"", comment: bytes = b"",
    shifted: bool = True,
) -> bytes:  # fmt: skip
    """`shifted`: the directory counts what stands before."""
    out, directory, count = bytearray(before), bytearray(), 0
    base = 0 if shifted else len(before)
    for entry in entries:
        packed = entry.packed
        if packed is None:
            packed = deflated(entry.data) if entry.method == 8 else entry.data
        crc = zlib.crc32(entry.data) if entry.crc is None else entry.crc
        size = len(entry.data) if entry.size is None else entry.size
        start = len(out) - base if entry.at is None else entry.at
        name = entry.name if entry.local_name is None else entry.local_name
        method = entry.method if entry.local_method is None else entry.local_method
        said = size if entry.local_size is None else entry.local_size
        out += struct.pack(
            "<4s5H3I2H", b"PK\3\4", 20, entry.flags, method, TIME, DATE, crc, len(packed), said, len(name),
            len(entry.extra),
        )  # fmt: skip
        out += name + entry.extra + packed + between
        if entry.listed:
            directory += struct.pack(
                "<4s6H3I5H2I", b"PK\1\2", entry.system << 8 | 20, 20, entry.flags, entry.method, TIME, DATE, crc,
                len(packed), size, len(entry.name), len(entry.extra), len(entry.comment), 0, 0, entry.attributes, start,
            )  # fmt: skip
            directory += entry.name + entry.extra + entry.comment
            count += 1
    start = len(out) - base
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, len(directory), start, len(comment))
    return bytes(out + directory + end + comment + behind)


def unicode_path(raw: bytes, name: str) -> bytes:
    """APPNOTE 4.6.9."""
    value = b"\1" + struct.pack("<I", zlib.crc32(raw)) + name.encode()
    return struct.pack("<HH", 0x7075, len(value)) + value


def tar_file(members: Sequence[tuple[str, bytes]], *others: tarfile.TarInfo, form: int = tarfile.GNU_FORMAT) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=form, encoding="utf-8") as tar:
        for name, data in members:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime = len(data), SECONDS
            tar.addfile(entry, io.BytesIO(data))
        for entry in others:
            tar.addfile(entry)
    return target.getvalue()


def tar_entry(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname, entry.mtime = kind, target, SECONDS
    return entry


def crc_16(data: bytes) -> int:
    """CRC-16/ARC, slowly."""
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value


def lzh_file(
    members: Sequence[tuple[bytes, bytes]], level: int = 0, system: bytes = b"M", folder: bytes = b"", *,
    method: bytes = b"-lh0-", more: bytes = b"", end: bytes = b"\0",
) -> bytes:  # fmt: skip
    """Stored members; `more`: an extended header, its kind in front."""
    return b"".join(_lzh_member(name, data, level, system, folder, method, more) for name, data in members) + end


def _lzh_member(
    name: bytes, data: bytes, level: int, system: bytes, folder: bytes, method: bytes, more: bytes
) -> bytes:
    crc = struct.pack("<H", crc_16(data))
    if level == 0:
        fields = method + struct.pack("<IIHHBB", len(data), len(data), TIME, DATE, 0x20, 0)
        header = fields + bytes((len(name),)) + name + crc
        return bytes((len(header), sum(header) & 0xFF)) + header + data
    parts = [each for each in ((b"\2" + folder) if folder else b"", more) if each]
    if level == 1:
        extended, first = _extended(parts, 2)
        fields = method + struct.pack("<IIHHBB", len(data) + len(extended), len(data), TIME, DATE, 0x20, 1)
        header = fields + bytes((len(name),)) + name + crc + system + struct.pack("<H", first)
        return bytes((len(header), sum(header) & 0xFF)) + header + extended + data
    width = 4 if level == 3 else 2
    extended, first = _extended([b"\1" + name, *parts], width)
    fields = method + struct.pack("<IIIBB", len(data), len(data), SECONDS, 0x20, level) + crc + system
    if level == 3:
        total = 2 + len(fields) + 8 + len(extended)
        return struct.pack("<H", 4) + fields + struct.pack("<II", total, first) + extended + data
    total = 2 + len(fields) + 2 + len(extended)
    return struct.pack("<H", total) + fields + struct.pack("<H", first) + extended + data


def _extended(parts: Sequence[bytes], width: int) -> tuple[bytes, int]:
    sizes = [len(part) + width for part in parts]
    after = [*sizes[1:], 0] if sizes else []
    body = b"".join(part + size.to_bytes(width, "little") for part, size in zip(parts, after, strict=True))
    return body, sizes[0] if sizes else 0


def cabinet(members: Sequence[tuple[str, bytes]]) -> bytes:
    """[MS-CAB], one folder, stored."""
    content = b"".join(data for _, data in members)
    files, at = b"", 0
    for name, data in members:
        files += struct.pack("<IIHHHH", len(data), at, 0, DATE, TIME, 0x80) + name.encode() + b"\0"
        at += len(data)
    start = 36 + 8 + len(files)
    folder = struct.pack("<IHH", start, 1, 0)
    block = struct.pack("<IHH", 0, len(content), len(content)) + content
    head = struct.pack("<4sIIIIIBBHHHHH", b"MSCF", 0, start + len(block), 0, 36 + 8, 0, 3, 1, 1, len(members), 0, 0, 0)
    return head + folder + files + block


def cpio(members: Sequence[tuple[str, bytes, int]]) -> bytes:
    """newc: name, data, mode."""
    out = b""
    for number, (name, data, mode) in enumerate([*members, ("TRAILER!!!", b"", 0)], 1):
        raw = name.encode() + b"\0"
        fields = (number, mode, 0, 0, 1, SECONDS, len(data), 0, 0, 0, 0, len(raw), 0)
        out += b"070701" + b"".join(b"%08X" % field for field in fields) + raw
        out += b"\0" * (-len(out) % 4) + data
        out += b"\0" * (-len(out) % 4)
    return out


def ar(members: Sequence[tuple[str, bytes]]) -> bytes:
    out = b"!<arch>\n"
    for name, data in members:
        out += f"{name + '/':<16}{SECONDS:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n".encode() + data
        out += b"\n" * (len(data) % 2)
    return out


def rar(members: Sequence[tuple[bytes, bytes]]) -> bytes:
    """RAR 4, stored."""

    def block(kind: int, flags: int, fields: bytes, data: bytes = b"") -> bytes:
        head = struct.pack("<BHH", kind, flags, 7 + len(fields)) + fields
        return struct.pack("<H", zlib.crc32(head) & 0xFFFF) + head + data

    out = b"Rar!\x1a\x07\x00" + block(0x73, 0, bytes(6))
    for name, data in members:
        fields = struct.pack(
            "<IIBIIBBHI", len(data), len(data), 2, zlib.crc32(data), DATE << 16 | TIME, 20, 0x30, len(name), 0x20
        )
        out += block(0x74, 0x8000, fields + name, data)
    return out + block(0x7B, 0, b"")


def iso(members: Sequence[tuple[str, bytes]]) -> bytes:
    """ISO 9660 without extensions: one folder, names as they stand."""
    block = 2_048

    def both(value: int, width: int) -> bytes:
        return value.to_bytes(width, "little") + value.to_bytes(width, "big")

    def record(name: bytes, at: int, size: int, flags: int) -> bytes:
        when = bytes((126, 4, 1, 0, 30, 0, 0))
        body = (
            b"\0" + both(at, 4) + both(size, 4) + when + bytes((flags, 0, 0)) + both(1, 2) + bytes((len(name),)) + name
        )
        body += b"\0" * ((len(body) + 1) % 2)
        return bytes((len(body) + 1,)) + body

    first = 20
    content, records = b"", record(b"\0", 19, block, 2) + record(b"\1", 19, block, 2)
    for name, data in members:
        records += record(name.encode("ascii") + b";1", first + len(content) // block, len(data), 0)
        content += data + b"\0" * (-len(data) % block)
    descriptor = b"\1CD001\1\0" + b" " * 64 + bytes(8) + both(first + len(content) // block, 4) + bytes(32)
    descriptor += both(1, 2) + both(1, 2) + both(block, 2) + both(10, 4) + struct.pack("<I", 18) + bytes(4)
    descriptor += struct.pack(">I", 18) + bytes(4) + record(b"\0", 19, block, 2)
    descriptor = descriptor.ljust(881, b" ") + b"\1"
    table = struct.pack("<BBIH", 1, 0, 19, 1) + b"\0\0"
    parts = [descriptor, b"\xffCD001\1", table, records]
    whole = bytes(16 * block) + b"".join(part.ljust(block, b"\0") for part in parts) + content
    return whole.ljust(32 * block, b"\0")  # readers look that far before they believe it


def program(behind: bytes) -> bytes:
    """A PE file of one section that does nothing, and what stands behind it."""
    header = b"MZ" + bytes(58) + struct.pack("<I", 64)
    section = b".text\0\0\0" + struct.pack("<IIII", 16, 4_096, 512, 512) + bytes(16)
    coff = b"PE\0\0" + struct.pack("<HHIIIHH", 0x14C, 1, 0, 0, 0, 224, 0x102) + struct.pack("<H", 0x10B) + bytes(222)
    return (header + coff + section).ljust(512, b"\0") + bytes(512) + behind
