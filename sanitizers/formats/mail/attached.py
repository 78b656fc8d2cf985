"""The lines that mark a mail inside a mail: who wrote it to whom, when and about what."""

from sanitizers.formats.mail.addresses import read_mailboxes
from sanitizers.formats.mail.anomalies import Anomalies
from sanitizers.formats.mail.fields import Block
from sanitizers.formats.mail.words import decode_header, raw_text

_OPENING = "-------- 添付されたメール / Attached mail --------"
_CLOSING = "-------- 添付されたメールの終わり / End of attached mail --------"
_ADDRESSES = ("From", "To", "Cc")
_TEXTS = ("Date", "Subject")
_CHARACTERS = 1_000  # of each line


def attached_mail(block: Block, anomalies: Anomalies) -> tuple[str, str]:
    """Opening and closing lines for the reader."""
    lines = [_OPENING]
    for name in _ADDRESSES:
        mailboxes = [
            mailbox.shown()
            for value in block.values(name.lower())[:1]
            for mailbox in read_mailboxes(raw_text(value), f"attached mail, {name}", anomalies)
        ]
        if mailboxes:
            lines.append(_line(name, ", ".join(mailboxes)))
    lines += [
        _line(name, decode_header(value, f"attached mail, {name}", anomalies))
        for name in _TEXTS
        for value in block.values(name.lower())[:1]
    ]
    return "\n".join(lines) + "\n", _CLOSING


def _line(name: str, text: str) -> str:
    return f"{name}: {text}" if len(text) <= _CHARACTERS else f"{name}: {text[: _CHARACTERS - 1]}…"
