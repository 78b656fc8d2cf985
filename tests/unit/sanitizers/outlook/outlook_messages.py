"""Writes messages of Outlook for tests and samples: as MSG files and as TNEF, from the same few words."""

import struct
import zlib
from datetime import UTC, datetime

from tests.unit.sanitizers.outlook.compound_files import Tree, compound

STRING8, STRING, BINARY, LONG, TIME, BOOLEAN, OBJECT = 0x1E, 0x1F, 0x102, 0x03, 0x40, 0x0B, 0x0D
Value = str | bytes | int | datetime | bool
Fields = dict[int, Value]
Named = dict[tuple[str, int], Value]
APPOINTMENT = "0220060000000000c000000000000046"
DATE = datetime(2026, 11, 21, 0, 0, tzinfo=UTC)
PLAIN: Fields = {
    0x001A: "IPM.Note",
    0x0037: "窓口案内の件名",
    0x0C1A: "差出人 太郎",
    0x5D01: "sender@example.jp",
    0x1000: "窓口案内の本文です。",
    0x0039: DATE,
    0x1035: "<outlook-1@example.jp>",
}
TO: Fields = {0x3001: "窓口", 0x39FE: "madoguchi@city.example.lg.jp", 0x0C15: 1}


def file(name: str, data: bytes, **fields: Value) -> Fields:
    """The properties of an attachment by value; others as p7FFE=True."""
    return {0x3707: name, 0x3705: 1, 0x3701: data} | {int(key[1:], 16): value for key, value in fields.items()}


def compressed(rtf: bytes, *, really: bool = False) -> bytes:
    """An RTF body as it is stored: not packed at all, which is allowed, or packed by the library."""
    if really:
        import compressed_rtf  # noqa: PLC0415

        return bytes(compressed_rtf.compress(rtf))
    return struct.pack("<II4sI", len(rtf) + 12, len(rtf), b"MELA", 0) + rtf


def packed_bomb(size: int) -> bytes:
    """Compressed RTF that grows as much as it can."""
    content = b"\x00" + b"{\\rtf1 a" + (b"\xff" + b"\x00\x0f" * 8) * (size // 17)
    check = zlib.crc32(content, 0xFFFFFFFF) ^ 0xFFFFFFFF
    return struct.pack("<II4sI", len(content) + 12, 0, b"LZFu", check) + content


# MSG


def msg(
    fields: Fields = PLAIN,
    files: list[Fields | Tree] | None = None,
    people: list[Fields] | None = None,
    named: Named | None = None,
    code_page: str = "",
) -> bytes:
    """A MSG file; with a code page (a Python codec) its text is 8-bit."""
    tree = message_tree(fields, files, people, 32, named, code_page)
    tree["__nameid_version1.0"] = _names(named or {})
    return compound(tree)


def message_tree(
    fields: Fields,
    files: list[Fields | Tree] | None = None,
    people: list[Fields] | None = None,
    header: int = 24,
    named: Named | None = None,
    code_page: str = "",
) -> Tree:
    """The storage of one message."""
    every = fields | {0x8000 + number: value for number, value in enumerate((named or {}).values())}
    tree = _properties(every, header, code_page)
    for number, person in enumerate([TO] if people is None else people):
        tree[f"__recip_version1.0_#{number:08X}"] = _properties(person, 8, code_page)
    for number, each in enumerate(files or []):
        inside = each if all(isinstance(key, str) for key in each) else _properties(each, 8, code_page)  # type: ignore[arg-type]
        tree[f"__attach_version1.0_#{number:08X}"] = inside  # type: ignore[assignment]
    return tree


def message_inside(tree: Tree, name: str = "内側のメッセージ") -> Tree:
    """An attachment that is a message."""
    return {**_properties({0x3001: name, 0x3705: 5}, 8, ""), "__substg1.0_3701000D": tree}


def object_inside(name: str = "オブジェクト") -> Tree:
    """An attachment that is an OLE object."""
    content: Tree = {"\x01Ole10Native": b"KIYOME-HARM-OLE-OBJECT" * 4}
    return {**_properties({0x3001: name, 0x3705: 6}, 8, ""), "__substg1.0_3701000D": content}


def _properties(fields: Fields, header: int, code_page: str) -> Tree:
    tree: Tree = {}
    rows = b""
    for identifier, value in fields.items():
        kind, data = _coded(value, code_page)
        if kind in {STRING8, STRING, BINARY}:
            tree[f"__substg1.0_{identifier:04X}{kind:04X}"] = data
            data = struct.pack("<II", len(data), 0)
        rows += struct.pack("<HHI", kind, identifier, 6) + data.ljust(8, b"\0")
    tree["__properties_version1.0"] = bytes(header) + rows
    return tree


def _coded(value: Value, code_page: str) -> tuple[int, bytes]:
    if isinstance(value, str):
        return (STRING8, value.encode(code_page)) if code_page else (STRING, value.encode("utf-16-le"))
    if isinstance(value, bytes):
        return BINARY, value
    if isinstance(value, bool):
        return BOOLEAN, struct.pack("<H", value)
    if isinstance(value, int):
        return LONG, struct.pack("<I", value)
    return TIME, struct.pack("<Q", int((value - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds()) * 10_000_000)


def _names(named: Named) -> Tree:
    groups = list(dict.fromkeys(group for group, _ in named))
    entries = b"".join(
        struct.pack("<IHH", which, (groups.index(group) + 3) << 1, number)
        for number, (group, which) in enumerate(named)
    )
    stored = b"".join(map(bytes.fromhex, groups))
    return {"__substg1.0_00020102": stored, "__substg1.0_00030102": entries, "__substg1.0_00040102": b""}


# TNEF


def tnef(fields: Fields = PLAIN, files: list[tuple[str, Fields]] | None = None, code_page: str = "") -> bytes:
    """A winmail.dat; each file has its short name, and properties (3701: the data)."""
    written = struct.pack("<IH", 0x223E9F78, 1)
    written += attribute(1, 0x00089006, struct.pack("<I", 0x10000))
    written += attribute(1, 0x00069007, struct.pack("<II", 932 if code_page == "cp932" else 0, 0))
    if code_page:
        written += attribute(1, 0x00018004, str(fields[0x0037]).encode(code_page) + b"\0")
    written += attribute(1, 0x00069003, values(fields, code_page))
    for name, each in files or []:
        data = each.get(0x3701, b"")
        assert isinstance(data, bytes)
        written += attribute(2, 0x00069002, bytes(14))
        written += attribute(2, 0x00018010, name.encode("cp932") + b"\0") + attribute(2, 0x0006800F, data)
        written += attribute(2, 0x00069005, values({key: value for key, value in each.items() if key != 0x3701}))
    return written


def attribute(level: int, identifier: int, data: bytes, length: int | None = None) -> bytes:
    """One attribute; its length may lie."""
    stated = len(data) if length is None else length
    return struct.pack("<BII", level, identifier, stated) + data + struct.pack("<H", sum(data) & 0xFFFF)


def message_in_tnef(inner: bytes) -> bytes:
    """What stands in an attachment that is a message: attribute attAttachment."""
    value = bytes.fromhex("0703020000000000c000000000000046") + inner
    return struct.pack("<IHHII", 1, OBJECT, 0x3701, 1, len(value)) + value.ljust(-(-len(value) // 4) * 4, b"\0")


def values(fields: Fields, code_page: str = "") -> bytes:
    """Properties one after the other."""
    written = struct.pack("<I", len(fields))
    for identifier, value in fields.items():
        kind, data = _coded(value, code_page)
        if kind in {STRING8, STRING, BINARY}:
            data = data + (b"\0\0" if kind == STRING else b"\0" if kind == STRING8 else b"")
            data = struct.pack("<II", 1, len(data)) + data
        written += struct.pack("<HH", kind, identifier) + data.ljust(-(-len(data) // 4) * 4, b"\0")
    return written
