"""TNEF ([MS-OXTNEF]): a message of Outlook packed as an attachment, mostly named winmail.dat."""

import struct
from datetime import UTC, datetime
from typing import Final

from sanitizers.budget import BudgetMeter
from sanitizers.charsets import decode
from sanitizers.formats.outlook.gathering import file_of, gathered
from sanitizers.formats.outlook.message import CUT_SHORT, Attachment, Message, See
from sanitizers.formats.outlook.properties import (
    FIXED,
    SEVERAL,
    STRING8,
    TIME,
    VARIABLE,
    Properties,
    charset_of,
    unsigned,
)
from sanitizers.model import CannotSanitize, Threat

SIGNATURE: Final = b"\x78\x9f\x3e\x22"
MOST_ATTRIBUTES: Final = 10_000
MOST_PROPERTIES: Final = 5_000  # of one object
MOST_VALUES: Final = 10_000  # of one property
_HEADER: Final = 6  # signature and key
_ATTRIBUTE: Final = struct.Struct("<BII")
# Attributes ([MS-OXTNEF] 2.1.3.2): identifier and kind in one number.
_MESSAGE_CLASS: Final = 0x00078008
_SUBJECT: Final = 0x00018004
_BODY: Final = 0x0002800C
_CODE_PAGE: Final = 0x00069007
_FROM: Final = 0x00008000
_SENT: Final = 0x00038005
_MESSAGE_PROPERTIES: Final = 0x00069003
_RECIPIENTS: Final = 0x00069004
_BEGINS_ATTACHMENT: Final = 0x00069002
_ATTACHMENT_DATA: Final = 0x0006800F
_ATTACHMENT_TITLE: Final = 0x00018010
_ATTACHMENT_PROPERTIES: Final = 0x00069005
_AS_TEXT: Final = {_MESSAGE_CLASS: 0x001A, _SUBJECT: 0x0037}
_OF_ATTACHMENTS: Final = frozenset({_ATTACHMENT_DATA, _ATTACHMENT_TITLE, _ATTACHMENT_PROPERTIES})
_INTERFACE_OF_MESSAGES: Final = bytes.fromhex("0703020000000000c000000000000046")  # IID_IMessage, before the inner TNEF


def read_tnef(data: bytes, budget: BudgetMeter, see: See) -> Message:
    """The message; raises CannotSanitize when nothing of it can be read, or it is too deep."""
    with budget.deeper():
        reader = _Reader(budget, see)
        try:
            reader.read(data)
        except struct.error:
            see(CUT_SHORT)
        if not reader.attributes:
            raise CannotSanitize(Threat.MALFORMED, "TNEF that cannot be read")
        return reader.message()


class _Reader:
    def __init__(self, budget: BudgetMeter, see: See) -> None:
        self.attributes = 0
        self._budget = budget
        self._see = see
        self._found = Properties()
        self._body = b""
        self._code_page = 0
        self._recipients: list[Properties] = []
        self._attachments: list[tuple[Properties, bytes]] = []

    def read(self, data: bytes) -> None:
        """Attribute by attribute; raises struct.error where a length lies."""
        if not data.startswith(SIGNATURE):
            return
        place = _HEADER
        while place + _ATTRIBUTE.size <= len(data):
            _, identifier, length = _ATTRIBUTE.unpack_from(data, place)
            place += _ATTRIBUTE.size
            if place + length > len(data):
                raise struct.error("an attribute that ends behind the file")
            self.attributes += 1
            if self.attributes > MOST_ATTRIBUTES:
                raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {MOST_ATTRIBUTES} attributes in TNEF")
            self._attribute(identifier, data[place : place + length])
            place += length + 2  # a check sum
        if data[place:].strip(b"\0\r\n"):
            raise struct.error("an attribute that was cut")

    def _attribute(self, identifier: int, value: bytes) -> None:
        if self._attachments and identifier in _OF_ATTACHMENTS:
            self._of_attachment(identifier, value)
        elif identifier == _BEGINS_ATTACHMENT:
            self._budget.check_room(parts=len(self._attachments) + 1)
            self._attachments.append((Properties(self._code_page), b""))
        elif identifier == _CODE_PAGE:
            self._code_page = unsigned(value, 0, 4)
            self._found = _with_code_page(self._found, self._code_page)
        elif identifier == _BODY:
            self._body = value
        elif identifier == _MESSAGE_PROPERTIES:
            _Values(value).read_into(self._found)
        elif identifier == _RECIPIENTS:
            self._read_recipients(value)
        else:
            self._old_attribute(identifier, value)

    def _of_attachment(self, identifier: int, value: bytes) -> None:
        found, _ = self._attachments[-1]
        if identifier == _ATTACHMENT_DATA:
            self._attachments[-1] = (found, value)
        elif identifier == _ATTACHMENT_PROPERTIES:
            _Values(value).read_into(found)
        else:
            found.set(0x3704, STRING8, value)

    def _old_attribute(self, identifier: int, value: bytes) -> None:
        """What newer programs say in properties."""
        if identifier == _SENT:
            self._found.set(0x0039, TIME, _filetime(value))
        elif identifier == _FROM:
            self._sender(value)
        elif identifier in _AS_TEXT:
            self._found.set(_AS_TEXT[identifier], STRING8, value)

    def _sender(self, value: bytes) -> None:
        """A name and an address as "SMTP:a@example.jp" ([MS-OXTNEF] 2.1.3.3.5)."""
        name, address = unsigned(value, 4, 2), unsigned(value, 6, 2)
        self._found.set(0x0C1A, STRING8, value[8 : 8 + name])
        self._found.set(0x0C1F, STRING8, value[8 + name : 8 + name + address].rpartition(b":")[2])

    def _read_recipients(self, value: bytes) -> None:
        values = _Values(value)
        for _ in range(min(values.number(), MOST_PROPERTIES)):
            recipient = Properties(self._code_page)
            values.read_into(recipient)
            self._recipients.append(recipient)

    def message(self) -> Message:
        """All that was read."""
        files = tuple(self._attachment(found, data) for found, data in self._attachments)
        text = decode(self._body.rstrip(b"\0"), charset_of(self._found.code_page)).text if self._body else ""
        return gathered(self._found, self._recipients, files, self._see, text)

    def _attachment(self, found: Properties, data: bytes) -> Attachment:
        within = found.data(0x3701)
        if within.startswith(_INTERFACE_OF_MESSAGES + SIGNATURE):
            message = read_tnef(within[len(_INTERFACE_OF_MESSAGES) :], self._budget, self._see)
            return Attachment(found.text(0x3001, 0x3704) or message.subject, "message/rfc822", message=message)
        return file_of(found, data or within, self._see)


def _with_code_page(found: Properties, code_page: int) -> Properties:
    """What was read so far, with the code page that its 8-bit text is in."""
    again = Properties(code_page)
    again.take(found)
    return again


def _filetime(value: bytes) -> bytes:
    """From year, month, day, hour, minute and second ([MS-OXTNEF] 2.1.3.3.2); zeros where these are none."""
    fields = [unsigned(value, place, 2) for place in range(0, 12, 2)]
    try:
        year, month, day, hour, minute, second = fields
        since = datetime(year, month, day, hour, minute, second, tzinfo=UTC) - datetime(1601, 1, 1, tzinfo=UTC)
    except ValueError:
        return bytes(8)
    return max(0, int(since.total_seconds()) * 10_000_000).to_bytes(8, "little")


class _Values:
    """Property values one after the other ([MS-OXTNEF] 2.1.3.4); every length is checked."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    def number(self) -> int:
        """Four octets."""
        self._place += 4
        return unsigned(self._data, self._place - 4, 4)

    def read_into(self, found: Properties) -> None:
        """Raises struct.error where a length lies, CannotSanitize for far too many."""
        count = self.number()
        if count > MOST_PROPERTIES:
            raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {MOST_PROPERTIES} properties in TNEF")
        for _ in range(count):
            tag = self.number()
            kind, identifier = tag & 0xFFFF, tag >> 16
            if identifier >= 0x8000:
                found.name(self._name(), identifier)
            value = self._value(kind)
            found.set(identifier, kind, value)

    def _name(self) -> tuple[str, int | str]:
        group = self._octets(16).hex()
        if self.number() == 0:
            return group, self.number()
        return group, self._padded(self.number()).decode("utf-16-le", "replace").rstrip("\0")

    def _value(self, kind: int) -> bytes:
        """The first value, where there are several."""
        base = kind & ~SEVERAL
        count = self.number() if kind & SEVERAL or base in VARIABLE else 1
        if count > MOST_VALUES:
            raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {MOST_VALUES} values in TNEF")
        values = [self._padded(self.number() if base in VARIABLE else FIXED.get(base, 4)) for _ in range(count)]
        return values[0] if values else b""

    def _padded(self, length: int) -> bytes:
        value = self._octets(length)
        self._place += -length % 4
        return value

    def _octets(self, length: int) -> bytes:
        start, self._place = self._place, self._place + length
        if self._place > len(self._data):
            raise struct.error("a value that ends behind its attribute")
        return self._data[start : self._place]
