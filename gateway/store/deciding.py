"""What people, and the end of the retention, do with items: release, discard, hold, clean again, take out, look at."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, select, update

from gateway.model import FETCHED, FILE_CHANNELS, TRANSFER_APPROVAL, Channel, Decision, Item, ItemState, RecipientState
from gateway.store import indexing, reach
from gateway.store.drafts import Settlement
from gateway.store.errors import NeedsApproval, NoSuchItem, NothingToDeliver, OnItsWay, StoreError, WrongState
from gateway.store.keeping import Notice, keep_notices
from gateway.store.loading import load
from gateway.store.purging import release
from gateway.store.rows import Values
from gateway.store.schema import items, recipients
from gateway.store.withdrawal import withdraw
from gateway.store.writer import Transaction

#: What may become of an item. DELIVERING to itself is "try again now", HELD to RECEIVED "clean it again".
CHANGES: dict[ItemState, frozenset[ItemState]] = {
    ItemState.HELD: frozenset({ItemState.RELEASED, ItemState.DISCARDED, ItemState.EXPIRED, ItemState.RECEIVED}),
    ItemState.CLEANED: frozenset({ItemState.HELD}),
    ItemState.RELEASED: frozenset({ItemState.HELD}),
    ItemState.DELIVERING: frozenset({ItemState.DELIVERING, ItemState.HELD}),
}
#: And of a file that waits to be fetched: nobody did so in time, or who handed it in takes it back.
CHANGES_OF_FILES: dict[ItemState, frozenset[ItemState]] = CHANGES | {
    state: frozenset({ItemState.HELD, ItemState.DISCARDED, ItemState.EXPIRED})
    for state in (ItemState.CLEANED, ItemState.RELEASED)
}
FINISHED = frozenset({ItemState.DELIVERED, ItemState.BOUNCED, ItemState.DISCARDED, ItemState.EXPIRED})
#: The record's word where it is not the new state.
_WORDS = {ItemState.DELIVERING: "retried", ItemState.RECEIVED: "to_clean_again"}


class Change(msgspec.Struct, frozen=True):
    """What a person, or the end of the retention, wants; and what recipients are told of it."""

    item_id: str
    to: ItemState
    actor: str
    reason: str
    deliver_original: bool
    notices: tuple[Notice, ...] = ()
    approval: str = ""  #: of the request that this fulfils


class Sight(msgspec.Struct, frozen=True):
    """Somebody takes bytes out (`action` is "exported") or looks at content ("viewed"); `what` says at which."""

    item_id: str
    action: str
    what: str
    actor: str
    reason: str


_ROW = select(items).where(items.c.id == bindparam("id")).with_for_update()
_WAITING = recipients.c.state == RecipientState.WAITING.value
_AT_ONCE = update(recipients).where(recipients.c.item_id == bindparam("of"), _WAITING).values(next_attempt_at=None)


def change(transaction: Transaction, requests: Sequence[Change]) -> list[Item | StoreError]:
    """Rare, and a person waits for each: one after the other."""
    return [_change(transaction, request) for request in requests]


def _change(transaction: Transaction, request: Change) -> Item | StoreError:
    connection, of = transaction.connection, {"id": request.item_id}
    row = connection.execute(_ROW, of).one_or_none()
    refusal = _refusal(request, row, transaction.now)
    if refusal is not None:
        return refusal
    (before,) = load(connection, [row])
    if request.to is ItemState.RECEIVED:
        _forget_cleaning(transaction, row, before)
    statement = update(items).where(items.c.id == request.item_id)
    connection.execute(statement.values(_changed(request, row, transaction.now)))
    if request.to in {ItemState.DELIVERING, ItemState.RELEASED}:
        connection.execute(_AT_ONCE, {"of": request.item_id})
    withdraw(transaction, request.item_id, request.actor, fulfilled=request.approval)
    _put_on_record(transaction, request, before)
    return load(connection, connection.execute(_ROW, of).all())[0]


def _put_on_record(transaction: Transaction, request: Change, item: Item) -> None:
    word = _WORDS.get(request.to, request.to.value)
    transaction.audit(request.actor, word, item.id, reason=request.reason, original=request.deliver_original)
    addresses = [recipient.address for recipient in item.envelope.recipients]
    whose = reach.addresses_of(item.envelope.direction.value, item.envelope.mail_from, addresses)
    transaction.counts.became(transaction.hour, reach.domains_of(whose), request.to)
    keep_notices(transaction, request.notices)


def _forget_cleaning(transaction: Transaction, row: Any, item: Item) -> None:
    """As it was when it was received, but for what lists show of it."""
    settlement = None if item.decision is None else Settlement(item.decision, None, item.report)
    addresses = tuple([recipient.address for recipient in item.envelope.recipients])
    indexing.remove(transaction.connection, [indexing.entry(row._asdict(), addresses, settlement)])
    if row.clean is not None:
        release(transaction.connection, {row.clean: 1})


def sight(transaction: Transaction, requests: Sequence[Sight]) -> list[StoreError | None]:
    """Nothing changes but the record."""
    return [_sight(transaction, request) for request in requests]


def _sight(transaction: Transaction, request: Sight) -> StoreError | None:
    row = transaction.connection.execute(_ROW, {"id": request.item_id}).one_or_none()
    if row is None:
        return NoSuchItem(request.item_id)
    transaction.audit(request.actor, request.action, request.item_id, what=request.what, reason=request.reason)
    return None


def _refusal(request: Change, row: Any, now: int) -> StoreError | None:
    if row is None:
        return NoSuchItem(request.item_id)
    state = ItemState(row.state)
    changes = CHANGES_OF_FILES if row.channel in FILE_CHANNELS else CHANGES
    if request.to not in changes.get(state, frozenset()) or _is_not_for(request.to, row):
        return WrongState(request.item_id, state, request.to)
    if request.to is ItemState.HELD and row.lease_until is not None and row.lease_until > now:
        return OnItsWay(request.item_id)  # what the next hop takes just now cannot be called back
    if request.to is ItemState.RELEASED and not request.approval and _waits_for_approval(row):
        return NeedsApproval(request.item_id)
    if request.to is ItemState.RELEASED and row.clean is None and not request.deliver_original:
        return NothingToDeliver(request.item_id)
    return None


def _waits_for_approval(row: Any) -> bool:
    decision = None if row.decision is None else msgspec.json.decode(row.decision, type=Decision)
    return decision is not None and decision.rule.endswith(f".{TRANSFER_APPROVAL}")


def _is_not_for(to: ItemState, row: Any) -> bool:
    """Kiyome's own notices are neither held nor cleaned; what followed a password cannot be cleaned without it."""
    if row.channel == Channel.NOTICE.value:
        return to in {ItemState.HELD, ItemState.RECEIVED}
    return to is ItemState.RECEIVED and row.follows is not None


def _changed(request: Change, row: Any, now: int) -> Values:
    finished = request.to in FINISHED
    # What is asked for is not sent.
    goes_on = request.to in {ItemState.RELEASED, ItemState.DELIVERING} and row.channel not in FETCHED
    values: Values = {
        "state": request.to.value,
        "updated_at": now,
        "due_at": min(row.received_at, now) if goes_on else None,
        "finished_at": now if finished else None,
    }
    if request.to in {ItemState.RELEASED, ItemState.HELD, ItemState.RECEIVED}:
        values["deliver_original"] = request.to is ItemState.RELEASED and request.deliver_original
    if request.to is ItemState.HELD:
        values |= {"lease_owner": None, "lease_until": None}
    if request.to is ItemState.RECEIVED:
        values |= dict.fromkeys(("clean", "report", "decision", "authentication", "lease_owner", "lease_until"))
        values |= {"attempts": 0, "milliseconds": 0, "clean_name": "", "clean_type": ""}
    return values
