"""Mailboxes (mbox, RFC 4155): every mail in them cleaned as a mail, and the whole written anew."""

import re
from email.utils import parsedate_to_datetime
from typing import Final

from sanitizers.job import Job, Role
from sanitizers.model import Action, CannotSanitize, File, Finding, Rebuilt, Severity, Threat, Withheld

MAILBOX: Final = "application/mbox"
MAIL: Final = "message/rfc822"
# A postmark: at the beginning, or behind an empty line, and with a time of day in it; a header follows.
_POSTMARK: Final = re.compile(
    rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))"
    rb"From [^\r\n]{1,200} (?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?[^\r\n]{0,60}\r?\n(?=[!-9;-~]{1,76}:)"
)
_QUOTED: Final = re.compile(rb"^>(>*From )", re.MULTILINE)
_NO_TIME: Final = "Thu Jan  1 00:00:00 1970"


class Mailbox:
    """Writes a mailbox of clean mails."""

    name = "mailbox"
    types = frozenset({MAILBOX})
    limitations = (
        "A mailbox stays a mailbox (mbox) of clean mails, also inside a mail; a mail that is blocked is left out.",
        "The lines between mails say the time only; marks of programs (read, deleted, folders) do not go on.",
        "A file with one mail is a mail, whatever line stands before it.",
    )

    def rebuild(self, file: File, job: Job) -> Rebuilt:
        """The mails that could be cleaned, in order; raises CannotSanitize when there are none."""
        findings: list[Finding] = []
        pieces: list[bytes] = []
        for number, mail in enumerate(_mails(file.data), 1):
            result = job.child(f"mail-{number}.eml", MAIL, mail, role=Role.ATTACHMENT)
            if isinstance(result, Withheld):
                found = result.finding
                detail = f"mail {number} was left out: {found.detail}"[:500]
                findings.append(Finding(found.threat, Severity.WARNING, Action.REMOVED, f"mail {number}", detail))
            else:
                date = result.facts.date if result.facts else ""
                pieces.append(_postmark(date) + result.data.replace(b"\r\n", b"\n") + b"\n")
        if not pieces:
            threat = findings[0].threat if findings else Threat.MALFORMED
            raise CannotSanitize(threat, "no mail of the mailbox could be cleaned")
        return Rebuilt(b"".join(pieces), file.claimed_name, MAILBOX, tuple(findings))


def _mails(data: bytes) -> list[bytes]:
    marks = list(_POSTMARK.finditer(data))
    ends = [mark.start() for mark in marks[1:]] + [len(data)]
    return [_QUOTED.sub(rb"\1", data[mark.end() : end]) for mark, end in zip(marks, ends, strict=True)]


def _postmark(date: str) -> bytes:
    """RFC 4155: a fixed address, and the time of the mail as ctime writes it."""
    try:
        written = parsedate_to_datetime(date).ctime()
    except (ValueError, TypeError):
        written = _NO_TIME
    return f"From MAILER-DAEMON {written}\n".encode("ascii")
