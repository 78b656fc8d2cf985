"""From MAPI properties to a message: the same for MSG and TNEF ([MS-OXOMSG], [MS-OXOABK])."""

import re
import struct
from collections.abc import Iterable
from email.utils import format_datetime, parsedate_to_datetime
from typing import Final

import compressed_rtf

from sanitizers.formats.outlook.checksum import checksum
from sanitizers.formats.outlook.details import details_of
from sanitizers.formats.outlook.message import (
    BAD_RTF,
    HIDDEN,
    LINKED,
    OBJECT,
    OBJECT_DATA,
    OBJECT_IN_RTF,
    Attachment,
    Message,
    Person,
    See,
)
from sanitizers.formats.outlook.properties import Properties
from sanitizers.formats.outlook.rtf import read_rtf

LONGEST_RTF: Final = 4_194_304  # octets, packed: it grows at most seventeen times
_KINDS_OF_RECIPIENTS: Final = {1: "to", 2: "cc"}  # 3 is blind copies, which no mail shows
_TRANSPORT_DATE: Final = re.compile(r"^Date:[ \t]*([^\r\n]{10,60})", re.MULTILINE | re.IGNORECASE)
_RTF_HEADER: Final = 16
# PidTagAttachMethod ([MS-OXCMSG] 2.2.2.9).
_OLE: Final = 6
_BY_REFERENCE: Final = frozenset({2, 3, 4, 7})


def gathered(
    found: Properties, recipients: Iterable[Properties], attachments: tuple[Attachment, ...], see: See, text: str = ""
) -> Message:
    """The message that these properties are; `text`: its body where that was given otherwise."""
    people = [(_KINDS_OF_RECIPIENTS.get(each.number(0x0C15)), _recipient(each)) for each in recipients]
    body, html, charset = found.text(0x1000) or text, found.data(0x1013), found.html_charset
    if not html and 0x1013 in found:
        html, charset = found.text(0x1013).encode("utf-8", "replace"), "utf-8"
    if not html and (packed := found.data(0x1009)):
        body, html, charset = _from_rtf(packed, body, found.code_page, see)
    return Message(
        kind=found.text(0x001A),
        subject=found.text(0x0037, 0x0E1D, 0x0070, 0x3001),
        sender=_person(found, (0x0C1A,), (0x5D01, 0x5D0A), (0x0C1F,)),
        author=_person(found, (0x0042,), (0x5D02, 0x5D0B), (0x0065,)),
        to=tuple(person for kind, person in people if kind == "to"),
        cc=tuple(person for kind, person in people if kind == "cc"),
        date=_date(found),
        message_id=found.text(0x1035),
        in_reply_to=found.text(0x1042),
        references=found.text(0x1039),
        details=details_of(found),
        text=body,
        html=html,
        html_charset=charset,
        attachments=attachments,
    )


def _from_rtf(packed: bytes, body: str, code_page: int, see: See) -> tuple[str, bytes, str]:
    """Text, HTML and its charset, out of a compressed RTF body ([MS-OXRTFCP])."""
    unpacked = _unpacked(packed)
    if unpacked is None:
        see(BAD_RTF)
        return body, b"", ""
    rtf = read_rtf(unpacked, code_page)
    if rtf.has_objects:
        see(OBJECT_IN_RTF)
    if rtf.html:
        return body, rtf.html.encode("utf-8", "replace"), "utf-8"
    return body or rtf.text, b"", ""


def _unpacked(packed: bytes) -> bytes | None:
    """None for what is damaged or far too much; the library checks nothing before it works."""
    if not _RTF_HEADER < len(packed) <= LONGEST_RTF:
        return None
    size, _, kind, expected = struct.unpack_from("<II4sI", packed)
    content = packed[_RTF_HEADER : max(_RTF_HEADER, size + 4)]
    if not (kind == b"LZFu" and checksum(content) == expected) and not (kind == b"MELA" and expected == 0):
        return None
    try:
        return bytes(compressed_rtf.decompress(packed))
    except struct.error:  # cut in the middle of a reference
        return None


def _person(found: Properties, names: tuple[int, ...], smtp: tuple[int, ...], others: tuple[int, ...]) -> Person | None:
    address = next((text for text in map(found.text, (*smtp, *others)) if "@" in text), "")
    name = found.text(*names)
    return Person(name, address) if name or address else None


def _recipient(found: Properties) -> Person:
    return _person(found, (0x3001, 0x5FF6), (0x39FE,), (0x3003, 0x403E)) or Person("", "")


def _date(found: Properties) -> str:
    """As the sender's program wrote it, with its zone; else in UTC."""
    written = _TRANSPORT_DATE.search(found.text(0x007D))
    if written:
        try:
            return format_datetime(parsedate_to_datetime(written[1].strip()))
        except (ValueError, TypeError, IndexError, OverflowError):
            pass
    times = (found.time(each) for each in (0x0039, 0x0E06, 0x3007, 0x3008))
    return next((format_datetime(time) for time in times if time is not None), "")


def file_of(found: Properties, data: bytes, see: See) -> Attachment:
    """An attachment from its properties: what is not in the file itself has no data, and is reported."""
    name, kind, method = found.text(0x3707, 0x3704, 0x3001), found.text(0x370E), found.number(0x3705)
    if method == _OLE:
        see(OBJECT)
        return Attachment(name, "", OBJECT_DATA)
    if method in _BY_REFERENCE and not data:
        see(LINKED)
        return Attachment(name, "", is_elsewhere=True)
    content_id = found.text(0x3712).strip("<> ")
    is_hidden = bool(found.number(0x7FFE)) or bool(found.number(0x3714) & 4)
    if is_hidden and not content_id and not kind.lower().startswith("image/"):
        see(HIDDEN)
    return Attachment(name, kind, data, content_id=content_id)
