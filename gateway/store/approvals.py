"""Releases that need a second person: asked for by one, approved or refused by another, done as one change."""

import secrets
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from gateway.access.model import EVERYTHING, Scope
from gateway.model import Item, ItemState
from gateway.store import deciding, reach, sought
from gateway.store.deeds import Doing, Reading
from gateway.store.errors import (
    AlreadyAsked,
    NoSuchApproval,
    NoSuchItem,
    NothingToDeliver,
    SamePerson,
    StoreError,
    WrongState,
)
from gateway.store.queries import Approval, ApprovalState, Wanted
from gateway.store.rows import to_datetime
from gateway.store.schema import approvals, items, transfers
from gateway.store.writer import Transaction

#: The list of what waits ends here.
MOST_WAITING = 500

_ITEM = select(items.c.id, items.c.state, items.c.clean).where(items.c.id == bindparam("id")).with_for_update()
_ROW = select(approvals).where(approvals.c.id == bindparam("id")).with_for_update()
_WAITS = approvals.c.state == ApprovalState.WAITING.value
_OF_ITEM = select(approvals).where(approvals.c.item_id == bindparam("id")).order_by(approvals.c.asked_at.desc())
_WHO_HANDED_IN = select(transfers.c.actor).where(transfers.c.id == bindparam("id"))
_DECIDE = (
    update(approvals)
    .where(approvals.c.id == bindparam("of"))
    .values(
        state=bindparam("new_state"),
        decided_by=bindparam("actor"),
        decided_at=bindparam("now"),
        answer=bindparam("why"),
    )
)


def person(actor: str) -> str:
    """Who an actor is, whichever way they came: "user:hanako" and "token:hanako:night" are one person."""
    kind, separator, rest = actor.partition(":")
    login = rest.partition(":")[0] if kind == "token" else rest
    return (login if separator and kind in {"user", "token"} else actor).casefold()


class Approvals:
    """The requests, and what becomes of them."""

    def __init__(self, do: Doing, read: Reading) -> None:
        self._do = do
        self._read = read

    async def ask(self, item_id: str, wanted: Wanted, *, reason: str, actor: str) -> Approval:
        """Ask for a release. Raises NoSuchItem, WrongState, NothingToDeliver, AlreadyAsked."""
        return await self._do(lambda transaction: _ask(transaction, item_id, wanted, reason, actor))

    async def approve(self, approval_id: str, *, actor: str, answer: str = "") -> Item:
        """Release what was asked for. Raises NoSuchApproval, SamePerson, and what a release raises."""
        return await self._do(lambda transaction: _approve(transaction, approval_id, actor, answer))

    async def refuse(self, approval_id: str, *, actor: str, answer: str) -> Approval:
        """Let the item stay held. Raises NoSuchApproval, SamePerson."""
        return await self._do(
            lambda transaction: _close(transaction, approval_id, ApprovalState.REFUSED, actor, answer)
        )

    async def withdraw(self, approval_id: str, *, actor: str, answer: str = "") -> Approval:
        """No longer ask. Raises NoSuchApproval."""
        return await self._do(
            lambda transaction: _close(transaction, approval_id, ApprovalState.WITHDRAWN, actor, answer)
        )

    async def get(self, approval_id: str, scope: Scope = EVERYTHING) -> Approval | None:
        """One request, whatever became of it; None when its item is out of the scope."""
        return await self._read(lambda connection: _get(connection, approval_id, scope))

    async def of(self, item_id: str) -> list[Approval]:
        """All of an item, the newest first."""
        return await self._read(
            lambda connection: [_approval(row) for row in connection.execute(_OF_ITEM, {"id": item_id})]
        )

    async def waiting(self, scope: Scope = EVERYTHING) -> list[Approval]:
        """What waits for a second person, the oldest first."""
        return await self._read(lambda connection: _waiting(connection, scope))


def _ask(transaction: Transaction, item_id: str, wanted: Wanted, reason: str, actor: str) -> Approval:
    connection = transaction.connection
    row = connection.execute(_ITEM, {"id": item_id}).one_or_none()
    if row is None:
        raise NoSuchItem(item_id)
    if row.state != ItemState.HELD.value:
        raise WrongState(item_id, ItemState(row.state), ItemState.RELEASED)
    if wanted is Wanted.CLEAN and row.clean is None:
        raise NothingToDeliver(item_id)
    if any(_stands_against(each, actor) for each in connection.execute(_OF_ITEM, {"id": item_id})):
        raise AlreadyAsked(item_id)
    values = {
        "id": secrets.token_hex(8),
        "item_id": item_id,
        "wanted": wanted.value,
        "reason": reason,
        "asked_by": actor,
        "asked_at": transaction.now,
        "state": ApprovalState.WAITING.value,
        "answer": "",
    }
    connection.execute(insert(approvals).values(values))
    transaction.audit(actor, "release_asked", item_id, approval=values["id"], wanted=wanted.value, reason=reason)
    return _approval(connection.execute(_ROW, {"id": values["id"]}).one())


def ask_when_settled(transaction: Transaction, item_id: str, group: str, mail_from: str) -> None:
    """A file may go on when a second person says so: asked in the name of who handed it in."""
    connection = transaction.connection
    if any(each.state == ApprovalState.WAITING.value for each in connection.execute(_OF_ITEM, {"id": item_id})):
        return
    actor = connection.execute(_WHO_HANDED_IN, {"id": group}).scalar() or f"user:{mail_from}"
    approval_id = secrets.token_hex(8)
    values = {
        "id": approval_id,
        "item_id": item_id,
        "wanted": Wanted.CLEAN.value,
        "reason": "profiles.transfer_approval",
        "asked_by": actor,
        "asked_at": transaction.now,
        "state": ApprovalState.WAITING.value,
        "answer": "",
    }
    connection.execute(insert(approvals).values(values))
    transaction.audit(
        actor, "release_asked", item_id, approval=approval_id, wanted=Wanted.CLEAN.value, reason=values["reason"]
    )


def _stands_against(earlier: Any, actor: str) -> bool:
    """One request at a time; and a recipient, who asks by a link that may be stolen, asks once."""
    asked_before = actor.startswith("recipient:") and earlier.asked_by.casefold() == actor.casefold()
    return bool(asked_before or earlier.state == ApprovalState.WAITING.value)


def _undecided(transaction: Transaction, approval_id: str) -> Any:
    row = transaction.connection.execute(_ROW, {"id": approval_id}).one_or_none()
    if row is None or row.state != ApprovalState.WAITING.value:
        raise NoSuchApproval
    return row


def _approve(transaction: Transaction, approval_id: str, actor: str, answer: str) -> Item:
    row = _undecided(transaction, approval_id)
    if person(row.asked_by) == person(actor):
        raise SamePerson
    original = row.wanted == Wanted.ORIGINAL.value
    # First what can be refused: a deed that raises must not have written anything.
    (item,) = deciding.change(
        transaction, [deciding.Change(row.item_id, ItemState.RELEASED, actor, row.reason, original, approval=row.id)]
    )
    if isinstance(item, StoreError):
        raise item
    values = {
        "of": row.id,
        "new_state": ApprovalState.APPROVED.value,
        "actor": actor,
        "now": transaction.now,
        "why": answer,
    }
    transaction.connection.execute(_DECIDE, values)
    transaction.audit(actor, "approved", row.item_id, approval=row.id, asked_by=row.asked_by, answer=answer)
    return item


def _close(transaction: Transaction, approval_id: str, state: ApprovalState, actor: str, answer: str) -> Approval:
    row = _undecided(transaction, approval_id)
    if state is ApprovalState.REFUSED and person(row.asked_by) == person(actor):
        raise SamePerson  # who changes their mind withdraws
    values = {"of": row.id, "new_state": state.value, "actor": actor, "now": transaction.now, "why": answer}
    transaction.connection.execute(_DECIDE, values)
    transaction.audit(actor, f"release_{state.value}"[:16], row.item_id, approval=row.id, answer=answer)
    return _approval(transaction.connection.execute(_ROW, {"id": row.id}).one())


def _get(connection: Connection, approval_id: str, scope: Scope) -> Approval | None:
    chosen = select(approvals).where(approvals.c.id == approval_id)
    row = connection.execute(_scoped(chosen, scope)).one_or_none()
    return None if row is None else _approval(row)


def _waiting(connection: Connection, scope: Scope) -> list[Approval]:
    chosen = _scoped(select(approvals).where(_WAITS), scope).order_by(approvals.c.asked_at, approvals.c.id)
    return [_approval(row) for row in connection.execute(chosen.limit(MOST_WAITING))]


def _scoped(chosen: Any, scope: Scope) -> Any:
    if reach.unlimited(scope):
        return chosen
    return chosen.join(items, items.c.id == approvals.c.item_id).where(sought.within(scope))


def _approval(row: Any) -> Approval:
    return Approval(
        id=row.id,
        item_id=row.item_id,
        wanted=Wanted(row.wanted),
        reason=row.reason,
        asked_by=row.asked_by,
        asked_at=to_datetime(row.asked_at),
        state=ApprovalState(row.state),
        decided_by=row.decided_by or "",
        decided_at=None if row.decided_at is None else to_datetime(row.decided_at),
        answer=row.answer,
    )
