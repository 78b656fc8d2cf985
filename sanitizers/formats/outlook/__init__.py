"""Messages of Outlook, as MSG files and as TNEF: made a mail in memory, which is cleaned like any other."""

from typing import Final

import msgspec

from sanitizers.formats.outlook.compose import mail_of
from sanitizers.formats.outlook.message import Message
from sanitizers.formats.outlook.msg import read_msg
from sanitizers.formats.outlook.tnef import read_tnef
from sanitizers.job import Job, Role
from sanitizers.model import CannotSanitize, File, Finding, Rebuilt, Threat, Withheld
from sanitizers.rules import MailFiles, Profile

__all__ = ["Outlook", "Tnef"]

MAIL: Final = "message/rfc822"


class Outlook:
    """MSG files."""

    name = "outlook"
    types = frozenset({"application/vnd.ms-outlook"})
    limitations = (
        "A message goes on as a mail (.eml), or is unpacked into the mail around it; Outlook opens both.",
        "Appointments, meetings, tasks and contacts go on as their text, with their most important fields.",
        "Embedded objects (OLE) and attachments that are only references to files do not go on.",
        "People whom only Exchange knows keep their name and lose their address; blind copies are not shown.",
        "Categories, flags, reminders, voting buttons and forms do not go on.",
    )

    def rebuild(self, file: File, job: Job) -> Rebuilt:
        """The message as a clean mail; raises CannotSanitize."""
        seen = _Seen()
        return _cleaned(file, read_msg(file.data, job.budget, seen.see), job, seen, job.rules)


class Tnef:
    """TNEF, as Outlook and Exchange attach it (winmail.dat)."""

    name = "tnef"
    types = frozenset({"application/vnd.ms-tnef"})
    limitations = (
        "In a mail it is unpacked: its files become attachments, its text joins that of the mail if it differs.",
        "As a file of its own it goes on as a mail (.eml).",
        "Messages inside it are unpacked where a rule removes attached mails.",
        "What goes for Outlook messages goes for it.",
    )

    def rebuild(self, file: File, job: Job) -> Rebuilt:
        """The message as a clean mail; raises CannotSanitize."""
        seen = _Seen()
        rules = job.rules
        if rules.mail_files is MailFiles.REMOVED:  # it is how a mail came, and no mail that came with it
            rules = msgspec.structs.replace(rules, mail_files=MailFiles.UNPACKED)
        return _cleaned(file, read_tnef(file.data, job.budget, seen.see), job, seen, rules)


class _Seen:
    """What the readers left behind, each kind once."""

    def __init__(self) -> None:
        self.findings: dict[Finding, None] = {}

    def see(self, finding: Finding) -> None:
        self.findings.setdefault(finding)


def _cleaned(file: File, message: Message, job: Job, seen: _Seen, rules: Profile) -> Rebuilt:
    if not (message.kind or message.subject or message.text or message.html or message.attachments):
        raise CannotSanitize(Threat.MALFORMED, "an Outlook message of which nothing can be read")
    stem = file.claimed_name.rpartition(".")[0] or file.claimed_name
    name = f"{stem or message.subject[:100] or 'mail'}.eml"
    clean = job.child(name, MAIL, mail_of(message), role=Role.ATTACHMENT, rules=rules)
    if isinstance(clean, Withheld):
        raise CannotSanitize(clean.finding.threat, clean.finding.detail)
    return Rebuilt(clean.data, clean.name, clean.type, tuple(seen.findings), clean.facts, clean.mail)
