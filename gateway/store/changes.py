"""How an item's state changes by itself: settled after cleaning, recorded after an attempt to deliver."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, insert, null, select, update

from gateway.model import FETCHED, Item, ItemState, RecipientState
from gateway.store import indexing, locks, reach
from gateway.store.approvals import ask_when_settled
from gateway.store.blobs import Kept
from gateway.store.drafts import Progress, Settlement
from gateway.store.errors import LeaseLost, NoSuchItem, StoreError, UnknownRecipient, WrongState
from gateway.store.keeping import Notice, blob_values, keep_notices
from gateway.store.loading import load, recipient_rows
from gateway.store.purging import release
from gateway.store.rows import Values, progress_values, settlement_values, shown_name
from gateway.store.schema import blobs, items, recipients
from gateway.store.withdrawal import withdraw
from gateway.store.writer import Transaction
from sanitizers.rules import Verdict


class Settled(msgspec.Struct, frozen=True):
    """The end of cleaning, by the owner of the lease; `clean` and `notices` are the settlement's bytes, kept."""

    owner: str
    item_id: str
    settlement: Settlement
    clean: Kept | None
    notices: tuple[Notice, ...] = ()


class Recorded(msgspec.Struct, frozen=True):
    """The end of an attempt to deliver."""

    owner: str
    item_id: str
    progress: tuple[Progress, ...]
    notices: tuple[Notice, ...]


_THESE = items.c.id.in_(bindparam("ids", expanding=True))
_HELD = (
    "id",
    "state",
    "lease_owner",
    "received_at",
    "number",
    "mail_from",
    "direction",
    "channel",
    "original_sha256",
    "follows",
    "name",
    "group_id",
)
_HOLDERS = select(*(items.c[name] for name in _HELD)).where(_THESE).with_for_update()
_ROWS = select(items).where(_THESE).with_for_update()
_ADDRESSES = (
    select(recipients.c.item_id, recipients.c.address)
    .where(recipients.c.item_id.in_(bindparam("ids", expanding=True)))
    .order_by(recipients.c.item_id, recipients.c.position)
)
_INSERT_BLOB = insert(blobs)


def _update_item(*columns: str) -> Any:
    values: Values = {name: bindparam(f"new_{name}") for name in ("state", "updated_at", "due_at", *columns)}
    return update(items).where(items.c.id == bindparam("of")).values(values)


_NO_LEASE = {"lease_owner": null(), "lease_until": null()}
_SETTLE = _update_item(
    "clean",
    "subject",
    "header_from",
    "report",
    "decision",
    "facts",
    "authentication",
    "milliseconds",
    "clean_name",
    "clean_type",
).values(_NO_LEASE)
_RECORD = _update_item("finished_at").values(_NO_LEASE)
_STEP = (
    update(recipients)
    .where(recipients.c.item_id == bindparam("of"), recipients.c.position == bindparam("at"))
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in (
                "state",
                "attempts",
                "next_attempt_at",
                "reply_code",
                "reply_enhanced",
                "reply_text",
                "reply_private",
            )
        }
    )
)


def _new(item_id: str, values: Values) -> Values:
    return {"of": item_id, **{f"new_{name}": value for name, value in values.items()}}


def _held(connection: Connection, requests: Iterable[Settled | Recorded], state: ItemState) -> dict[str, Any]:
    """Rows of the items that are in `state` and leased, by number; asked once for the whole group."""
    rows = connection.execute(_HOLDERS, {"ids": [request.item_id for request in requests]})
    return {row.id: row for row in rows if row.state == state}


def settle(transaction: Transaction, requests: Sequence[Settled]) -> list[StoreError | None]:
    """RECEIVED becomes CLEANED or HELD."""
    held = _held(transaction.connection, requests, ItemState.RECEIVED)
    addresses = addresses_by_item(transaction.connection, held)
    answers: list[StoreError | None] = []
    kept: list[Values] = []
    changed: list[Values] = []
    entries: list[indexing.Entry] = []
    asked: list[Values] = []
    notices: list[Notice] = []
    for request in requests:
        row = held.get(request.item_id)
        if row is None or row.lease_owner != request.owner:
            answers.append(LeaseLost(request.item_id, request.owner))
            continue
        asked += locks.rows_of(request.item_id, request.settlement.locks, transaction.now)
        notices += request.notices
        del held[request.item_id]  # a second settlement in the same group comes too late
        if request.clean is not None:
            kept.append(blob_values(request.clean, 1))
        values = _settled(transaction, request, row)
        changed.append(values)
        entries.append(_counted(transaction, request, row, addresses[row.id], values))
        answers.append(None)
    transaction.write(_INSERT_BLOB, kept)
    transaction.write(_SETTLE, changed)
    locks.keep(transaction, asked)
    keep_notices(transaction, notices)
    indexing.add(transaction.connection, entries)
    return answers


def addresses_by_item(connection: Connection, item_ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Whom each item is for, in the order of RCPT."""
    found: dict[str, list[str]] = {item_id: [] for item_id in item_ids}
    for item_id, address in connection.execute(_ADDRESSES, {"ids": list(found)}):
        found[item_id].append(address)
    return {item_id: tuple(addresses) for item_id, addresses in found.items()}


def _counted(
    transaction: Transaction, request: Settled, row: Any, addresses: tuple[str, ...], values: Values
) -> indexing.Entry:
    """What the end of cleaning adds to the counts, and to the index."""
    domains = reach.domains_of(reach.addresses_of(row.direction, row.mail_from, addresses))
    transaction.counts.cleaned(transaction.hour, domains, request.settlement.report)
    if values["new_state"] != row.state:  # what was held and stays so is counted once
        transaction.counts.became(transaction.hour, domains, ItemState(values["new_state"]))
    texts = {"subject": values["new_subject"], "header_from": values["new_header_from"]}
    return indexing.entry(row._asdict() | texts, addresses, request.settlement)


def _settled(transaction: Transaction, request: Settled, row: Any) -> Values:
    decision, clean = request.settlement.decision, request.clean
    delivers = decision.verdict is Verdict.DELIVER
    state = ItemState.CLEANED if delivers else ItemState.HELD
    sha256 = "" if clean is None else clean.sha256
    transaction.audit(request.owner, state.value, request.item_id, rule=decision.rule, sha256=sha256)
    if request.settlement.asks_approval and not delivers:
        ask_when_settled(transaction, request.item_id, row.group_id, row.mail_from)
    values = settlement_values(request.settlement) | {
        "state": state.value,
        "updated_at": transaction.now,
        # At once, the oldest mail first; after a clock that was set back its own time would lie in the future.
        "due_at": min(row.received_at, transaction.now) if delivers and row.channel not in FETCHED else None,
        "clean": None if clean is None else clean.id,
    }
    if row.name:  # a file is found by its name, whatever cleaning says
        values["subject"] = shown_name(row.name)
    return _new(request.item_id, values)


def resettle(transaction: Transaction, requests: Sequence[Settled]) -> list[Item | StoreError]:
    """HELD becomes CLEANED, or stays HELD with another report. `owner` is who had it cleaned again."""
    return [_resettle(transaction, request) for request in requests]


def _resettle(transaction: Transaction, request: Settled) -> Item | StoreError:
    connection, ids = transaction.connection, {"ids": [request.item_id]}
    row = connection.execute(_ROWS, ids).one_or_none()
    if row is None:
        return NoSuchItem(request.item_id)
    if row.state != ItemState.HELD.value:
        return WrongState(request.item_id, ItemState(row.state), ItemState.CLEANED)
    if request.clean is not None:
        transaction.write(_INSERT_BLOB, [blob_values(request.clean, 1)])
    (before,) = load(connection, [row])
    addresses = tuple([recipient.address for recipient in before.envelope.recipients])
    known = None if before.decision is None else Settlement(before.decision, None, before.report)
    indexing.remove(connection, [indexing.entry(row._asdict(), addresses, known)])
    values = _settled(transaction, request, row)
    transaction.write(_SETTLE, [values])
    indexing.add(connection, [_counted(transaction, request, row, addresses, values)])
    withdraw(transaction, row.id, request.owner)
    if row.clean is not None:
        release(connection, {row.clean: 1})
    return load(connection, connection.execute(_ROWS, ids).all())[0]


def record(transaction: Transaction, requests: Sequence[Recorded]) -> list[ItemState | StoreError]:
    """DELIVERING becomes DELIVERED or BOUNCED, or waits for the next attempt."""
    connection = transaction.connection
    held = _held(connection, requests, ItemState.DELIVERING)
    of_item: dict[str, list[Any]] = {item_id: [] for item_id in held}
    for row in recipient_rows(connection, held):
        of_item[row.item_id].append(row)
    answers: list[ItemState | StoreError] = []
    steps: list[Values] = []
    changed: list[Values] = []
    notices: list[Notice] = []
    for request in requests:
        row = held.get(request.item_id)
        if row is None or row.lease_owner != request.owner:
            answers.append(LeaseLost(request.item_id, request.owner))
            continue
        taken = _steps(of_item[request.item_id], request)
        if taken is None:
            answers.append(UnknownRecipient(request.item_id))
            continue
        del held[request.item_id]
        steps += taken.values()
        notices += request.notices
        state, values = _recorded(transaction, request, _waits(of_item[request.item_id], taken), row.received_at)
        whose = reach.addresses_of(row.direction, row.mail_from, [one.address for one in of_item[request.item_id]])
        transaction.counts.became(transaction.hour, reach.domains_of(whose), state)
        changed.append(values)
        answers.append(state)
    transaction.write(_STEP, steps)
    transaction.write(_RECORD, changed)
    keep_notices(transaction, notices)
    return answers


def _steps(rows: Sequence[Any], request: Recorded) -> dict[int, Values] | None:
    """New values by position; what is final stays so. None when an address is not the item's."""
    if not {step.address for step in request.progress} <= {row.address for row in rows}:
        return None
    of_address = {step.address: progress_values(step) for step in request.progress}
    return {
        row.position: _new(request.item_id, of_address[row.address]) | {"at": row.position}
        for row in rows
        if row.address in of_address and row.state == RecipientState.WAITING
    }


def _waits(rows: Sequence[Any], taken: dict[int, Values]) -> list[tuple[str, int | None]]:
    """State and next attempt of every recipient, after the steps."""
    return [
        (taken[row.position]["new_state"], taken[row.position]["new_next_attempt_at"])
        if row.position in taken
        else (row.state, row.next_attempt_at)
        for row in rows
    ]


def _recorded(
    transaction: Transaction, request: Recorded, waits: Sequence[tuple[str, int | None]], received_at: int
) -> tuple[ItemState, Values]:
    states = [state for state, _ in waits]
    counts = {state.value: states.count(state) for state in RecipientState}
    due = [
        min(received_at, transaction.now) if at is None else at
        for state, at in waits
        if state == RecipientState.WAITING
    ]
    if due:
        state, action = ItemState.DELIVERING, "deferred"
    else:
        state = ItemState.BOUNCED if counts[RecipientState.BOUNCED] else ItemState.DELIVERED
        action = state.value
    transaction.audit(request.owner, action, request.item_id, **counts)
    now = transaction.now
    values = {
        "state": state.value,
        "updated_at": now,
        "due_at": min(due, default=None),
        "finished_at": None if due else now,
    }
    return state, _new(request.item_id, values)
