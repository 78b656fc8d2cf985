"""What people look through: pages of items, statistics, the overview; and what they do with many items at once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection, Coroutine, Sequence
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, bindparam, select

from gateway.access.model import EVERYTHING, Scope
from gateway.model import Item, ItemState
from gateway.store import listing, reach, sought, statistics
from gateway.store.deeds import Reading
from gateway.store.errors import (
    NeedsApproval,
    NoSuchItem,
    NothingToDeliver,
    OnItsWay,
    StoreError,
    StoreUnavailable,
    WrongState,
)
from gateway.store.queries import BulkAction, BulkProgress, HourCounts, Overview, Page, Query, QueueRow, Sort
from gateway.store.schema import items

#: Items that a bulk action takes in one transaction, so that mail is not kept waiting.
BATCH = 100
OUT_OF_SCOPE, NEEDS_APPROVAL = "out_of_scope", "needs_approval"
#: What a refusal is called in BulkProgress.
REFUSALS: dict[type[StoreError], str] = {
    NoSuchItem: OUT_OF_SCOPE,
    WrongState: "wrong_state",
    NothingToDeliver: "nothing_to_deliver",
    OnItsWay: "on_its_way",
    NeedsApproval: NEEDS_APPROVAL,
}
_TO = {
    BulkAction.RELEASE: ItemState.RELEASED,
    BulkAction.RELEASE_ORIGINAL: ItemState.RELEASED,
    BulkAction.DISCARD: ItemState.DISCARDED,
    BulkAction.HOLD: ItemState.HELD,
    BulkAction.CLEAN_AGAIN: ItemState.RECEIVED,
    BulkAction.RETRY: ItemState.DELIVERING,
}
_RELEASES = frozenset({BulkAction.RELEASE, BulkAction.RELEASE_ORIGINAL})
_WITHIN = select(items.c.id, items.c.profile).where(items.c.id.in_(bindparam("ids", expanding=True)))


class Changing(Protocol):
    """`Store.change`."""

    def __call__(
        self, item_id: str, *, to: ItemState, actor: str, reason: str, deliver_original: bool = False
    ) -> Coroutine[Any, Any, Item]:
        """One item's new state."""


class Bulk(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done with many items, and by whom."""

    chosen: Query | tuple[str, ...]  #: all that a search finds, or these numbers
    action: BulkAction
    actor: str
    reason: str
    scope: Scope = EVERYTHING  #: also of a search, whatever that itself says
    alone: frozenset[str] | None = None  #: profiles whose items one person alone may release; None: all of them


class Lists:
    """Reading for people; each answer within a scope."""

    def __init__(self, read: Reading, change: Changing) -> None:
        self._read = read
        self._change = change

    async def search(self, query: Query) -> Page:
        """A page of items. Raises BadCursor."""
        return await self._read(lambda connection: listing.search(connection, query))

    async def within(self, ids: Collection[str], scope: Scope) -> set[str]:
        """Which of these numbers are items within a scope."""
        return set(await self._read(lambda connection: profiles_within(connection, ids, scope)))

    async def statistics(self, scope: Scope, since: datetime, until: datetime) -> list[HourCounts]:
        """Hours in which anything happened, oldest first. Raises ValueError for too long a time."""
        return await self._read(lambda connection: statistics.statistics(connection, scope, since, until))

    async def overview(self, scope: Scope, now: datetime, zone: ZoneInfo) -> Overview:
        """What the first page shows."""
        return await self._read(lambda connection: statistics.overview(connection, scope, now, zone))

    async def queue(self, scope: Scope = EVERYTHING) -> list[QueueRow]:
        """Who waits for mail, by recipients' domain, the largest first."""
        return await self._read(lambda connection: statistics.queue(connection, scope))

    async def change_many(self, bulk: Bulk) -> AsyncIterator[BulkProgress]:
        """Do it, batch by batch, each item with its own row in the record; says after each batch how far it is.

        What came in after the beginning is left alone. Raises StoreUnavailable; what was done until then stands.
        """
        seen, changed, refused = 0, 0, Counter[str]()
        async for ids, total in self._batches(bulk):
            outcomes = await self._batch(bulk, ids)
            seen += len(ids)
            changed += outcomes.pop("", 0)
            refused += outcomes
            yield BulkProgress(seen, changed, dict(refused), max(total, seen))

    async def _batches(self, bulk: Bulk) -> AsyncIterator[tuple[Sequence[str], int]]:
        chosen = bulk.chosen
        if not isinstance(chosen, Query):
            ids = tuple(dict.fromkeys(chosen))
            for start in range(0, len(ids), BATCH):
                yield ids[start : start + BATCH], len(ids)
            return
        # From the newest to older ones: what is changed meanwhile moves nothing on the pages that follow.
        query = msgspec.structs.replace(chosen, sort=Sort.NEWEST, after="", limit=BATCH)
        page = await self.search(query)
        total = page.total
        while page.items or page.next:
            if page.items:
                yield [row.id for row in page.items], total
            if not page.next:
                return
            page = await self.search(msgspec.structs.replace(query, after=page.next))

    async def _batch(self, bulk: Bulk, ids: Sequence[str]) -> Counter[str]:
        """How many ended in each way; "" is success."""
        profiles = await self._read(lambda connection: profiles_within(connection, ids, bulk.scope))
        outcomes = Counter({OUT_OF_SCOPE: len(ids) - len(profiles)})
        allowed = [item_id for item_id in ids if item_id in profiles]
        if bulk.action in _RELEASES:
            alone = bulk.alone
            spared = [item_id for item_id in allowed if alone is not None and profiles[item_id] not in alone]
            outcomes[NEEDS_APPROVAL] = len(spared)
            allowed = [item_id for item_id in allowed if item_id not in set(spared)]
        # All are queued at once, so they share a transaction; one that is refused disturbs no other.
        results = await asyncio.gather(*(self._one(bulk, item_id) for item_id in allowed))
        return +(outcomes + Counter(results))

    async def _one(self, bulk: Bulk, item_id: str) -> str:
        try:
            await self._change(
                item_id,
                to=_TO[bulk.action],
                actor=bulk.actor,
                reason=bulk.reason,
                deliver_original=bulk.action is BulkAction.RELEASE_ORIGINAL,
            )
        except StoreUnavailable:
            raise
        except StoreError as refusal:
            return REFUSALS[type(refusal)]
        return ""


def profiles_within(connection: Connection, ids: Collection[str], scope: Scope) -> dict[str, str]:
    """Of these items, those within a scope, each with its profile."""
    chosen = _WITHIN if reach.unlimited(scope) else _WITHIN.where(sought.within(scope))
    return dict(connection.execute(chosen, {"ids": list(ids)}).all()) if ids else {}
