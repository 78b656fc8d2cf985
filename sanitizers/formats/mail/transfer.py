"""Transfer encodings: tolerant decoding that says what was wrong (RFC 2045 section 6); uuencode and yEnc in text."""

import binascii
import re
from collections.abc import Iterable, Iterator
from enum import StrEnum

import msgspec

from sanitizers.budget import BudgetMeter
from sanitizers.formats.mail.anomalies import Anomalies
from sanitizers.formats.mail.words import raw_text
from sanitizers.model import Severity


class Encoding(StrEnum):
    """How a body is carried."""

    IDENTITY = "identity"  # 7bit, 8bit, binary
    QUOTED_PRINTABLE = "quoted-printable"
    BASE64 = "base64"
    FOREIGN = "foreign"  # x-uuencode, yEnc, BinHex: never text
    UNKNOWN = "unknown"


# Every spelling met in real mail; those of RFC 2045 first.
_EXACT = {
    "7bit": Encoding.IDENTITY,
    "8bit": Encoding.IDENTITY,
    "binary": Encoding.IDENTITY,
    "quoted-printable": Encoding.QUOTED_PRINTABLE,
    "base64": Encoding.BASE64,
}
_SLOPPY = {
    "": Encoding.IDENTITY,
    "7-bit": Encoding.IDENTITY,
    "7bits": Encoding.IDENTITY,
    "8-bit": Encoding.IDENTITY,
    "8bits": Encoding.IDENTITY,
    "none": Encoding.IDENTITY,
    "plain": Encoding.IDENTITY,
    "utf-8": Encoding.IDENTITY,
    "us-ascii": Encoding.IDENTITY,
    "quoted": Encoding.QUOTED_PRINTABLE,
    "quotedprintable": Encoding.QUOTED_PRINTABLE,
    "quoted_printable": Encoding.QUOTED_PRINTABLE,
    "qp": Encoding.QUOTED_PRINTABLE,
    "base-64": Encoding.BASE64,
    "b64": Encoding.BASE64,
}
_FOREIGN = ("uuencode", "uue", "yenc", "binhex")

_TOKEN = re.compile(rb"[\s\"']*([A-Za-z0-9_-]*)")
_NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="))
_WHITE = b" \t\r\n"
_PADDING = re.compile(rb"=+")
_TRAILING_BLANKS = re.compile(rb"(?<![ \t])[ \t]+(?=\r?\n|\Z)")
_BAD_ESCAPE = re.compile(rb"=(?![0-9A-Fa-f]{2}|\r?\n|\Z)")

# A line of uuencode has no small letters, so a search that fails ends at the next "begin", and lines need not be given
# back: possessive, or the search would remember every one of them.
_UU_BLOCK = re.compile(
    rb"^begin [0-7]{3,4} ([^\r\n]{1,255})\r?\n((?:[ -`]{1,90}\r?\n)*+)[ `]?\r?\n?end[ \t]*(?:\r?\n|\Z)",
    re.MULTILINE,
)
_UU_LINE = re.compile(rb"[ -`]+")
_YENC_BLOCK = re.compile(rb"^=ybegin [^\r\n]*?name=([^\r\n]{1,255})\r?\n", re.MULTILINE)
_YENC_PART = re.compile(rb"^=ypart [^\r\n]*\r?\n", re.MULTILINE)
_YENC_ESCAPE = re.compile(rb"=([^\r\n])", re.DOTALL)
_YENC_TABLE = bytes((octet - 42) & 255 for octet in range(256))
_YENC_END = re.compile(rb"^=yend[^\r\n]*(?:\r?\n|\Z)", re.MULTILINE)


class Enclosed(msgspec.Struct, frozen=True):
    """A file that was written into text."""

    name: str
    data: bytes


def read_encoding(values: list[bytes], anomalies: Anomalies, where: str) -> Encoding:
    """The encoding that a part claims; of several fields, one that is not plain wins."""
    if not values:
        return Encoding.IDENTITY
    found = [_encoding(value, anomalies, where) for value in values]
    if len(found) > 1:
        severity = Severity.WARNING if len(set(found)) > 1 else Severity.NOTE
        anomalies.malformed(where, "several Content-Transfer-Encoding headers", severity)
    return next((each for each in found if each is not Encoding.IDENTITY), Encoding.IDENTITY)


def _encoding(value: bytes, anomalies: Anomalies, where: str) -> Encoding:
    token = _TOKEN.match(value)
    word = token.group(1).decode("ascii").lower() if token else ""
    if word in _EXACT:
        return _EXACT[word]
    if any(foreign in word for foreign in _FOREIGN):
        return Encoding.FOREIGN
    anomalies.malformed(where, f"unknown Content-Transfer-Encoding: {word}", Severity.NOTE)
    return _SLOPPY.get(word, Encoding.UNKNOWN)


def decode_transfer(raw: bytes, encoding: Encoding, anomalies: Anomalies, where: str) -> bytes:
    """The bytes behind the encoding; never raises, loses nothing that can be read."""
    if encoding is Encoding.BASE64:
        return _base64(raw, anomalies, where)
    if encoding is Encoding.QUOTED_PRINTABLE:
        return _quoted_printable(raw, anomalies, where)
    return raw


def _base64(raw: bytes, anomalies: Anomalies, where: str) -> bytes:
    letters = raw.translate(None, _WHITE)
    try:
        return binascii.a2b_base64(letters, strict_mode=True)
    except binascii.Error:
        pass
    clean = letters.translate(None, _NOT_BASE64)
    if len(clean) < len(letters) * 0.7 or raw.count(b" ") * 12 > len(raw):
        anomalies.malformed(where, "not base64 although it says so", Severity.WARNING)
        return raw
    return _damaged_base64(letters, clean, anomalies, where)


def _damaged_base64(letters: bytes, clean: bytes, anomalies: Anomalies, where: str) -> bytes:
    """Junk is skipped, segments that were joined with their padding are all read, missing padding is added."""
    if b"=" in clean.rstrip(b"="):
        anomalies.malformed(where, "base64 that goes on after its end", Severity.WARNING)
    elif len(clean) != len(letters):
        anomalies.malformed(where, "characters inside base64 that do not belong there")
    else:
        anomalies.malformed(where, "base64 cut off or wrongly padded")
    return _segments(clean)


def _segments(clean: bytes) -> bytes:
    decoded = []
    for segment in _PADDING.split(clean):
        whole = segment[:-1] if len(segment) % 4 == 1 else segment
        decoded.append(binascii.a2b_base64(whole + b"=" * (-len(whole) % 4)))
    return b"".join(decoded)


def _quoted_printable(raw: bytes, anomalies: Anomalies, where: str) -> bytes:
    if b"= " in raw or b"=\t" in raw:
        raw = _TRAILING_BLANKS.sub(b"", raw)
    if _BAD_ESCAPE.search(raw):
        anomalies.malformed(where, "wrong escapes in quoted-printable")
    return binascii.a2b_qp(raw)


class _Taken:
    """The files taken so far: never more of them, nor more of their bytes, than the budget has room for."""

    def __init__(self, budget: BudgetMeter) -> None:
        self.files: list[Enclosed] = []
        self._budget = budget
        self._size = 0

    def add(self, name: bytes, pieces: Iterable[bytes]) -> None:
        """One file, decoded piece by piece; raises OverBudget."""
        decoded = []
        self._budget.check_room(len(self.files) + 1)
        for piece in pieces:
            self._size += len(piece)
            self._budget.check_room(len(self.files) + 1, self._size)
            decoded.append(piece)
        self.files.append(Enclosed(raw_text(name.strip()), b"".join(decoded)))


def take_enclosed(data: bytes, budget: BudgetMeter) -> tuple[bytes, list[Enclosed]]:
    """Text without the uuencoded and yEnc files in it, and those files; raises OverBudget."""
    taken = _Taken(budget)
    if b"\nend" in data and (data.startswith(b"begin") or b"\nbegin" in data):
        data = _take_uuencoded(data, taken)
    if b"=ybegin " in data:
        data = _take_yenc(data, taken)
    return data, taken.files


def _take_uuencoded(data: bytes, taken: _Taken) -> bytes:
    kept: list[bytes] = []
    pos = 0
    for block in _UU_BLOCK.finditer(data):
        kept.append(data[pos : block.start()])
        taken.add(block.group(1), _uudecoded(block.group(2)))
        pos = block.end()
    kept.append(data[pos:])
    return b"".join(kept)


def _uudecoded(lines: bytes) -> Iterator[bytes]:
    """Line by line: two octets ("M" and the line end) may stand for 45."""
    for found in _UU_LINE.finditer(lines):
        line = found.group()
        try:
            yield binascii.a2b_uu(line)
        except binascii.Error:  # trailing junk: read as many groups as the first character says
            size = (((line[0] - 32) & 63) * 4 + 5) // 3
            yield binascii.a2b_uu(line[:size] if len(line) >= size else b" ")


def _take_yenc(data: bytes, taken: _Taken) -> bytes:
    kept: list[bytes] = []
    pos = 0
    while begin := _YENC_BLOCK.search(data, pos):
        end = _YENC_END.search(data, begin.end())
        stop = end.end() if end else len(data)
        kept.append(data[pos : begin.start()])
        taken.add(begin.group(1), [_ydecoded(data[begin.end() : end.start() if end else len(data)])])
        pos = stop
    kept.append(data[pos:])
    return b"".join(kept)


def _ydecoded(lines: bytes) -> bytes:
    """The octets behind yEnc 1.3: each plus 42; "=" stands before one that has 64 more."""
    lines = _YENC_PART.sub(b"", lines).translate(None, b"\r\n")
    return _YENC_ESCAPE.sub(lambda found: bytes([(found[1][0] - 64) & 255]), lines).translate(_YENC_TABLE)
