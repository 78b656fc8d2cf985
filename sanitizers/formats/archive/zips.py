"""Reads any ZIP file by its directory, and tells where its members and what lies around them say something else."""

import unicodedata
import zlib
from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import Final

from sanitizers.budget import BudgetMeter, OverBudget
from sanitizers.formats.archive.members import Kind, Member, dos_moment, gathered, unspent
from sanitizers.formats.archive.names import Charset, Written, charset_of, decoded, shown_path
from sanitizers.formats.archive.packings import pieces
from sanitizers.formats.archive.ziplocks import unlocked
from sanitizers.model import Action, CannotSanitize, Finding, Locked, Severity, Threat
from sanitizers.passwords import OPENED, Passwords
from sanitizers.zipped.reading import MOST_MEMBERS, Anomaly, places
from sanitizers.zipped.records import Central, End, Local, directory, end_of, extra_field, local_of, malformed

_ENCRYPTED: Final = 0x0001
_STRONG: Final = 0x0040 | 0x2000  # APPNOTE 4.4.4: PKWARE's own encryption, and that of the directory
_PATCH: Final = 0x0020
_STREAMED: Final = 0x0008
_UTF_8: Final = 0x0800
_UNICODE_PATH: Final = 0x7075  # APPNOTE 4.6.9
_WINDOWS: Final = frozenset({0, 6, 10, 11, 14})  # 4.4.2: FAT, HPFS, NTFS, MVS, VFAT
_UNIX: Final = frozenset({3, 19})  # and OS X
_FOLDER_ATTRIBUTE: Final = 0x10
_FORMAT, _REGULAR, _FOLDER, _LINK = 0o170000, 0o100000, 0o040000, 0o120000  # <sys/stat.h>
_LONGEST_NAME: Final = 65_535
_SERIOUS: Final = {
    Anomaly.BEFORE: Severity.WARNING,
    Anomaly.BETWEEN: Severity.WARNING,
    Anomaly.BEHIND: Severity.WARNING,
    Anomaly.HIDDEN: Severity.DANGER,
    Anomaly.COMMENT: Severity.NOTE,
}
_END: Final = b"PK\x05\x06"


class ZipBox:
    """A ZIP file whose directory was checked. CannotSanitize: what is in it depends on who reads it."""

    def __init__(self, data: bytes, meter: BudgetMeter, passwords: Passwords) -> None:
        self.findings: list[Finding] = []
        self._meter = meter
        self._given = 0  #: bytes that came out so far
        self._passwords = passwords
        self._fitting: list[str] = []  #: passwords that opened a member
        self._data = _from_its_start(data, self.findings)
        end = end_of(self._data)
        self._entries = directory(self._data, end, MOST_MEMBERS)
        self._locals = [local_of(self._data, entry.local, end.start) for entry in self._entries]
        self._check_places(end)
        self._charset = _charset(self._entries)
        if any(entry.comment for entry in self._entries):
            self.findings.append(_removed(Threat.METADATA, Severity.NOTE, "comments on members of the ZIP file"))

    def _check_places(self, end: End) -> None:
        for anomaly in sorted(places(self._data, end, self._entries, self._locals)):
            threat = Threat.METADATA if anomaly is Anomaly.COMMENT else Threat.HIDDEN_CONTENT
            finding = _removed(threat, _SERIOUS[anomaly], anomaly.value)
            if finding not in self.findings:
                self.findings.append(finding)

    def members(self) -> Iterator[Member]:
        """See `Box.members`."""
        for entry, local in zip(self._entries, self._locals, strict=True):
            name = self._name(entry)
            kind = _kind(entry, name)
            yield Member(
                name,
                kind,
                partial(self._read, entry, local),
                dos_moment(entry.date, entry.time),
                refusal=_disagreement(entry, local) if kind is Kind.FILE else None,
            )
            if kind is Kind.FOLDER and entry.size:
                self.findings.append(_removed(Threat.HIDDEN_CONTENT, Severity.WARNING, "content of a folder"))

    def _name(self, entry: Central) -> str:
        if entry.flags & _UTF_8:
            try:
                return entry.name.decode("utf-8")
            except UnicodeDecodeError:
                pass  # says so and is not: old programs of other systems
        name = decoded(entry.name, self._charset)
        field = extra_field(entry.extra, _UNICODE_PATH)
        if field[:1] != b"\x01" or len(field) < 6 or entry.flags & _UTF_8:
            return name
        if int.from_bytes(field[1:5], "little") != zlib.crc32(entry.name):
            return name  # 4.6.9: the name was changed after the field was written
        return self._second_name(name, field[5:])

    def _second_name(self, name: str, raw: bytes) -> str:
        """The Unicode name of a member; where it is another one, both are told."""
        try:
            second = raw.decode("utf-8")
        except UnicodeDecodeError:
            return name
        plain = unicodedata.normalize("NFKC", name).replace("\\", "/")
        if len(second) == len(name) or "?" in name or "_" in name or plain == unicodedata.normalize("NFKC", second):
            return second
        detail = f"a member with two names; the other one is {shown_path(name)}"
        self.findings.append(Finding(Threat.DECEPTION, Severity.WARNING, Action.REWRITTEN, shown_path(second), detail))
        return second

    def _read(self, entry: Central, local: Local) -> bytes:
        packed = self._data[local.start : local.start + entry.packed]
        if entry.flags & _STRONG:
            raise Locked("a ZIP file behind a password, in PKWARE's own way")
        if not entry.flags & _ENCRYPTED:
            return self._content(entry, entry.method, packed, checked=False)
        for attempt in unlocked(entry, packed, chain(self._fitting, self._passwords)):
            try:
                content = self._content(entry, attempt.method, attempt.packed, checked=attempt.checked)
            except OverBudget:
                raise
            except CannotSanitize as refusal:
                if refusal.threat is not Threat.MALFORMED:
                    raise
                continue  # one wrong password in 256 seems right
            self._opened_with(attempt.secret)
            return content
        raise Locked("a ZIP file behind a password")

    def _opened_with(self, secret: str) -> None:
        if secret in self._fitting:
            return
        self._fitting.append(secret)
        self._passwords.fits(secret)
        if OPENED not in self.findings:
            self.findings.append(OPENED)

    def _content(self, entry: Central, method: int, packed: bytes, *, checked: bool) -> bytes:
        size_in = max(len(packed), unspent(len(self._data), self._given, self._meter))
        content = gathered(pieces(method, packed, entry.size), self._meter, size_in)
        self._given += len(content)
        if len(content) != entry.size or (not checked and zlib.crc32(content) != entry.crc):
            raise malformed("with a member that is damaged")
        return content


def _from_its_start(data: bytes, findings: list[Finding]) -> bytes:
    """Without what stands in front where the directory counts from the first member (self-extracting files)."""
    place = data.rfind(_END, max(0, len(data) - 22 - 65_535))
    if place < 0 or place + 22 > len(data):
        return data
    size, start = (
        int.from_bytes(data[place + 12 : place + 16], "little"),
        int.from_bytes(data[place + 16 : place + 20], "little"),
    )
    before = place - size - start
    if before <= 0 or 0xFFFF_FFFF in {size, start} or not data.startswith(b"PK", before):
        return data
    findings.append(_removed(Threat.HIDDEN_CONTENT, Severity.WARNING, Anomaly.BEFORE.value))
    return data[before:]


def _removed(threat: Threat, severity: Severity, detail: str) -> Finding:
    return Finding(threat, severity, Action.REMOVED, "archive", detail)


def _charset(entries: list[Central]) -> Charset:
    names = [entry.name for entry in entries if not entry.flags & _UTF_8]
    windows = all(entry.system in _WINDOWS for entry in entries)
    return charset_of(names, Written.ON_WINDOWS if windows else Written.ELSEWHERE)


def _kind(entry: Central, name: str) -> Kind:
    mode = entry.attributes >> 16 & _FORMAT if entry.system in _UNIX else 0
    if mode == _LINK:
        return Kind.LINK
    if name.endswith(("/", "\\")) or (mode == _FOLDER and not entry.size):
        return Kind.FOLDER
    if not mode and entry.attributes & _FOLDER_ATTRIBUTE and not entry.size and entry.system in _WINDOWS:
        return Kind.FOLDER
    return Kind.FILE if mode in {0, _REGULAR, _FOLDER} else Kind.OTHER


def _disagreement(entry: Central, local: Local) -> CannotSanitize | None:
    """Why programs that go by the one and by the other would unpack two different members."""
    if local.name.replace(b"\\", b"/") != entry.name.replace(b"\\", b"/") or len(entry.name) > _LONGEST_NAME:
        return malformed("with a member whose name in front of it is another than in the directory")
    if local.method != entry.method or (local.flags ^ entry.flags) & _ENCRYPTED or (local.flags | entry.flags) & _PATCH:
        return malformed("with a member that is packed in another way than the directory says")
    claims: list[tuple[int, int]] = [(local.crc, entry.crc), (local.packed, entry.packed), (local.size, entry.size)]
    streamed = bool(local.flags & _STREAMED)
    if any(here != there and not (streamed and here == 0) for here, there in claims):
        return malformed("with a member whose size in front of it is another than in the directory")
    return None
