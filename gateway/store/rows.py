"""Between the frozen structs of the model and the rows of the schema; nothing here touches a database."""

import itertools
import secrets
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec

from gateway.model import (
    FILE_CHANNELS,
    Channel,
    Decision,
    Direction,
    Envelope,
    Item,
    ItemState,
    MailOptions,
    Recipient,
    RecipientOptions,
    RecipientState,
    Reply,
)
from gateway.store.counting import milliseconds
from gateway.store.drafts import Draft, Progress, Settlement
from sanitizers.model import AuthenticationResult, MailFacts, Report

#: A row on its way in, or one that came out.
Values = dict[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
#: https://www.crockford.com/base32.html: no I, L, O, U, so that a number can be read out on the telephone.
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

_encode = msgspec.json.Encoder().encode
_decode_options = msgspec.json.Decoder(MailOptions).decode
_decode_report = msgspec.json.Decoder(Report).decode
_decode_decision = msgspec.json.Decoder(Decision).decode
_decode_facts = msgspec.json.Decoder(MailFacts).decode
_decode_authentication = msgspec.json.Decoder(tuple[AuthenticationResult, ...]).decode
_NO_OPTIONS = MailOptions()
_NO_OPTIONS_TEXT = _encode(_NO_OPTIONS).decode()
_NO_RECIPIENT_OPTIONS = RecipientOptions()
_COUNTER = itertools.count()
NAME_CHARACTERS = 255  #: of a claimed name that are kept
_NOT_SHOWN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
#: Items of one microsecond that keep an order among themselves.
NUMBERS = 2_048


def to_microseconds(moment: datetime) -> int:
    """An aware datetime as microseconds since 1970, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


def to_datetime(microseconds: int) -> datetime:
    """The same moment as an aware datetime in UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


def new_item_id(received_at: datetime) -> str:
    """A number nobody can guess from another: "20261121-4X7K-2M9Q". May collide; the primary key tells."""
    bits = secrets.randbits(40)
    letters = "".join([_CROCKFORD[bits >> shift & 31] for shift in range(0, 40, 5)])
    return f"{received_at.astimezone(UTC):%Y%m%d}-{letters[:4]}-{letters[4:]}"


def item_number(received_at: int) -> int:
    """What orders items: the time, and after it a counter. Two gateways may collide; the unique index tells."""
    return received_at * NUMBERS + next(_COUNTER) % NUMBERS


def storable(text: str) -> str:
    """The text without what a database refuses: NUL (PostgreSQL) and lone surrogates (not UTF-8)."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def json_text(value: object) -> str:
    """Compact JSON; the same value always gives the same text."""
    return _encode(value).decode()


def check_draft(draft: Draft) -> None:
    """Refuse what could never be delivered or read back as it was."""
    envelope = draft.envelope
    if not envelope.recipients:
        raise ValueError("an item needs at least one recipient")
    if envelope.received_at.tzinfo is None:
        raise ValueError("received_at must be aware of its zone")
    if len(draft.name) > NAME_CHARACTERS or (draft.name and draft.channel not in FILE_CHANNELS):
        raise ValueError(f"a name is that of a file and has at most {NAME_CHARACTERS} characters")
    addresses = [envelope.mail_from, *(recipient.address for recipient in envelope.recipients)]
    if any(storable(address) != address for address in addresses):
        raise ValueError("an address holds a NUL or is not Unicode")


def item_values(draft: Draft, now: int) -> Values:
    """The row of a new item, except its number, state and blobs."""
    envelope = draft.envelope
    received_at = to_microseconds(envelope.received_at)
    return {
        "number": item_number(received_at),
        "milliseconds": 0,
        "channel": draft.channel.value,
        "profile": draft.profile,
        "received_at": received_at,
        "updated_at": now,
        "due_at": None,
        "attempts": 0,
        "mail_from": envelope.mail_from,
        "client": storable(envelope.client),
        "helo": storable(envelope.helo),
        "tls": storable(envelope.tls),
        "options": _NO_OPTIONS_TEXT if envelope.options == _NO_OPTIONS else storable(json_text(envelope.options)),
        "direction": envelope.direction.value,
        "listener": envelope.listener,
        "protocol": envelope.protocol,
        "clean": None,
        "deliver_original": False,
        # What lists show and searches find: of a file its name, from the beginning.
        "subject": shown_name(draft.name),
        "header_from": "",
        "name": storable(draft.name),
        "group_id": storable(draft.group),
        "group_key": group_key(draft.group),
    }


def group_key(group: str) -> str:
    """By which a group is looked up: it may be longer than a row of an index. "" for none."""
    return sha256(storable(group).encode()).hexdigest()[:32] if group else ""


def shown_name(claimed: str) -> str:
    """A claimed name for people: nothing that is not printed or turns the direction of writing."""
    visible = (c if unicodedata.category(c) not in _NOT_SHOWN else "\ufffd" for c in claimed[:NAME_CHARACTERS])
    return "".join(visible)


def recipient_values(item_id: str, position: int, recipient: Recipient) -> Values:
    """The row of a recipient who was not tried yet."""
    notify = recipient.options.notify
    return {
        "item_id": item_id,
        "position": position,
        "address": recipient.address,
        "state": RecipientState.WAITING.value,
        "attempts": 0,
        "notify": None if notify is None else ",".join(sorted(notify)),
        "orcpt": storable(recipient.options.orcpt),
    }


def settlement_values(settlement: Settlement) -> Values:
    """What cleaning found out, as columns of the item."""
    facts = settlement.facts
    return {
        "subject": storable(facts.subject) if facts else "",
        "header_from": storable(facts.header_from) if facts else "",
        "report": _optional_json(settlement.report),
        "decision": json_text(settlement.decision),
        "facts": _optional_json(facts),
        "milliseconds": milliseconds(settlement.report),
        "clean_name": storable(settlement.name),
        "clean_type": storable(settlement.type),
        "authentication": json_text(settlement.authentication) if settlement.authentication else None,
    }


def _optional_json(value: msgspec.Struct | None) -> str | None:
    return None if value is None else json_text(value)


def progress_values(step: Progress) -> Values:
    """What an attempt changed, as columns of the recipient."""
    reply, waits = step.reply, step.state is RecipientState.WAITING
    return {
        "state": step.state.value,
        "attempts": step.attempts,
        "next_attempt_at": to_microseconds(step.next_attempt_at) if waits and step.next_attempt_at else None,
        "reply_code": reply.code if reply else None,
        "reply_enhanced": storable(reply.enhanced) if reply else None,
        "reply_text": storable(reply.public_text) if reply else None,
        "reply_private": storable(reply.private_detail) if reply else None,
    }


def recipient_from(row: Any) -> Recipient:
    """A recipient as the model knows it."""
    return Recipient(
        address=row.address,
        state=RecipientState(row.state),
        attempts=row.attempts,
        next_attempt_at=None if row.next_attempt_at is None else to_datetime(row.next_attempt_at),
        last_reply=None
        if row.reply_code is None
        else Reply(row.reply_code, row.reply_enhanced, row.reply_text, row.reply_private),
        options=_NO_RECIPIENT_OPTIONS if row.notify is None and not row.orcpt else _recipient_options(row),
    )


def _recipient_options(row: Any) -> RecipientOptions:
    notify = None if row.notify is None else frozenset(row.notify.split(",")) - {""}
    return RecipientOptions(notify, row.orcpt)


def item_from(row: Any, recipients: Iterable[Recipient]) -> Item:
    """An item as the model knows it; `clean` is what goes on, which is the original when a person released that."""
    return Item(
        id=row.id,
        channel=Channel(row.channel),
        profile=row.profile,
        envelope=_envelope_from(row, tuple(recipients)),
        state=ItemState(row.state),
        original=row.original,
        original_size=row.original_size,
        original_sha256=row.original_sha256,
        clean=row.original if row.deliver_original else row.clean,
        report=None if row.report is None else _decode_report(row.report),
        decision=None if row.decision is None else _decode_decision(row.decision),
        facts=_facts_from(row),
        authentication=() if row.authentication is None else _decode_authentication(row.authentication),
        attempts=row.attempts,
        updated_at=to_datetime(row.updated_at),
        follows=row.follows or "",
        name=row.name,
        clean_name=row.clean_name,
        clean_type=row.clean_type,
        group=row.group_id,
        deliver_original=row.deliver_original,
    )


def _facts_from(row: Any) -> MailFacts | None:
    """Where people read the subject of a mail, they read the name of a file."""
    if row.facts is not None:
        return _decode_facts(row.facts)
    return MailFacts(subject=shown_name(row.name)) if row.name else None


def _envelope_from(row: Any, recipients: tuple[Recipient, ...]) -> Envelope:
    return Envelope(
        mail_from=row.mail_from,
        recipients=recipients,
        client=row.client,
        helo=row.helo,
        tls=row.tls,
        options=_NO_OPTIONS if row.options == _NO_OPTIONS_TEXT else _decode_options(row.options),
        direction=Direction(row.direction),
        received_at=to_datetime(row.received_at),
        listener=row.listener,
        protocol=row.protocol,
    )


def items_from(rows: Sequence[Any], recipient_rows: Iterable[Any]) -> list[Item]:
    """Items in the order of their rows, each with its recipients in the order of theirs."""
    of_item: dict[str, list[Recipient]] = {row.id: [] for row in rows}
    for row in recipient_rows:
        of_item[row.item_id].append(recipient_from(row))
    return [item_from(row, of_item[row.id]) for row in rows]
