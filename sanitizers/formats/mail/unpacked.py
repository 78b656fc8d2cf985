"""What a mail holds, as it is collected; and which calendar in it is an invitation."""

import re

import msgspec

from sanitizers.extensions import promised, with_ending
from sanitizers.formats.mail.alternatives import Text
from sanitizers.model import Attached, Finding, Left, MailContents, Rebuilt, Threat, Withheld

# What a calendar that we wrote says it is for (RFC 5546 section 1.4); it stands before the first event.
_METHOD = re.compile(rb"BEGIN:VCALENDAR\r\n(?:(?!BEGIN:)[^\r\n]*\r\n){0,50}?METHOD:([A-Z]{1,20})\r\n")


class Invitation(msgspec.Struct, frozen=True):
    """A calendar that mail programs answer to, and what it asks (RFC 6047 section 2.4)."""

    data: bytes
    method: str  #: REQUEST, REPLY, CANCEL …


def invitation_in(calendar: bytes) -> Invitation | None:
    """A clean calendar, if it asks for something."""
    asked = _METHOD.match(calendar)
    return Invitation(calendar, asked[1].decode("ascii")) if asked else None


class Unpacked:
    """What a mail holds, collected while it is walked."""

    def __init__(self) -> None:
        self.texts: list[Text] = []
        self.attached: list[Attached] = []
        self.left: list[Left] = []
        self.invitation: Invitation | None = None
        self.changes: list[Finding] = []  #: findings in texts
        self.signed = False
        self.blocked: list[Finding] = []  #: why parts could not be opened

    def keep(self, child: Rebuilt | Withheld, claimed_name: str = "", *, inline_image: bool = False) -> None:
        """One part more that goes along or stays behind."""
        if isinstance(child, Withheld):
            self.left.append(Left(child, inline_image))
        else:
            name = child.name or with_ending("attachment", child.type)
            file = msgspec.structs.replace(child, name=name)
            self.attached.append(Attached(file, inline_image, _is_converted(child, claimed_name)))

    def take_over(self, contents: MailContents) -> None:
        """All that a clean mail inside this one holds, but its text."""
        self.attached += contents.attached
        self.left += contents.left
        self.changes += contents.changes
        self.blocked += contents.blocked
        self.signed = self.signed or contents.signed


def _is_converted(file: Rebuilt, claimed_name: str) -> bool:
    """Not so where the name was wrong, of which there is a finding."""
    types = promised(claimed_name)
    return bool(types) and file.type not in types and all(f.threat is not Threat.TYPE_MISMATCH for f in file.findings)
