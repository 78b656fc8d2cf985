"""Mail: rebuilt from decoded words as one plain text, with a notice of what stayed behind (RFC 5322, RFC 2045)."""

from sanitizers.formats.mail.alternatives import Text
from sanitizers.formats.mail.anomalies import Anomalies
from sanitizers.formats.mail.headers import rebuild_headers
from sanitizers.formats.mail.notice import notice_text
from sanitizers.formats.mail.structure import read_message, with_plain_line_ends
from sanitizers.formats.mail.unpack import unpack
from sanitizers.formats.mail.unpacked import Unpacked
from sanitizers.formats.mail.writer import write_mail
from sanitizers.job import Job
from sanitizers.model import CannotSanitize, File, Finding, MailContents, Rebuilt, Threat

__all__ = ["Mail"]


class Mail:
    """Reads a mail under hard caps and writes a new one that holds its words only."""

    name = "mail"
    types = frozenset({"message/rfc822"})
    limitations = (
        "Signatures (S/MIME, PGP, DKIM) end here: their text goes on, the reader cannot check them any more.",
        "Encrypted content is never opened.",
        "Of several calendars in one mail only the first can be answered with a button; the others are files.",
        "Files written with BinHex are not decoded.",
    )

    def rebuild(self, file: File, job: Job) -> Rebuilt:
        """The mail written anew; raises CannotSanitize when nothing of it can be read or it is too much."""
        anomalies = Anomalies()
        source = with_plain_line_ends(file.data, anomalies)
        message = read_message(source, job.budget, anomalies, "mail")
        headers = rebuild_headers(message.block, job.rules.body_charset, job.notice, anomalies)
        job.passwords.hear(headers.facts.subject)
        unpacked = unpack(message, job, anomalies)
        _refuse_without_content(unpacked)
        findings = anomalies.found()
        notice = notice_text(job.notice, job.rules, unpacked, findings)
        text = _joined(unpacked.texts, notice)
        files = [each.file for each in unpacked.attached]
        data = write_mail(headers.lines, text, job.rules.body_charset, files, unpacked.invitation)
        contents = _contents(unpacked, findings)
        return Rebuilt(data, file.claimed_name, "message/rfc822", findings, headers.facts, contents)


def _refuse_without_content(unpacked: Unpacked) -> None:
    """An encrypted or impenetrable mail of which nothing is left is held; an empty shell would help nobody."""
    if unpacked.blocked and not (unpacked.texts or unpacked.attached or unpacked.invitation):
        worst = next((each for each in unpacked.blocked if each.threat is Threat.ENCRYPTED), unpacked.blocked[0])
        raise CannotSanitize(worst.threat, f"nothing of the mail could be read: {worst.detail}")


def _contents(unpacked: Unpacked, findings: tuple[Finding, ...]) -> MailContents:
    return MailContents(
        text=_joined(unpacked.texts, ""),
        attached=tuple(unpacked.attached),
        left=tuple(unpacked.left),
        changes=(*findings, *unpacked.changes),
        signed=unpacked.signed,
        blocked=tuple(unpacked.blocked),
    )


def _joined(texts: list[Text], notice: str) -> str:
    pieces = [text.text.strip("\r\n").rstrip() for text in texts]
    return "\n\n".join([*(piece for piece in pieces if piece), *([notice] if notice else [])])
