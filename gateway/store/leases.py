"""Who works on what: a lease ends by itself, so that an item whose worker died is taken up again."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, bindparam, or_, select, update

from gateway.model import MAIL_CHANNELS, Channel, Item, ItemState
from gateway.store.loading import load
from gateway.store.rows import Values
from gateway.store.schema import items
from gateway.store.writer import Transaction


class Claim(msgspec.Struct, frozen=True):
    """A wish for work. Times in microseconds since 1970."""

    owner: str
    limit: int
    now: int
    until: int
    channels: frozenset[Channel] = MAIL_CHANNELS  #: whose items are wanted for delivery


class Renewal(msgspec.Struct, frozen=True):
    """More time for items that the owner still holds."""

    owner: str
    ids: tuple[str, ...]
    until: int


_FREE = or_(items.c.lease_until.is_(None), items.c.lease_until <= bindparam("now"))


def _claimable(condition: ColumnElement[bool], order: ColumnElement[int]) -> Select[*tuple[object, ...]]:
    # SKIP LOCKED: several gateways on one PostgreSQL never wait for each other here, nor take the same item.
    query = select(items).where(condition, _FREE).order_by(order, items.c.id).limit(bindparam("limit"))
    return query.with_for_update(skip_locked=True)


_FOR_CLEANING = _claimable(items.c.state == ItemState.RECEIVED.value, items.c.number)
_WANTED = items.c.channel.in_(bindparam("channels", expanding=True))
_FOR_DELIVERY = _claimable((items.c.due_at <= bindparam("now")) & _WANTED, items.c.due_at)
_HOLD: Values = {"lease_owner": bindparam("owner"), "lease_until": bindparam("until")}
_THESE = items.c.id.in_(bindparam("ids", expanding=True))
_BEGIN_CLEANING = update(items).where(_THESE).values(**_HOLD, attempts=items.c.attempts + 1)
_BEGIN_DELIVERY = (
    update(items).where(_THESE).values(**_HOLD, state=ItemState.DELIVERING.value, updated_at=bindparam("now"))
)
_RENEW = update(items).where(_THESE, items.c.lease_owner == bindparam("owner")).values(lease_until=bindparam("until"))
_GIVE_BACK = update(items).where(items.c.lease_owner == bindparam("owner")).values(lease_owner=None, lease_until=None)
# Two statements, each with an index: what is leased is either to be cleaned or to be delivered.
_FORFEITS = (
    _GIVE_BACK.where(items.c.state == ItemState.RECEIVED.value),
    _GIVE_BACK.where(items.c.due_at.is_not(None)),
)


def claim_for_cleaning(transaction: Transaction, claims: Sequence[Claim]) -> list[list[Item]]:
    """Received items that nobody works on, oldest first."""
    return [_claim_for_cleaning(transaction, claim) for claim in claims]


def _claim_for_cleaning(transaction: Transaction, claim: Claim) -> list[Item]:
    connection = transaction.connection
    rows = connection.execute(_FOR_CLEANING, {"now": claim.now, "limit": claim.limit}).all()
    if not rows:
        return []
    ids = [row.id for row in rows]
    connection.execute(_BEGIN_CLEANING, {"ids": ids, "owner": claim.owner, "until": claim.until})
    taken = load(connection, rows)
    return [msgspec.structs.replace(item, attempts=item.attempts + 1) for item in taken]


def claim_for_delivery(transaction: Transaction, claims: Sequence[Claim]) -> list[list[Item]]:
    """Items with a waiting recipient who is due, longest due first; they are DELIVERING from now on."""
    return [_claim_for_delivery(transaction, claim) for claim in claims]


def _claim_for_delivery(transaction: Transaction, claim: Claim) -> list[Item]:
    connection = transaction.connection
    wanted = {"now": claim.now, "limit": claim.limit, "channels": sorted(claim.channels)}
    rows = connection.execute(_FOR_DELIVERY, wanted).all()
    if not rows:
        return []
    ids = [row.id for row in rows]
    values = {"ids": ids, "owner": claim.owner, "until": claim.until, "now": transaction.now}
    connection.execute(_BEGIN_DELIVERY, values)
    for row in rows:
        if row.state != ItemState.DELIVERING:
            transaction.audit(claim.owner, ItemState.DELIVERING.value, row.id)
    taken = load(connection, rows)
    return [msgspec.structs.replace(item, state=ItemState.DELIVERING) for item in taken]


def renew(transaction: Transaction, renewals: Sequence[Renewal]) -> list[None]:
    """Leases that were lost stay lost."""
    for renewal in renewals:
        values = {"ids": renewal.ids, "owner": renewal.owner, "until": renewal.until}
        transaction.connection.execute(_RENEW, values)
    return [None] * len(renewals)


def forfeit(transaction: Transaction, owners: Sequence[str]) -> list[int]:
    """How many items each owner gave back."""
    return [_forfeit(transaction.connection, owner) for owner in owners]


def _forfeit(connection: Connection, owner: str) -> int:
    return sum(connection.execute(statement, {"owner": owner}).rowcount for statement in _FORFEITS)
