"""The trial mailbox as pages show it. All that is read here carries Kiyome's signature: our headers, parts, names."""

import email
import mailbox
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import msgspec

SHOWN_CHARACTERS = 200_000


class Attachment(msgspec.Struct, frozen=True):
    """One file that came with a mail."""

    name: str
    type: str
    data: bytes


class Letter(msgspec.Struct, frozen=True):
    """One delivered mail."""

    key: str
    arrived_at: datetime
    subject: str
    sender: str
    recipient: str
    delivered_to: str
    text: str
    headers: tuple[tuple[str, str], ...]
    attachments: tuple[Attachment, ...] = ()


def letters(folder: Path, text: str = "") -> list[Letter]:
    """Newest first; `text` anywhere in subject, addresses or body, in either case."""
    wanted = text.casefold()
    found = [read_letter(path) for path in newest_first(folder)]
    return [letter for letter in found if wanted in _searched(letter)]


def letter_by_key(folder: Path, key: str) -> Letter | None:
    """The mail with this key, None when there is none."""
    return next((read_letter(path) for path in newest_first(folder) if path.name.partition(":")[0] == key), None)


def newest_first(folder: Path) -> list[Path]:
    """The files of the Maildir; none when it is not there yet."""
    if not folder.exists():
        return []
    mailbox.Maildir(folder, create=False)  # refuses a folder that is none
    paths = [path for part in ("new", "cur") for path in (folder / part).iterdir()]
    return sorted(paths, key=lambda path: path.stat().st_mtime_ns, reverse=True)


def read_letter(path: Path) -> Letter:
    """One file of the Maildir."""
    mail = email.message_from_bytes(path.read_bytes(), policy=default)
    body = mail.get_body(("plain",))
    return Letter(
        key=path.name.partition(":")[0],
        arrived_at=datetime.fromtimestamp(path.stat().st_mtime, UTC),
        subject=str(mail.get("Subject", "")),
        sender=str(mail.get("From", "")),
        recipient=str(mail.get("To", "")),
        delivered_to=", ".join(str(value) for value in mail.get_all("Delivered-To", [])),
        text=body.get_content()[:SHOWN_CHARACTERS] if body else mail.as_string()[:SHOWN_CHARACTERS],
        headers=tuple((name, str(value)) for name, value in mail.items()),
        attachments=tuple(_attachment(part) for part in mail.iter_attachments() if not part.is_multipart()),
    )


def _attachment(part: EmailMessage) -> Attachment:
    data = part.get_payload(decode=True)
    return Attachment(part.get_filename() or "", part.get_content_type(), data if isinstance(data, bytes) else b"")


def _searched(letter: Letter) -> str:
    names = (attachment.name for attachment in letter.attachments)
    shown = (letter.subject, letter.sender, letter.recipient, letter.delivered_to, letter.text, *names)
    return "\n".join(shown).casefold()
