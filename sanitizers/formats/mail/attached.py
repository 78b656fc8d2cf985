"""The lines that mark a mail inside a mail: who wrote it to whom, when and about what."""

from sanitizers.formats.mail.addresses import read_mailboxes
from sanitizers.formats.mail.anomalies import Anomalies
from sanitizers.formats.mail.fields import Block
from sanitizers.formats.mail.headers import read_date
from sanitizers.formats.mail.words import decode_header, raw_text
from sanitizers.links import rewrite_links
from sanitizers.rules import Links

_OPENING = "-------- 添付されたメール / Attached mail --------"
_CLOSING = "-------- 添付されたメールの終わり / End of attached mail --------"
_ADDRESSES = ("From", "To", "Cc")
_CHARACTERS = 1_000  # of each line


def attached_mail(block: Block, links: Links, anomalies: Anomalies) -> tuple[str, str]:
    """Opening and closing lines for the reader."""
    lines = [_OPENING]
    for name in _ADDRESSES:
        mailboxes = [
            mailbox.shown()
            for value in block.values(name.lower())[:1]
            for mailbox in read_mailboxes(raw_text(value), f"attached mail, {name}", anomalies)
        ]
        if mailboxes:
            lines.append(_line(name, ", ".join(mailboxes), links, anomalies))
    lines += [f"Date: {date}" for value in block.values("date")[:1] if (date := read_date(value)) is not None]
    for value in block.values("subject")[:1]:
        subject = decode_header(value, "attached mail, Subject", anomalies)
        lines.append(_line("Subject", subject, links, anomalies))
    return "\n".join(lines) + "\n", _CLOSING


def _line(name: str, text: str, links: Links, anomalies: Anomalies) -> str:
    """Header text that becomes body text: mail programs make links of the addresses in it, as of any other."""
    line, findings = rewrite_links(f"{name}: {text}", links)
    anomalies.extend(findings, f"attached mail, {name}")
    return line if len(line) <= _CHARACTERS else f"{line[: _CHARACTERS - 1]}…"
