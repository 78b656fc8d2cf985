"""Of which items of watched folders nobody was told yet: those that are held, or ended without a result."""

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import exists, literal, select

from gateway.model import Channel, ItemState
from gateway.store.deeds import Doing, Reading
from gateway.store.rows import to_microseconds
from gateway.store.schema import items, told
from gateway.store.telling import FOLDER_KEY, Telling, tell

#: States in which there is no result, but a report.
WITHOUT_RESULT = (ItemState.HELD, ItemState.DISCARDED, ItemState.EXPIRED)
#: An item that ended longer ago than this, while no gateway ran, is no news.
_LOOK_BACK = timedelta(days=30)

_REPORTED = exists().where(told.c.key == literal(FOLDER_KEY) + items.c.id + literal(" ") + items.c.state)
_UNREPORTED = (
    select(items.c.id, items.c.state)
    .where(items.c.channel == Channel.FOLDER.value, ~_REPORTED)
    .order_by(items.c.updated_at, items.c.id)
)


class Unreported(msgspec.Struct, frozen=True):
    """An item without a result, and the state that is to be told."""

    item_id: str
    state: ItemState


class FolderRecords:
    """Asked by what writes into folders."""

    def __init__(self, do: Doing, read: Reading) -> None:
        self._do = do
        self._read = read

    async def unreported(self, now: datetime, limit: int) -> list[Unreported]:
        """Items that are held or ended without a result, and whose folder has no report of that; the oldest first."""
        recent = items.c.updated_at >= to_microseconds(now - _LOOK_BACK)
        queries = [
            _UNREPORTED.where(items.c.state == state.value)
            if state is ItemState.HELD
            else _UNREPORTED.where(items.c.state == state.value, recent)
            for state in WITHOUT_RESULT
        ]
        rows = await self._read(lambda connection: [connection.execute(each.limit(limit)).all() for each in queries])
        return [Unreported(row.id, ItemState(row.state)) for found in rows for row in found]

    async def reported(self, news: Unreported, at: datetime) -> None:
        """Put on record that the folder has the report."""
        telling = Telling(key=f"{FOLDER_KEY}{news.item_id} {news.state.value}", at=at, since=None, notices=())
        await self._do(lambda transaction: tell(transaction, [telling]))
