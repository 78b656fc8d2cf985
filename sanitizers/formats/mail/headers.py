"""The headers that go out: an allow-list, each value read, understood and written anew."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

import msgspec

from sanitizers.formats.mail.addresses import Mailbox, address_line, read_mailboxes, read_name
from sanitizers.formats.mail.anomalies import Anomalies, shown
from sanitizers.formats.mail.fields import Block
from sanitizers.formats.mail.trace import received_lines
from sanitizers.formats.mail.words import decode_header, fold, raw_text, text_line
from sanitizers.model import Action, MailFacts, Notice, Severity, Threat
from sanitizers.rules import BodyCharset

UNKNOWN_SENDER = Mailbox("差出人なし / no sender", "unknown@kiyome.invalid")
_FACT_CHARACTERS = 1_000
_SUBJECT_CHARACTERS = 4_000
_NAME_CHARACTERS = 200
_ADDRESSES_OCTETS = 60_000  # written, of one header
_REFERENCES = 100
_ID_CHARACTERS = 900  # so that a line stays within RFC 5322's 998
_READ_RECEIPTS = (
    "disposition-notification-to",  # RFC 8098
    "return-receipt-to",
    "x-confirm-reading-to",
    "generate-delivery-report",
)

_ANGLES = re.compile(r"<([^<>\s]{3,898})>")
# RFC 5322 section 3.6.4, with the stray dots, colons and @ of real mail; no quotes, comments, lists or backslashes:
# readers stumble over them (Python's own raises IndexError).
_IDENTIFIER = re.compile(r"[!#-'*+./0-9=?A-Z^-~-][!#-'*+./0-9:=?@A-Z^-~-]*@(?:\[[!-Z^-~]+\]|[!#-'*+./0-9:=?A-Z^-~-]+)")
_ENCODED_WORD = re.compile(r"=\?[^?]+\?[bBqQ]\?")  # some readers decode it even here
_CANONICAL_DATE = re.compile(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )(?:0[1-9]|[12]\d|3[01]) "
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (?:19|20)\d\d (?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d "
    r"[+-](?:0\d|1[0-4])[0-5]\d"
)
_DATE_COMMENT = re.compile(r"\([^()]*\)")
_LIST_ID = re.compile(r"(.*?)<\s*([A-Za-z0-9_.+-]+)\s*>", re.DOTALL)
_HARMLESS_IN_NAME = str.maketrans("<>@", "  ＠")
_LANGUAGES = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")


class Headers(msgspec.Struct, frozen=True):
    """Header lines as they go out, each folded and without its line end, and what lists show of the mail."""

    lines: tuple[str, ...]
    facts: MailFacts


class _Incoming:
    """The header block of the mail, and where findings about it go."""

    def __init__(self, block: Block, charset: BodyCharset, notice: Notice, anomalies: Anomalies) -> None:
        self.charset = charset
        self.notice = notice
        self.anomalies = anomalies
        self._values: dict[str, list[bytes]] = {}
        self._mailboxes: dict[str, list[Mailbox]] = {}
        self.subject = ""  #: as it goes out
        for field in block.fields:
            self._values.setdefault(field.name, []).append(field.value)

    def all(self, name: str) -> list[bytes]:
        """Every value of a header."""
        return self._values.get(name, [])

    def one(self, name: str, canonical: str) -> bytes | None:
        """The first value of a header that may stand only once; others are reported (RFC 5322 section 3.6)."""
        values = self._values.get(name)
        if not values:
            return None
        if len(values) > 1:
            if len(set(values)) > 1 and name in {"from", "subject", "sender"}:
                self.anomalies.deception(f"header {canonical}", f"given {len(values)} times")
            else:
                self.anomalies.malformed(f"header {canonical}", f"given {len(values)} times")
        return values[0]

    def mailboxes(self, name: str, canonical: str) -> list[Mailbox]:
        """Every mailbox of every header of that name; read once."""
        if name not in self._mailboxes:
            self._mailboxes[name] = [
                box
                for value in self.all(name)
                for box in read_mailboxes(raw_text(value), f"header {canonical}", self.anomalies)
            ]
        return self._mailboxes[name]

    def sender(self) -> Mailbox:
        """The one sender that is shown: the first that has an address."""
        boxes = self.mailboxes("from", "From")
        if boxes:
            return boxes[0]
        names = [read_name(raw_text(value), "header From", self.anomalies) for value in self.all("from")]
        name = next((name for name in names if name), "").translate(_HARMLESS_IN_NAME).strip()
        return Mailbox(name[:_NAME_CHARACTERS], UNKNOWN_SENDER.address) if name else UNKNOWN_SENDER


Writer = Callable[[_Incoming, str, str], str | None]  # (mail, lower-case name, canonical name) → line


def rebuild_headers(block: Block, charset: BodyCharset, notice: Notice, anomalies: Anomalies) -> Headers:
    """All allowed headers in a fixed order, plus those without which a mail is none."""
    mail = _Incoming(block, charset, notice, anomalies)
    written = {name: write(mail, name, canonical) for name, canonical, _, write in _ALLOWED}
    for name in _READ_RECEIPTS:
        if mail.all(name):
            detail = "asks for a receipt when the mail is read"
            anomalies.add(Threat.METADATA, Severity.NOTE, Action.REMOVED, f"header {name}", detail)
    lines = tuple(line for line in written.values() if line is not None)
    return Headers((*received_lines(block), *lines), _facts(mail, written))


def _facts(mail: _Incoming, written: dict[str, str | None]) -> MailFacts:
    return MailFacts(
        subject=shown(mail.subject, _FACT_CHARACTERS),
        header_from=shown(mail.sender().shown(), _FACT_CHARACTERS),
        header_to=shown(", ".join(box.shown() for box in mail.mailboxes("to", "To")), _FACT_CHARACTERS),
        message_id=_value(written["message-id"]).strip("<>")[:_FACT_CHARACTERS],
        date=_value(written["date"]),
    )


def _value(line: str | None) -> str:
    return line.partition(":")[2].replace("\r\n", "").strip() if line else ""


def _date(mail: _Incoming, name: str, canonical: str) -> str | None:
    """The sender's date in its own zone; ours when there is none that can be read."""
    value = mail.one(name, canonical)
    if value is None:
        mail.anomalies.malformed("header Date", "missing; the time of receipt was set")
        return f"Date: {format_datetime(datetime.now(UTC))}"
    if (date := read_date(value)) is not None:
        return f"Date: {date}"
    mail.anomalies.malformed("header Date", "unreadable; the time of receipt was set")
    return f"Date: {format_datetime(datetime.now(UTC))}"


def read_date(value: bytes) -> str | None:
    """A date as RFC 5322 section 3.3 writes it, in its own zone; None when it cannot be read."""
    text = raw_text(value[:200])
    if _CANONICAL_DATE.fullmatch(text):
        return text
    try:
        return format_datetime(parsedate_to_datetime(_DATE_COMMENT.sub("", text).strip()))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _from(mail: _Incoming, name: str, canonical: str) -> str:
    mail.one(name, canonical)
    boxes = mail.mailboxes(name, canonical)
    addresses = {box.address.lower() for box in boxes}
    if len(addresses) > 1:
        others = ", ".join(sorted(addresses - {boxes[0].address.lower()}))
        mail.anomalies.deception("header From", f"several senders; left out: {others}")
    if not boxes:
        mail.anomalies.malformed("header From", "no sender address", Severity.WARNING)
    return address_line("From", [mail.sender()], mail.charset)


def _sender(mail: _Incoming, name: str, canonical: str) -> str | None:
    mail.one(name, canonical)
    boxes = mail.mailboxes(name, canonical)
    return address_line(canonical, boxes[:1], mail.charset) if boxes else None


def _addresses(mail: _Incoming, name: str, canonical: str) -> str | None:
    if not mail.all(name):
        return None
    if len(mail.all(name)) > 1:
        mail.anomalies.malformed(f"header {canonical}", f"given {len(mail.all(name))} times")
    boxes = _as_many_as_fit(mail, canonical, mail.mailboxes(name, canonical))
    if boxes:
        return address_line(canonical, boxes, mail.charset)
    return "To: undisclosed-recipients:;" if name == "to" else None


def _as_many_as_fit(mail: _Incoming, canonical: str, boxes: list[Mailbox]) -> list[Mailbox]:
    """A header that others will accept: far beyond a thousand recipients it is cut."""
    room = _ADDRESSES_OCTETS
    for number, box in enumerate(boxes):
        room -= 5 * len(box.display) + len(box.address) + 10
        if room < 0:
            detail = f"{len(boxes) - number} of {len(boxes)} addresses left out"
            mail.anomalies.add(Threat.LIMIT_EXCEEDED, Severity.WARNING, Action.REMOVED, f"header {canonical}", detail)
            return boxes[:number]
    return boxes


def _subject(mail: _Incoming, name: str, canonical: str) -> str | None:
    value = mail.one(name, canonical)
    if value is None and not mail.notice.subject_prefix:
        return None
    text = mail.notice.subject_prefix + decode_header(value or b"", "header Subject", mail.anomalies)
    if len(text) > _SUBJECT_CHARACTERS:
        mail.anomalies.malformed("header Subject", "over-long; cut", Severity.WARNING)
        text = text[: _SUBJECT_CHARACTERS - 1] + "…"
    mail.subject = text
    return text_line("Subject", text, mail.charset) if text else None


def _message_id(mail: _Incoming, name: str, canonical: str) -> str:
    own = mail.notice.message_id
    found = f"<{own}>" if own else _message_id_of(mail, name, canonical)
    return f"{canonical}:{_space(found, canonical)}{found}"


def _message_id_of(mail: _Incoming, name: str = "message-id", canonical: str = "Message-ID") -> str:
    """What the mail came with; one of ours when it cannot be read."""
    value = mail.one(name, canonical)
    found = _ids(value) if value is not None else []
    if not found and value is not None and _is_identifier(text := raw_text(value)):
        found = [f"<{text}>"]
    if not found:
        mail.anomalies.malformed("header Message-ID", "missing or malformed; one of ours was set")
        return f"<{mail.notice.item}@kiyome.invalid>"
    return found[0]


def _ids(value: bytes) -> list[str]:
    """Message identifiers; whatever else the value holds is left out."""
    return [f"<{found}>" for found in _ANGLES.findall(raw_text(value)) if _is_identifier(found)]


def _is_identifier(text: str) -> bool:
    return len(text) < _ID_CHARACTERS and bool(_IDENTIFIER.fullmatch(text)) and not _ENCODED_WORD.search(text)


def _space(identifier: str, canonical: str) -> str:
    """RFC 5322 section 2.1.1: at most 998 characters, better 78, but never an empty first line."""
    return " " if len(identifier) + len(canonical) + 2 <= 990 else "\r\n "


def _references(mail: _Incoming, name: str, canonical: str) -> str | None:
    found = [each for value in mail.all(name) for each in _ids(value)]
    if mail.notice.message_id:  # it follows the mail that came with the identifier
        found = [*(found if name == "references" else ()), _message_id_of(mail)]
    if len(found) > _REFERENCES:
        found = [found[0], *found[1 - _REFERENCES :]]
    return f"{canonical}: " + "\r\n ".join(found) if found else None


def _one_of(*words: str) -> Writer:
    """A header that may say only one of these words."""

    def write(mail: _Incoming, name: str, canonical: str) -> str | None:
        for value in mail.all(name)[:1]:
            said = raw_text(value[:100]).split(";")[0].split(" ")[0].strip().lower()
            if said in words:
                return f"{canonical}: {said}"
        return None

    return write


def _list_id(mail: _Incoming, name: str, canonical: str) -> str | None:
    """RFC 2919: words and an identifier in angle brackets."""
    for value in mail.all(name)[:1]:
        if (match := _LIST_ID.search(raw_text(value[:1_000]))) and len(match.group(2)) <= 255:
            box = Mailbox(read_name(match.group(1).strip(), "header List-Id", mail.anomalies), match.group(2))
            line = address_line(canonical, [box], mail.charset)
            return line if box.display else f"{canonical}: <{box.address}>"
    return None


def _language(mail: _Incoming, name: str, canonical: str) -> str | None:
    for value in mail.all(name)[:1]:
        tags = [tag.strip() for tag in raw_text(value[:200]).split(",")]
        if all(_LANGUAGES.fullmatch(tag) for tag in tags):
            return fold(f"{canonical}: {', '.join(tags)}")
    return None


# What may go out, in this order, behind the Received lines. Anything else is dropped: foreign verdicts, X-, URLs.
_ALLOWED: tuple[tuple[str, str, str, Writer], ...] = (
    ("date", "Date", "RFC 5322 3.6.1", _date),
    ("from", "From", "RFC 5322 3.6.2", _from),
    ("sender", "Sender", "RFC 5322 3.6.2", _sender),
    ("reply-to", "Reply-To", "RFC 5322 3.6.2", _addresses),
    ("to", "To", "RFC 5322 3.6.3", _addresses),
    ("cc", "Cc", "RFC 5322 3.6.3", _addresses),
    ("subject", "Subject", "RFC 5322 3.6.5", _subject),
    ("message-id", "Message-ID", "RFC 5322 3.6.4", _message_id),
    ("in-reply-to", "In-Reply-To", "RFC 5322 3.6.4", _references),
    ("references", "References", "RFC 5322 3.6.4", _references),
    ("importance", "Importance", "RFC 2156 5.3.4", _one_of("high", "normal", "low")),
    ("priority", "Priority", "RFC 2156 5.3.6", _one_of("urgent", "normal", "non-urgent")),
    ("x-priority", "X-Priority", "custom since 1996; mail programs show it", _one_of("1", "2", "3", "4", "5")),
    (
        "auto-submitted",
        "Auto-Submitted",
        "RFC 3834 5: without it two responders answer each other forever",
        _one_of("no", "auto-generated", "auto-replied", "auto-notified"),
    ),
    ("precedence", "Precedence", "RFC 3834 2: as above, for older responders", _one_of("bulk", "list", "junk")),
    ("list-id", "List-Id", "RFC 2919", _list_id),
    ("content-language", "Content-Language", "RFC 3282", _language),
)
