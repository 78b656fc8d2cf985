"""Bytes to text: `decode` reads every charset that Japanese mail really uses, whatever was claimed; it never raises."""

import re
from typing import Final

import msgspec

from sanitizers.charsets.guess import (
    better_than_shift_jis,
    better_than_western,
    read_by_content,
    read_unicode,
)
from sanitizers.charsets.japanese import (
    ESCAPE_TO_JAPANESE,
    REPLACEMENT,
    Reading,
    read_euc_jp,
    read_iso_2022_jp,
    read_shift_jis,
)
from sanitizers.charsets.labels import CODECS, UNKNOWN, UNLABELLED, canonical
from sanitizers.model import Action, Finding, Severity, Threat

__all__ = ["Decoded", "decode"]

_WHERE: Final = "charset"
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_NOT_SHOWABLE: Final = re.compile(r"[^\x20-\x7e]")
_JAPANESE_READERS: Final = {"iso-2022-jp": read_iso_2022_jp, "euc-jp": read_euc_jp, "shift_jis": read_shift_jis}
# 7-bit charsets in which an ESC means something else than in ISO-2022-JP, or 1B may be half a character.
_ESC_IS_THEIRS: Final = frozenset({"iso-2022-jp", "iso-2022-kr", "utf-16", "utf-16le", "utf-16be", "utf-32"})
# A claimed charset is believed with a few broken bytes: at most one character in this many.
_TOLERATED_SHARE: Final = 20


class Decoded(msgspec.Struct, frozen=True):
    """Text that UTF-8 can carry, the charset it was read in ("us-ascii", "iso-2022-jp" …), and what was met."""

    text: str
    charset: str
    findings: tuple[Finding, ...] = ()


def decode(data: bytes, claimed_charset: str) -> Decoded:
    """Read text that claims a charset ("" when it claims none); an unreadable place becomes U+FFFD."""
    claimed = canonical(claimed_charset)
    if claimed == "utf-7" and b"+" not in data:
        claimed = "us-ascii"  # nothing is encoded: what Exchange writes in its reports
    if b"\x1b" in data and claimed not in _ESC_IS_THEIRS and ESCAPE_TO_JAPANESE.search(data):
        reading = read_iso_2022_jp(data)
    elif data.isascii() and claimed in _READ_ASCII_AS_ASCII:
        reading = Reading(data.decode("ascii"), claimed if claimed in CODECS else "us-ascii")
    elif claimed in (UNLABELLED, UNKNOWN, "us-ascii"):
        reading = read_by_content(data)
    else:
        reading = _read_as_claimed(data, claimed)
    return _decoded(reading, claimed, claimed_charset)


_READ_ASCII_AS_ASCII: Final = frozenset(
    {UNLABELLED, UNKNOWN, "us-ascii", "utf-8", "shift_jis", "euc-jp", "windows-1252"}
)


def _read_as_claimed(data: bytes, claimed: str) -> Reading:
    if claimed == "iso-2022-jp" and not data.isascii() and not ESCAPE_TO_JAPANESE.search(data):
        return read_by_content(data)  # 8-bit bytes and no designation: it is anything but that
    reading = _read_strictly(data, claimed)
    if reading.unreadable:
        return _believe_or_not(data, reading)
    if claimed == "shift_jis":
        return better_than_shift_jis(reading, data) or reading
    if claimed == "windows-1252":
        return better_than_western(data) or reading
    return reading


def _read_strictly(data: bytes, claimed: str) -> Reading:
    """The reading in the claimed charset, with U+FFFD counted where it fails."""
    if claimed in _JAPANESE_READERS:
        return _JAPANESE_READERS[claimed](data)
    if claimed == "utf-16" and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _read_unmarked_utf_16(data)
    codec = CODECS[claimed]
    try:
        return Reading(data.decode(codec).removeprefix("\ufeff"), claimed)
    except UnicodeDecodeError:
        text = data.decode(codec, "replace").removeprefix("\ufeff")
        return Reading(text, claimed, max(1, text.count(REPLACEMENT)))


def _read_unmarked_utf_16(data: bytes) -> Reading:
    """UTF-16 without a mark is big-endian by RFC 2781 section 4.3 and little-endian in life: more zero bytes tell."""
    little = data[1::2].count(0) >= data[0::2].count(0)
    return _read_strictly(data, "utf-16le" if little else "utf-16be")


def _believe_or_not(data: bytes, claimed: Reading) -> Reading:
    """Few defects: the claim stands. Many: what the content says, unless that is no better."""
    not_ascii = len(claimed.text) - len(claimed.text.encode("ascii", "ignore"))
    if claimed.charset == "iso-2022-jp" or claimed.unreadable * _TOLERATED_SHARE <= not_ascii:
        return claimed
    unicode = read_unicode(data)
    if unicode is not None:
        return unicode
    guessed = read_by_content(data)
    return guessed if guessed.unreadable < claimed.unreadable else claimed


def _decoded(reading: Reading, claimed: str, label: str) -> Decoded:
    if reading.charset == claimed and claimed != "utf-7" and not _has_defects(reading):
        return Decoded(reading.text, reading.charset)
    text = reading.text if reading.text.isascii() else _SURROGATES.sub(REPLACEMENT, reading.text)
    return Decoded(text, reading.charset, (*_label_findings(reading, claimed, label), *_defect_findings(reading)))


def _has_defects(reading: Reading) -> bool:
    return bool(reading.unreadable or reading.user_defined or reading.bogus_escapes or reading.eight_bit)


def _label_findings(reading: Reading, claimed: str, label: str) -> tuple[Finding, ...]:
    shown = _NOT_SHOWABLE.sub("?", label[:60])
    if claimed == UNKNOWN:
        return (_noted(Threat.TYPE_MISMATCH, f"unknown charset {shown!r}, read as {reading.charset}"),)
    if claimed == "utf-7":
        return (Finding(Threat.DECEPTION, Severity.WARNING, Action.REWRITTEN, _WHERE, "UTF-7, a disguise for markup"),)
    if claimed != UNLABELLED and claimed.removesuffix("le").removesuffix("be") not in reading.charset:
        return (_noted(Threat.TYPE_MISMATCH, f"declared {shown}, read as {reading.charset}"),)
    return ()


def _defect_findings(reading: Reading) -> list[Finding]:
    findings = []
    if reading.unreadable:
        detail = f"{reading.unreadable} places that {reading.charset} cannot read"
        findings.append(Finding(Threat.MALFORMED, Severity.NOTE, Action.REPLACED, _WHERE, detail))
    if reading.user_defined:
        detail = f"{reading.user_defined} user-defined characters (外字) shown as 〓"
        findings.append(Finding(Threat.UNSUPPORTED, Severity.NOTE, Action.REPLACED, _WHERE, detail))
    if reading.bogus_escapes:
        detail = f"{reading.bogus_escapes} meaningless escape sequences"
        findings.append(Finding(Threat.MALFORMED, Severity.NOTE, Action.REMOVED, _WHERE, detail))
    if reading.eight_bit:
        findings.append(_noted(Threat.TYPE_MISMATCH, f"8-bit bytes in {reading.charset}, a 7-bit charset"))
    return findings


def _noted(threat: Threat, detail: str) -> Finding:
    return Finding(threat, Severity.NOTE, Action.NOTED, _WHERE, detail)
