"""MAPI properties ([MS-OXCDATA] 2.11, [MS-OXPROPS]): identifiers, kinds of values, and how text is coded in them."""

import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from sanitizers.charsets import decode

# Kinds of values ([MS-OXCDATA] 2.11.1).
SHORT: Final = 0x0002
LONG: Final = 0x0003
BOOLEAN: Final = 0x000B
OBJECT: Final = 0x000D
STRING8: Final = 0x001E
STRING: Final = 0x001F
TIME: Final = 0x0040
BINARY: Final = 0x0102
SEVERAL: Final = 0x1000
# Kind → octets of a value of fixed size.
FIXED: Final = {
    SHORT: 2,
    LONG: 4,
    0x0004: 4,  # floating point
    0x0005: 8,
    0x0006: 8,  # currency
    0x0007: 8,  # time as Visual Basic has it
    0x000A: 4,  # error
    BOOLEAN: 2,
    0x0014: 8,
    TIME: 8,
    0x0048: 16,  # GUID
}
VARIABLE: Final = frozenset({OBJECT, STRING8, STRING, BINARY})

_EPOCH: Final = datetime(1601, 1, 1, tzinfo=UTC)
_INTERNET_CODE_PAGE: Final = 0x3FDE
_MESSAGE_CODE_PAGE: Final = 0x3FFD
# Code pages whose number is no label of a charset.
_LABELS: Final = {
    0: "",
    1200: "utf-16le",
    10_001: "shift_jis",
    20_127: "us-ascii",
    20_866: "koi8-r",
    20_932: "euc-jp",
    21_866: "koi8-u",
    50_225: "iso-2022-kr",
    51_936: "gb2312",
    51_949: "euc-kr",
    52_936: "hz-gb-2312",
    54_936: "gb18030",
    65_001: "utf-8",
}
_LAST_FILETIME: Final = 0x2650_0000_0000_0000  # about the year 10000

Named = tuple[str, int | str]  #: GUID in hexadecimal as stored, and number or name


class Properties:
    """The properties of one object; a value is its raw bytes until somebody asks for it."""

    def __init__(self, code_page: int = 0) -> None:
        self._values: dict[int, tuple[int, bytes]] = {}
        self._named: dict[Named, int] = {}
        self._outer_code_page = code_page

    def set(self, identifier: int, kind: int, value: bytes) -> None:
        """Add one; the first of each stays."""
        self._values.setdefault(identifier, (kind, value))

    def take(self, other: "Properties") -> None:
        """All that the other has and this one has not."""
        self._values = {**other._values, **self._values}  # noqa: SLF001 - of the same class
        self._named = {**other._named, **self._named}  # noqa: SLF001

    def name(self, named: Named, identifier: int) -> None:
        """A named property goes by this identifier here."""
        self._named.setdefault(named, identifier)

    def __contains__(self, identifier: int) -> bool:
        return identifier in self._values

    @property
    def code_page(self) -> int:
        """Of 8-bit text, 0 when nobody says it."""
        return self.number(_MESSAGE_CODE_PAGE) or self.number(_INTERNET_CODE_PAGE) or self._outer_code_page

    @property
    def html_charset(self) -> str:
        """The label of the code page of the HTML body."""
        return charset_of(self.number(_INTERNET_CODE_PAGE) or self.code_page)

    def text(self, *identifiers: int) -> str:
        """The first of these that is text and not empty."""
        for identifier in identifiers:
            kind, value = self._values.get(identifier, (0, b""))
            text = self._decoded(kind, value)
            if text:
                return text
        return ""

    def _decoded(self, kind: int, value: bytes) -> str:
        if kind == STRING:
            return value.decode("utf-16-le", "replace").rstrip("\0")
        if kind == STRING8:
            return decode(value.rstrip(b"\0"), charset_of(self.code_page)).text
        return ""

    def data(self, identifier: int) -> bytes:
        """A binary value, or text as it is coded; empty for none."""
        kind, value = self._values.get(identifier, (0, b""))
        return value if kind in {BINARY, OBJECT, STRING8} else b""

    def number(self, identifier: int) -> int:
        """0 for none."""
        kind, value = self._values.get(identifier, (0, b""))
        return int.from_bytes(value[: FIXED[kind]], "little") if kind in {SHORT, LONG, BOOLEAN} else 0

    def time(self, identifier: int) -> datetime | None:
        """In UTC."""
        kind, value = self._values.get(identifier, (0, b""))
        if kind != TIME or len(value) < 8:
            return None
        ticks = int.from_bytes(value[:8], "little")
        return _EPOCH + timedelta(microseconds=ticks // 10) if 0 < ticks < _LAST_FILETIME else None

    def by_name(self, group: str, which: int | str) -> int:
        """The identifier of a named property here; -1 for none."""
        return self._named.get((group, which), -1)

    def identifiers(self) -> Iterator[int]:
        """All of them."""
        return iter(self._values)


def charset_of(code_page: int) -> str:
    """The label by which `sanitizers.charsets` knows a Windows code page; "" for none."""
    if 28_591 <= code_page <= 28_605:
        return f"iso-8859-{code_page - 28_590}"
    return _LABELS.get(code_page, f"cp{code_page}" if code_page < 2_000 else str(code_page))


def unsigned(data: bytes, place: int, size: int) -> int:
    """A little-endian number; raises struct.error behind the end."""
    if place < 0 or place + size > len(data):
        raise struct.error("behind the end")
    return int.from_bytes(data[place : place + size], "little")
