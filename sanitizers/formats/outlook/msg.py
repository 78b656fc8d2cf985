"""MSG files ([MS-OXMSG]): an OLE2 file in which each storage is a message, a recipient or an attachment."""

import io
import re
import struct
from typing import Final

import olefile

from sanitizers.budget import BudgetMeter
from sanitizers.formats.outlook.gathering import file_of, gathered
from sanitizers.formats.outlook.message import DAMAGED, Attachment, Message, See
from sanitizers.formats.outlook.properties import FIXED, VARIABLE, Properties, unsigned
from sanitizers.model import CannotSanitize, Threat

# What olefile raises for files that are none, and what our own reading of lengths does.
UNREADABLE: Final = (OSError, ValueError, IndexError, KeyError, TypeError, AttributeError, struct.error)
MOST_ENTRIES: Final = 20_000  # streams and storages
_PROPERTIES: Final = "__properties_version1.0"
_NAMES: Final = "__nameid_version1.0"
_STREAM: Final = re.compile(r"__substg1\.0_([0-9A-F]{4})([0-9A-F]{4})\Z", re.IGNORECASE)
_RECIPIENT: Final = re.compile(r"__recip_version1\.0_#[0-9A-F]{8}\Z", re.IGNORECASE)
_ATTACHMENT: Final = re.compile(r"__attach_version1\.0_#[0-9A-F]{8}\Z", re.IGNORECASE)
_EMBEDDED: Final = "__substg1.0_3701000D"
_HEADERS: Final = {"": 32, "embedded": 24, "child": 8}  # octets before the properties ([MS-OXMSG] 2.4.1)
# PidTagAttachMethod ([MS-OXCMSG] 2.2.2.9).
_MESSAGE: Final = 5
_KNOWN_GROUPS: Final = {1: "2803020000000000c000000000000046", 2: "2903020000000000c000000000000046"}

Path = tuple[str, ...]


def read_msg(data: bytes, budget: BudgetMeter, see: See) -> Message:
    """The message; raises CannotSanitize when it is none, or too deep."""
    try:
        reader = _Reader(data, budget, see)
        if reader.is_damaged:
            see(DAMAGED)
        return reader.message((), "")
    except UNREADABLE as error:
        raise CannotSanitize(Threat.MALFORMED, "an Outlook message that cannot be read") from error


class _Reader:
    def __init__(self, data: bytes, budget: BudgetMeter, see: See) -> None:
        self._ole = olefile.OleFileIO(io.BytesIO(data))
        self._budget = budget
        self._see = see
        self.is_damaged = bool(self._ole.parsing_issues)
        self._room = len(data)  #: streams lie side by side: together they cannot be longer than the file
        self._children: dict[Path, list[str]] = {}
        paths = self._ole.listdir(streams=True, storages=True)
        if len(paths) > MOST_ENTRIES:
            raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {MOST_ENTRIES} streams in an Outlook message")
        for path in paths:
            self._children.setdefault(tuple(path[:-1]), []).append(path[-1])
        self._names = self._named_properties()

    def message(self, path: Path, kind: str) -> Message:
        """The message in this storage."""
        with self._budget.deeper():
            found = self._properties(path, kind, 0)
            page = found.code_page
            here = self._children.get(path, [])
            recipients = [self._properties((*path, name), "child", page) for name in here if _RECIPIENT.match(name)]
            attachments = [self._attachment((*path, name), page) for name in here if _ATTACHMENT.match(name)]
            return gathered(found, recipients, tuple(attachments), self._see)

    def _read(self, path: Path) -> bytes:
        data = bytes(self._ole.openstream(list(path)).read())
        self._room -= len(data)
        if self._room < 0:
            raise CannotSanitize(Threat.MALFORMED, "an Outlook message whose parts lie on one another")
        return data

    def _properties(self, path: Path, kind: str, code_page: int) -> Properties:
        found = Properties(code_page)
        here = self._children.get(path, [])
        if _PROPERTIES in here:
            self._fixed(found, self._read((*path, _PROPERTIES)), _HEADERS[kind])
        for name in here:
            stream = _STREAM.match(name)
            if stream is None or self._ole.get_type([*path, name]) != olefile.STGTY_STREAM:
                continue
            identifier, value_kind = int(stream[1], 16), int(stream[2], 16)
            if value_kind in VARIABLE:
                found.set(identifier, value_kind, self._read((*path, name)))
        for named, identifier in self._names.items() if kind != "child" else ():
            found.name(named, identifier)
        return found

    @staticmethod
    def _fixed(found: Properties, stream: bytes, start: int) -> None:
        for place in range(start, len(stream) - 15, 16):
            kind, identifier = struct.unpack_from("<HH", stream, place)
            if kind in FIXED:
                found.set(identifier, kind, stream[place + 8 : place + 16])

    def _attachment(self, path: Path, code_page: int) -> Attachment:
        self._budget.check_room(parts=1)
        found = self._properties(path, "child", code_page)
        inside = (*path, _EMBEDDED)
        if found.number(0x3705) == _MESSAGE and inside in self._children:
            message = self.message(inside, "embedded")
            return Attachment(found.text(0x3001, 0x3707, 0x3704) or message.subject, "message/rfc822", message=message)
        return file_of(found, found.data(0x3701), self._see)

    def _named_properties(self) -> dict[tuple[str, int | str], int]:
        """[MS-OXMSG] 2.2.3: which identifier each named property has in this file."""
        if _NAMES not in self._children.get((), []):
            return {}
        groups, entries, strings = (
            self._read((_NAMES, f"__substg1.0_{number}0102"))
            if f"__substg1.0_{number}0102" in self._children.get((_NAMES,), [])
            else b""
            for number in ("0002", "0003", "0004")
        )
        names: dict[tuple[str, int | str], int] = {}
        for place in range(0, min(len(entries), 8 * MOST_ENTRIES) - 7, 8):
            which, index_and_kind, number = struct.unpack_from("<IHH", entries, place)
            index = index_and_kind >> 1
            group = _KNOWN_GROUPS.get(index) or groups[(index - 3) * 16 : (index - 2) * 16].hex()
            name: int | str = which
            if index_and_kind & 1:
                length = unsigned(strings, which, 4)
                name = strings[which + 4 : which + 4 + length].decode("utf-16-le", "replace")
            names.setdefault((group, name), 0x8000 + number)
        return names
