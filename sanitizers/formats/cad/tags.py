"""Reads a DXF file, in letters or in binary, as pairs of group code and value, and writes such pairs in letters."""

import math
import re
import struct
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from sanitizers.formats.cad.codes import KINDS, Kind
from sanitizers.model import CannotSanitize, Threat

SENTINEL: Final = b"AutoCAD Binary DXF\r\n\x1a\0"
MOST_TAGS: Final = 4_000_000
_LONGEST: Final = 65_536  # bytes of one value
_KEYWORDS: Final = frozenset({0, 9, 100, 102})  # values that are words of the format
_UTF_8_SINCE: Final = "AC1021"  # AutoCAD 2007

_CODEPAGES: Final = {
    "ANSI_932": "cp932", "DOS932": "cp932", "SHIFT_JIS": "cp932", "ANSI_936": "gbk", "ANSI_949": "cp949",
    "ANSI_950": "big5", "ANSI_1250": "cp1250", "ANSI_1251": "cp1251", "ANSI_1253": "cp1253", "ANSI_1254": "cp1254",
    "ANSI_1257": "cp1257", "ANSI_1258": "cp1258", "ANSI_874": "cp874", "UTF-8": "utf-8", "UTF8": "utf-8",
}  # fmt: skip
_HEADER_NAME: Final = re.compile(rb"\$(ACADVER|DWGCODEPAGE)\s*\r?\n\s*[13]\s*\r?\n\s*([!-~]{1,20})")
_BINARY_NAME: Final = re.compile(rb"\$(ACADVER|DWGCODEPAGE)\0[\1\3]\0?([!-~]{1,20})\0")
_HEADER_WITHIN: Final = 65_536  # bytes
_JAPANESE: Final = re.compile(rb"[\x81-\x97][\x40-\x7e\x80-\xfc]")  # signs, kana, and the kanji of level 1
_FOREIGN: Final = re.compile(rb"[\x80-\xff]+")

_UNICODE: Final = re.compile(r"\\[Uu]\+([0-9A-Fa-f]{4})")
_NUMBERED: Final = re.compile(r"\\[Mm]\+([1-5])([0-9A-Fa-f]{4})")  # one of five double-byte charsets
_NUMBERED_CHARSETS: Final = {"1": "cp932", "2": "big5", "3": "cp949", "4": "johab", "5": "gbk"}

_BINARY: Final = {
    Kind.FLOAT: struct.Struct("<d"), Kind.INT_16: struct.Struct("<h"), Kind.INT_32: struct.Struct("<i"),
    Kind.INT_64: struct.Struct("<q"), Kind.BOOL: struct.Struct("<B"),
}  # fmt: skip


class Tag(NamedTuple):
    """One pair; numbers stay in the letters they are written in."""

    code: int
    value: str


class Source(NamedTuple):
    """What a file begins with."""

    version: str  #: e.g. "AC1015"; "" when it does not say
    charset: str  #: codec that its texts are in


def source_of(data: bytes) -> Source:
    """Version and charset: as the header says or, where that says nothing of use, as the texts look."""
    head = data[:_HEADER_WITHIN]
    found = dict((_BINARY_NAME if data.startswith(SENTINEL) else _HEADER_NAME).findall(head))
    version = found.get(b"ACADVER", b"").decode("ascii", "replace")[:6]
    named = _CODEPAGES.get(found.get(b"DWGCODEPAGE", b"").decode("ascii", "replace").upper(), "")
    if version >= _UTF_8_SINCE:
        return Source(version, "utf-8")
    return Source(version, named or ("cp932" if _is_japanese(data) else "cp1252"))


def _is_japanese(data: bytes) -> bool:
    """Half of what is not ASCII is Shift_JIS as people in Japan write it; many programs there name another charset."""
    examined = data[:1_048_576]
    foreign = sum(map(len, _FOREIGN.findall(examined)))
    return foreign > 0 and 2 * len(_JAPANESE.findall(examined)) * 2 >= foreign


def read(data: bytes, charset: str) -> Iterator[Tag]:
    """All pairs up to the end mark; raises CannotSanitize."""
    pairs = _of_binary(data) if data.startswith(SENTINEL) else _of_letters(data)
    for count, (code, raw) in enumerate(pairs):
        if count > MOST_TAGS:
            raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {MOST_TAGS} values in a drawing")
        kind = KINDS.get(code)
        if code in _KEYWORDS:
            yield Tag(code, raw.strip().decode("ascii", "replace"))
        elif kind is not None and kind is not Kind.BINARY:
            yield Tag(code, _decoded(raw, charset) if kind is Kind.TEXT else _number(raw, kind))
        elif kind is Kind.BINARY:
            yield Tag(code, "")  # told, and never kept


def written(tags: Iterable[Tag], charset: str) -> bytes:
    """In letters, lines ended as Windows does; what the charset has no letter for as \\U+XXXX."""
    text = "".join(f"{code:3d}\r\n{value}\r\n" for code, value in tags)
    if charset == "utf-8":
        return text.encode()
    try:
        return text.encode(charset)
    except UnicodeEncodeError:
        return b"".join(_escaped(character, charset) for character in text)


def escaped(text: str) -> str:
    """In ASCII alone."""
    return text if text.isascii() else "".join(_escaped(character, "ascii").decode("ascii") for character in text)


def _escaped(character: str, charset: str) -> bytes:
    try:
        return character.encode(charset)
    except UnicodeEncodeError:
        units = character.encode("utf-16-be", "surrogatepass")
        return b"".join(b"\\U+%04X" % int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2))


def _of_letters(data: bytes) -> Iterator[tuple[int, bytes]]:
    lines = iter((data if b"\n" in data else data.replace(b"\r", b"\n")).removeprefix(b"\xef\xbb\xbf").split(b"\n"))
    for line in lines:
        stripped = line.strip()
        value = next(lines, None)
        if value is None:
            break
        if not stripped.lstrip(b"-").isdigit() or len(stripped) > 5:
            raise _malformed("with something else than a group code")
        yield int(stripped), value.removesuffix(b"\r")[:_LONGEST]
        if stripped == b"0" and value.strip() == b"EOF":
            return
    raise _malformed("that is cut off")


def _of_binary(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = len(SENTINEL)
    wide = data[at : at + 2] == b"\0\0"  # since R13 a code has two bytes
    try:
        while True:
            code, at = _code(data, at, wide=wide)
            kind = KINDS.get(code)
            if kind is None:
                raise _malformed("with an unknown group code")
            raw, at = _value(data, at, kind)
            yield code, raw
            if code == 0 and raw == b"EOF":
                return
    except (struct.error, IndexError, ValueError) as error:
        raise _malformed("that is cut off") from error


def _code(data: bytes, at: int, *, wide: bool) -> tuple[int, int]:
    if wide:
        return struct.unpack_from("<H", data, at)[0], at + 2
    if data[at] == 0xFF:
        return struct.unpack_from("<H", data, at + 1)[0], at + 3
    return data[at], at + 1


def _value(data: bytes, at: int, kind: Kind) -> tuple[bytes, int]:
    """The value in letters, and where the next code is."""
    layout = _BINARY.get(kind)
    if layout is not None:
        return repr(layout.unpack_from(data, at)[0]).encode("ascii"), at + layout.size
    if kind is Kind.BINARY:
        return b"", at + 1 + data[at]
    end = data.index(b"\0", at)
    return data[at : min(end, at + _LONGEST)], end + 1


def _decoded(raw: bytes, charset: str) -> str:
    if raw.isascii() and b"\\" not in raw:
        return raw.decode("ascii")
    text = raw.decode(charset, "replace")
    if "+" in text and "\\" in text:
        text = _NUMBERED.sub(_from_number, _UNICODE.sub(lambda found: chr(int(found[1], 16)), text))
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _from_number(found: re.Match[str]) -> str:
    return bytes.fromhex(found[2]).decode(_NUMBERED_CHARSETS[found[1]], "replace")


def _number(raw: bytes, kind: Kind) -> str:
    """As it is written when it is a number, else 0."""
    text = raw.strip().decode("ascii", "replace")
    if kind is Kind.HANDLE:
        return text if re.fullmatch(r"[0-9A-Fa-f]{1,16}", text) else "0"
    if kind is Kind.FLOAT:
        try:
            return text if math.isfinite(float(text)) and "_" not in text else "0.0"
        except ValueError:
            return "0.0"
    return text if re.fullmatch(r"[+-]?[0-9]{1,19}", text) else _whole(text)


def _whole(text: str) -> str:
    try:
        return str(int(float(text)))
    except (ValueError, OverflowError):
        return "0"


def _malformed(what: str) -> CannotSanitize:
    return CannotSanitize(Threat.MALFORMED, f"a drawing (DXF) {what}")
