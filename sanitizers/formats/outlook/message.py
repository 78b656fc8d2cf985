"""What a message of Outlook holds, whichever way it was packed: MSG, a message within it, or TNEF."""

from collections.abc import Callable

import msgspec

from sanitizers.model import Action, Finding, Severity, Threat


class Person(msgspec.Struct, frozen=True):
    """Who: both untrusted; `address` is "" where only Exchange knew it."""

    name: str
    address: str


class Attachment(msgspec.Struct, frozen=True):
    """A file, or another message."""

    name: str
    type: str  #: claimed media type, "" for none
    data: bytes = b""
    message: "Message | None" = None
    content_id: str = ""
    is_elsewhere: bool = False  #: only a reference to a file


class Message(msgspec.Struct, frozen=True):
    """One message, decoded and untrusted."""

    kind: str = ""  #: PidTagMessageClass, e.g. IPM.Note
    subject: str = ""
    sender: Person | None = None  #: who sent it
    author: Person | None = None  #: in whose name
    to: tuple[Person, ...] = ()
    cc: tuple[Person, ...] = ()
    date: str = ""  #: as RFC 5322 writes it
    message_id: str = ""
    in_reply_to: str = ""
    references: str = ""
    details: str = ""  #: of an appointment, task or contact: its fields as lines
    text: str = ""
    html: bytes = b""
    html_charset: str = ""
    attachments: tuple[Attachment, ...] = ()


See = Callable[[Finding], None]  #: where a reader tells what it left behind

LINKED = Finding(
    Threat.EXTERNAL_REFERENCE,
    Severity.WARNING,
    Action.NOTED,
    "attachments",
    "an attachment that is only a reference to a file kept elsewhere: it is left out",
)
OBJECT = Finding(
    Threat.EMBEDDED_OBJECT, Severity.WARNING, Action.NOTED, "attachments", "an embedded object (OLE): it is left out"
)
OBJECT_DATA = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)  #: stands for an object, which is never carried
OBJECT_IN_RTF = Finding(
    Threat.EMBEDDED_OBJECT, Severity.WARNING, Action.REMOVED, "text", "the data of an embedded object in an RTF text"
)
HIDDEN = Finding(
    Threat.HIDDEN_CONTENT,
    Severity.NOTE,
    Action.REWRITTEN,
    "attachments",
    "a hidden attachment goes on as one to be seen",
)
CUT_SHORT = Finding(
    Threat.MALFORMED, Severity.WARNING, Action.REMOVED, "file", "lengths that lie: what stood behind them was left out"
)
DAMAGED = Finding(
    Threat.MALFORMED, Severity.WARNING, Action.NOTED, "file", "a damaged file: what can be read of it goes on"
)
BAD_RTF = Finding(Threat.MALFORMED, Severity.NOTE, Action.REMOVED, "text", "an RTF text that cannot be unpacked")
