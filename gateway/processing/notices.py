"""What Kiyome writes itself: the words for the notice in a mail, delivery status notifications, expiry notices."""

import base64
import re
import secrets
import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, make_msgid
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from gateway.delivery.fate import Fate, Telling, wanted
from gateway.model import (
    FILE_CHANNELS,
    Channel,
    Direction,
    Envelope,
    Item,
    MailOptions,
    Recipient,
    RecipientOptions,
    Reply,
)
from gateway.processing.words import CONTACT, ENGLISH, EXPIRY, EXPIRY_OF_FILE, JAPANESE, LETTERS, Letter
from gateway.settings import Settings
from gateway.store.drafts import Draft
from sanitizers.model import MailFacts, Notice, NoticeWords

MESSAGE_ID = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.\[\]:-]+")
PRINTABLE = re.compile(r"[ -~]{1,200}")
SHOWN_CHARACTERS = 300
OPPOSITE = {Direction.INBOUND: Direction.OUTBOUND, Direction.OUTBOUND: Direction.INBOUND}
STATUS_CLASS = {Telling.FAILED: "5", Telling.DELAYED: "4", Telling.RELAYED: "2"}  # RFC 3464 2.3.4
SILENT = RecipientOptions(notify=frozenset({"NEVER"}))  # no notice about a notice


def notice(settings: Settings, item_id: str) -> Notice:
    """What the child needs to tell the reader of this item, the configured language first."""
    return Notice(item_id, _words(settings.language, settings.contact))


@lru_cache(maxsize=8)
def _words(language: str, contact: str) -> tuple[NoticeWords, ...]:
    words = tuple(
        msgspec.structs.replace(each, contact=CONTACT[each.language].format(contact=contact) if contact else "")
        for each in (JAPANESE, ENGLISH)
    )
    return words if language == "ja" else words[::-1]


def bounce(
    settings: Settings, item: Item, telling: Telling, fates: Sequence[Fate], now: datetime
) -> tuple[Draft, bytes] | None:
    """A delivery status notification (RFC 3464) to the sender, the other way round, from the null sender.

    None when nobody may be told: the item has no sender itself (RFC 5321 6.1), or no recipient's NOTIFY asks for it.
    """
    sender = item.envelope.mail_from
    told = [fate for fate in fates if wanted(fate.recipient, telling)]
    if not told or not can_be_addressed(sender):
        return None
    boundary = f"=_{secrets.token_hex(16)}"
    fields = [
        *_common_fields(settings, LETTERS[telling], f"<{sender}>", now),
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status;\r\n boundary="{boundary}"',
    ]
    parts = (
        _text_part(_letter(settings, LETTERS[telling], item, told)),
        "Content-Type: message/delivery-status\r\n\r\n" + _status(settings, item, telling, told),
        "Content-Type: text/rfc822-headers\r\n\r\n" + _known_headers(item.facts or MailFacts()),
    )
    body = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts) + f"--{boundary}--\r\n"
    recipient = Recipient(address=sender, options=SILENT)
    draft = _draft(settings, item.profile, OPPOSITE[item.envelope.direction], (recipient,), now)
    return draft, _written(fields, body)


def expiry(settings: Settings, item: Item, now: datetime) -> tuple[Draft, bytes]:
    """Tells the recipients of a held item that its retention has ended and it was not delivered."""
    letters = EXPIRY_OF_FILE if item.channel in FILE_CHANNELS else EXPIRY
    addresses = [recipient.address for recipient in item.envelope.recipients]
    single = len(addresses) == 1 and can_be_addressed(addresses[0])
    fields = [
        *_common_fields(settings, letters, f"<{addresses[0]}>" if single else "undisclosed-recipients:;", now),
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
    ]
    recipients = tuple(Recipient(address=address, options=SILENT) for address in addresses)
    draft = _draft(settings, item.profile, item.envelope.direction, recipients, now)
    return draft, _written(fields, _text_part(_letter(settings, letters, item, ())), blank=False)


def addressed(
    settings: Settings, item: Item, recipient: Recipient, letters: dict[str, Letter], text: str, now: datetime
) -> tuple[Draft, bytes]:
    """A letter to one recipient of an item."""
    return own_letter(settings, item.profile, item.envelope.direction, recipient.address, letters, text, now)


def own_letter(
    settings: Settings,
    profile: str,
    direction: Direction,
    address: str,
    letters: dict[str, Letter],
    text: str,
    now: datetime,
) -> tuple[Draft, bytes]:
    """A letter to one address. Its envelope says that nobody wants to hear what becomes of it."""
    to = f"<{address}>" if can_be_addressed(address) else "undisclosed-recipients:;"
    fields = [
        *_common_fields(settings, letters, to, now),
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
    ]
    recipients = (Recipient(address=address, options=SILENT),)
    draft = _draft(settings, profile, direction, recipients, now)
    return draft, _written(fields, _text_part(text), blank=False)


def both(settings: Settings, block: Callable[[str], str]) -> tuple[str, ...]:
    """The same text in Japanese and English, the configured language first."""
    return tuple(block(language) for language in _languages(settings))


def _draft(
    settings: Settings, profile: str, direction: Direction, recipients: tuple[Recipient, ...], now: datetime
) -> Draft:
    smtputf8 = not all(recipient.address.isascii() for recipient in recipients)
    envelope = Envelope(
        mail_from="",
        recipients=recipients,
        client="",
        helo=settings.hostname,
        tls="",
        options=MailOptions(smtputf8=smtputf8),
        direction=direction,
        received_at=now,
    )
    return Draft(channel=Channel.NOTICE, profile=profile, envelope=envelope)


def _common_fields(settings: Settings, letters: dict[str, Letter], to: str, now: datetime) -> list[str]:
    ordered = _ordered(settings, letters)
    subject = Header(" / ".join(letter.subject for letter in ordered), "utf-8", header_name="Subject")
    return [
        f"From: Kiyome <postmaster@{settings.hostname}>",
        f"To: {to}",
        f"Subject: {subject.encode(linesep=chr(13) + chr(10))}",
        f"Date: {format_datetime(now.astimezone(ZoneInfo(settings.zone)))}",
        f"Message-ID: {make_msgid(domain=settings.hostname)}",
    ]


def _ordered(settings: Settings, letters: dict[str, Letter]) -> list[Letter]:
    languages = ("ja", "en") if settings.language == "ja" else ("en", "ja")
    return [letters[language] for language in languages]


def _letter(settings: Settings, letters: dict[str, Letter], item: Item, fates: Sequence[Fate]) -> str:
    """The text a person reads, in both languages."""
    facts = item.facts or MailFacts()
    told = {
        "item": item.id,
        "sender": shown(facts.header_from or item.envelope.mail_from or "<>"),
        "subject": shown(facts.subject) or "-",
        "received": f"{item.envelope.received_at.astimezone(ZoneInfo(settings.zone)):%Y-%m-%d %H:%M}",
    }
    blocks = []
    for language, letter in zip(_languages(settings), _ordered(settings, letters), strict=True):
        lines = [letter.opening, ""]
        for fate in fates:
            address, reason = shown(fate.recipient.address), shown(_diagnostic(fate.reply))
            lines += [letter.recipient.format(address=address, reason=reason), ""]
        lines.append(letter.item.format(**told))
        if settings.contact:
            lines.append(CONTACT[language].format(contact=settings.contact))
        blocks.append("\n".join(lines))
    return "\n\n----\n\n".join(blocks) + "\n"


def _languages(settings: Settings) -> tuple[str, str]:
    return ("ja", "en") if settings.language == "ja" else ("en", "ja")


def _status(settings: Settings, item: Item, telling: Telling, fates: Sequence[Fate]) -> str:
    """The machine-readable part (RFC 3464 2)."""
    zone = ZoneInfo(settings.zone)
    fields = [f"Reporting-MTA: dns; {settings.hostname}"]
    if item.envelope.options.envid:
        fields.append(f"Original-Envelope-Id: {_ascii(item.envelope.options.envid)}")
    fields.append(f"Arrival-Date: {format_datetime(item.envelope.received_at.astimezone(zone))}")
    blocks = ["\r\n".join(fields), *("\r\n".join(_recipient_fields(telling, fate)) for fate in fates)]
    return "\r\n\r\n".join(blocks) + "\r\n"


def _recipient_fields(telling: Telling, fate: Fate) -> list[str]:
    fields = []
    if fate.recipient.options.orcpt:
        kind, _, address = fate.recipient.options.orcpt.partition(";")
        fields.append(f"Original-Recipient: {_ascii(kind)}; {_ascii(address)}")
    fields += [
        f"Final-Recipient: {_typed(fate.recipient.address)}",
        f"Action: {telling.value}",
        f"Status: {_status_code(telling, fate.reply)}",
    ]
    if fate.hop:
        fields.append(f"Remote-MTA: dns; {_ascii(fate.hop)}")
    return [*fields, f"Diagnostic-Code: smtp; {_ascii(_diagnostic(fate.reply))}"]


def _status_code(telling: Telling, reply: Reply) -> str:
    """An RFC 3463 code whose class agrees with the action: a 4yz that lasted too long is a failure all the same."""
    digit = STATUS_CLASS[telling]
    parts = reply.enhanced.split(".")
    if len(parts) != 3 or not all(part.isdecimal() for part in parts):
        return f"{digit}.0.0"
    return ".".join([digit, *parts[1:]])


def _typed(address: str) -> str:
    """An address with its type; one that is not ASCII in the 7-bit form of RFC 6533 3."""
    if address.isascii():
        return f"rfc822; {_ascii(address)}"
    encoded = "".join(c if " " < c <= "~" and c not in "\\+=" else f"\\x{{{ord(c):X}}}" for c in address)
    return f"utf-8; {encoded}"


def _diagnostic(reply: Reply) -> str:
    return " ".join(word for word in (str(reply.code), reply.enhanced, reply.public_text) if word)


def _known_headers(facts: MailFacts) -> str:
    """What we know of the mail, never a byte of the original (RFC 6522 4 lets us leave out the rest)."""
    fields = []
    if PRINTABLE.fullmatch(facts.date):
        fields.append(f"Date: {facts.date}")
    if PRINTABLE.fullmatch(facts.header_from):
        fields.append(f"From: {facts.header_from}")
    if facts.subject:
        subject = Header(shown(facts.subject), "utf-8", header_name="Subject")
        fields.append(f"Subject: {subject.encode(linesep=chr(13) + chr(10))}")
    if PRINTABLE.fullmatch(facts.message_id) and MESSAGE_ID.fullmatch(facts.message_id):
        fields.append(f"Message-ID: <{facts.message_id}>")
    return "\r\n".join([*fields, ""])


def _text_part(text: str) -> str:
    encoded = base64.encodebytes(text.replace("\n", "\r\n").encode()).decode("ascii").replace("\n", "\r\n")
    return f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{encoded}"


def _written(fields: Sequence[str], body: str, *, blank: bool = True) -> bytes:
    """The whole mail; without `blank` the body begins with header fields of its own."""
    return ("\r\n".join(fields) + ("\r\n\r\n" if blank else "\r\n") + body).encode()


def can_be_addressed(address: str) -> bool:
    """Not the null sender, and nothing in it that could end a header line or a path."""
    return bool(address) and not any(c in "<>" or unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} for c in address)


def shown(text: str) -> str:
    """For people: no control or direction characters, no link that a mail reader would make clickable."""
    visible = "".join(c for c in text if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
    return visible.replace("://", "[:]//")[:SHOWN_CHARACTERS]


def _ascii(text: str) -> str:
    """For machine-readable fields: printable ASCII on one line."""
    return "".join(c if " " <= c <= "~" else "?" for c in text)[:SHOWN_CHARACTERS]
