"""What people were told of, so that nobody hears the same twice, however many gateways there are; and what to tell."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, and_, delete, exists, func, literal, select, text

from gateway.model import FILE_CHANNELS, Channel, Direction, ItemState
from gateway.store.deeds import Doing, Reading
from gateway.store.keeping import Notice, keep_notices
from gateway.store.rows import NUMBERS, to_datetime, to_microseconds
from gateway.store.schema import audit, items, locks, recipients, told
from gateway.store.writer import Transaction

_PAGE = 1_000
_HELD_KEY = "held "
FOLDER_KEY = "folder "
#: How long rows of each kind are needed: longer than what they are about is news, or can be tried again.
_KEPT = {
    _HELD_KEY: timedelta(days=3),  # digest.LOOK_BACK is one
    "oidc ": timedelta(days=1),  # a sign-in takes minutes
    "digest ": timedelta(days=400),  # of addresses that are no longer
    "sent ": timedelta(days=400),  # of transfers, which end long before
    FOLDER_KEY: timedelta(days=3_660),  # longer than anything is held: a report in a watched folder
}
#: In one statement: of several gateways that tell at the same moment the database lets one through.
_CLAIM = text(
    "INSERT INTO told (key, at) VALUES (:key, :at) ON CONFLICT (key) DO UPDATE SET at = excluded.at"
    " WHERE told.at < :since"
)
_FROM_OUTSIDE = and_(
    items.c.state == ItemState.HELD.value,
    items.c.channel.in_(sorted({Channel.SMTP} | FILE_CHANNELS)),  # never about a notice
    items.c.direction == Direction.INBOUND.value,
)
_OF_ITEM = recipients.c.item_id == items.c.id


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """News for somebody, and the name under which it is told once."""

    key: str
    at: datetime  #: what is remembered
    since: datetime | None  #: told again when the last time was before this; None: never again
    notices: tuple[Notice, ...]


class Waiting(msgspec.Struct, frozen=True):
    """A held mail or file from outside and one of those it came for."""

    item_id: str
    address: str
    profile: str
    held_at: datetime


class Closed(msgspec.Struct, frozen=True):
    """A wrong password that closed a lock."""

    item_id: str
    at: datetime


class Tellings:
    """What was told, and what there is to tell."""

    def __init__(self, do: Doing, read: Reading) -> None:
        self._do = do
        self._read = read

    async def last(self, prefix: str) -> dict[str, datetime]:
        """When each thing was told whose key begins so; the rest of the key names it."""
        query = select(told.c.key, told.c.at).where(told.c.key.startswith(prefix, autoescape=True))
        rows = await self._read(lambda connection: connection.execute(query).all())
        return {row.key.removeprefix(prefix): to_datetime(row.at) for row in rows}

    async def held(self, after: tuple[int, int] = (-1, -1)) -> tuple[list[Waiting], tuple[int, int] | None]:
        """A page of what is held, the oldest first, by recipient; and where the next page begins."""
        return await self._read(lambda connection: _held(connection, after))

    async def untold(self, profiles: Sequence[str], received_since: datetime, limit: int) -> list[str]:
        """Numbers of mails and files of these profiles that are held, and that nobody was told of by `held_key`."""
        query = _untold(profiles, received_since).limit(limit)
        return list(await self._read(lambda connection: connection.execute(query).scalars().all()))

    async def closed_locks(self, after: int) -> tuple[list[Closed], int]:
        """Rows of the record after this one that closed a lock, and the number of the last row that was looked at."""
        return await self._read(lambda connection: _closed(connection, after))

    async def once(self, key: str, at: datetime) -> bool:
        """Whether this is the first time; of several who ask at the same moment one hears yes."""
        telling = Telling(key=key, at=at, since=None, notices=())
        return await self._do(lambda transaction: _tell(transaction, telling))

    async def tidy(self, now: datetime) -> None:
        """Remove what could not be told again anyway."""

        def deed(transaction: Transaction) -> None:
            for prefix, kept in _KEPT.items():
                old = (told.c.at < to_microseconds(now - kept)) & told.c.key.startswith(prefix, autoescape=True)
                transaction.connection.execute(delete(told).where(old))

        await self._do(deed)


def held_key(item_id: str) -> str:
    """Under which the recipients of a held item are told at once."""
    return _HELD_KEY + item_id


def tell(transaction: Transaction, requests: Sequence[Telling]) -> list[bool]:
    """Whether each was news; then its notices are kept in the same transaction."""
    return [_tell(transaction, request) for request in requests]


def _tell(transaction: Transaction, request: Telling) -> bool:
    since = -1 if request.since is None else to_microseconds(request.since)
    values = {"key": request.key, "at": to_microseconds(request.at), "since": since}
    if transaction.connection.execute(_CLAIM, values).rowcount != 1:
        return False
    keep_notices(transaction, request.notices)
    return True


def _held(connection: Connection, after: tuple[int, int]) -> tuple[list[Waiting], tuple[int, int] | None]:
    number, position = after
    columns = (items.c.id, items.c.profile, items.c.updated_at, items.c.number)
    following = (items.c.number > number) | ((items.c.number == number) & (recipients.c.position > position))
    query = (
        select(*columns, recipients.c.address, recipients.c.position)
        .join(recipients, _OF_ITEM)
        .where(_FROM_OUTSIDE, items.c.number >= number, following)
        .order_by(items.c.number, recipients.c.position)
        .limit(_PAGE)
    )
    rows = connection.execute(query).all()
    found = [Waiting(row.id, row.address, row.profile, to_datetime(row.updated_at)) for row in rows]
    return found, (rows[-1].number, rows[-1].position) if len(rows) == _PAGE else None


def _closed(connection: Connection, after: int) -> tuple[list[Closed], int]:
    head = connection.execute(select(func.max(audit.c.seq))).scalar() or 0
    shut = exists().where(locks.c.item_id == audit.c.item_id, locks.c.state == "closed")
    wrong = (audit.c.seq > after) & (audit.c.seq <= head) & (audit.c.action == "wrong_password") & shut
    rows = connection.execute(select(audit.c.item_id, audit.c.at).where(wrong).order_by(audit.c.seq)).all()
    return [Closed(row.item_id, datetime.fromisoformat(row.at)) for row in rows], head


def _untold(profiles: Sequence[str], received_since: datetime) -> Select[Any]:
    known = exists().where(told.c.key == literal(_HELD_KEY) + items.c.id)
    recent = items.c.number >= to_microseconds(received_since) * NUMBERS
    chosen = select(items.c.id).where(_FROM_OUTSIDE, recent, items.c.profile.in_(list(profiles)), ~known)
    return chosen.order_by(items.c.number)
