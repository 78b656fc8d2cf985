"""Reads a ZIP file so that no other reader sees another content: what can be understood in two ways is refused."""

import unicodedata
import zlib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from sanitizers.budget import MEBIBYTE, BudgetMeter
from sanitizers.model import CannotSanitize, Threat
from sanitizers.zipped.records import Central, End, Local, directory, end_of, local_of, malformed

MOST_MEMBERS: Final = 20_000

_ENCRYPTED: Final = 0x0001 | 0x0040 | 0x2000  # APPNOTE 4.4.4: bits 0, 6, 13
_PATCH: Final = 0x0020
_STREAMED: Final = 0x0008  # sizes stand behind the data
_UTF_8: Final = 0x0800
_STORED: Final = 0
_DEFLATED: Final = 8
_LONGEST_DESCRIPTOR: Final = 24  # APPNOTE 4.3.9, with sign and Zip64
_CHUNK: Final = 262_144
_LONGEST_NAME: Final = 1_000  # bytes


class Anomaly(StrEnum):
    """What a usual program does not write, and what a new file does not have."""

    BEFORE = "bytes before the first member of the ZIP file"
    BETWEEN = "bytes between the members of the ZIP file, which its directory does not name"
    HIDDEN = "a member that the directory of the ZIP file does not name"
    BEHIND = "bytes behind the end of the ZIP file"
    COMMENT = "a comment on the ZIP file"
    BACKSLASH = "member names with backslashes"
    ROOTED = "member names that begin at the root"


class Member(NamedTuple):
    """One member: where it is and what it must be, local header and directory agreeing."""

    name: str  #: forward slashes, none at the beginning
    method: int
    crc: int
    packed: int  #: bytes in the file
    size: int  #: bytes when unpacked, as both records claim
    start: int  #: of its data
    attributes: int  #: external attributes, as the directory has them

    @property
    def is_folder(self) -> bool:
        """An entry for a folder holds nothing."""
        return self.name.endswith("/")


class Zipped:
    """A ZIP file whose directory and headers were checked; members are unpacked one by one."""

    def __init__(self, data: bytes, members: Sequence[Member], anomalies: frozenset[Anomaly]) -> None:
        self._data = data
        self.members = tuple(members)  #: in the order of the directory
        self.anomalies = anomalies
        self.by_name: Mapping[str, Member] = {each.name: each for each in members}

    def read(self, member: Member, meter: BudgetMeter) -> bytes:
        """Its content, bounded as it grows; whoever keeps it counts it. CannotSanitize: it is not what is claimed."""
        packed = self._data[member.start : member.start + member.packed]
        if member.method == _STORED:
            content = packed
        elif member.method == _DEFLATED:
            content = _inflated(packed, member.size, meter)
        else:
            raise CannotSanitize(
                Threat.UNSUPPORTED, f"a ZIP file with a compression that is not opened: {member.method}"
            )
        if len(content) != member.size or zlib.crc32(content) != member.crc:
            raise malformed("with a member that is damaged")
        return content


def opened(data: bytes) -> Zipped:
    """Check the whole structure; nothing is unpacked yet. CannotSanitize: two readers could see two contents."""
    end = end_of(data)
    entries = directory(data, end, MOST_MEMBERS)
    locals_ = [_checked(data, entry, end) for entry in entries]
    anomalies = places(data, end, entries, locals_)
    members: list[Member] = []
    names: set[str] = set()
    for entry, local in zip(entries, locals_, strict=True):
        name, odd = _name(entry)
        anomalies |= odd
        folded = unicodedata.normalize("NFC", name).casefold()
        if folded in names:
            raise malformed("with two members of the same name")
        names.add(folded)
        members.append(Member(name, entry.method, entry.crc, entry.packed, entry.size, local.start, entry.attributes))
    return Zipped(data, members, frozenset(anomalies))


def _checked(data: bytes, entry: Central, end: End) -> Local:
    """The local header, which must say the same as the directory."""
    if entry.flags & _ENCRYPTED:
        raise CannotSanitize(Threat.ENCRYPTED, "a ZIP file with encrypted members")
    local = local_of(data, entry.local, end.start)
    same = (
        local.name == entry.name
        and local.method == entry.method
        and not (local.flags | entry.flags) & _PATCH
        and not local.flags & _ENCRYPTED
    )
    claims = ((local.crc, entry.crc), (local.packed, entry.packed), (local.size, entry.size))
    streamed = bool(local.flags & _STREAMED)
    if not same or not all(here == there or (streamed and here == 0) for here, there in claims):
        raise malformed("whose directory and members disagree")
    return local


def places(data: bytes, end: End, entries: Sequence[Central], locals_: Sequence[Local]) -> set[Anomaly]:
    """What lies around the members. CannotSanitize: two share a byte, or one does with the directory."""
    spans = sorted(
        (entry.local, local.start + entry.packed, bool(local.flags & _STREAMED))
        for entry, local in zip(entries, locals_, strict=True)
    )
    anomalies: set[Anomaly] = set()
    at, spare = 0, 0
    for number, (start, stop, streamed) in enumerate((*spans, (end.start, end.start, False))):
        if start < at:
            raise malformed("whose members overlap")
        if start - at > spare:
            anomalies.add(Anomaly.BETWEEN if number else Anomaly.BEFORE)
            if data.find(b"PK\x03\x04", at, start) >= 0:
                anomalies.add(Anomaly.HIDDEN)
        at, spare = stop, _LONGEST_DESCRIPTOR if streamed else 0
    if end.after < len(data):
        anomalies.add(Anomaly.BEHIND)
    if end.comment:
        anomalies.add(Anomaly.COMMENT)
    return anomalies


def _name(entry: Central) -> tuple[str, set[Anomaly]]:
    """Decoded, with forward slashes. CannotSanitize: a name that leads elsewhere or that no file has."""
    raw = entry.name
    if not raw or len(raw) > _LONGEST_NAME:
        raise malformed("with a member without a proper name")
    name = _decoded(raw, bool(entry.flags & _UTF_8))
    anomalies: set[Anomaly] = set()
    if "\\" in name:
        anomalies.add(Anomaly.BACKSLASH)
        name = name.replace("\\", "/")
    if name.startswith("/"):
        anomalies.add(Anomaly.ROOTED)
        name = name.lstrip("/")
    steps = name.removesuffix("/").split("/")
    if not all(steps) or not {".", ".."}.isdisjoint(steps) or name[1:2] == ":":
        raise malformed("with a member whose name leads elsewhere")
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in name if not character.isalnum()):
        raise malformed("with control characters in a member's name")
    return name, anomalies


def _decoded(raw: bytes, says_utf_8: bool) -> str:
    """UTF-8 where it says so or where it fits, else as Japanese Windows writes names, else as DOS did (APPNOTE D)."""
    for charset in ("utf-8",) if says_utf_8 else ("utf-8", "cp932", "cp437"):
        try:
            return raw.decode(charset)
        except UnicodeDecodeError:
            continue
    raise malformed("with a member without a proper name")


def _inflated(packed: bytes, claimed: int, meter: BudgetMeter) -> bytes:
    """At most one byte more than is claimed, and never more than the budget, whatever is claimed."""
    stream = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    pieces: list[bytes] = []
    size, rest = 0, packed
    try:
        while not stream.eof and size <= claimed:
            piece = stream.decompress(rest, min(claimed + 1 - size, MEBIBYTE if not pieces else _CHUNK))
            rest = stream.unconsumed_tail
            size += len(piece)
            meter.check_expansion(len(packed), size)
            meter.check_room(size=size)
            pieces.append(piece)
            if not piece and not rest:
                break
    except zlib.error as damage:
        raise malformed("with a member that is damaged") from damage
    if not stream.eof or stream.unused_data:
        raise malformed("with a member that is damaged")
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
