"""What becomes of held items: released or discarded by a person, or expired at the end of their retention."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from gateway.model import Item, ItemState
from gateway.store.drafts import Draft, ItemQuery
from gateway.store.errors import WrongState
from sanitizers.rules import Rules

ACTOR = "retention"
PAGE = 100

log = logging.getLogger(__name__)


class Quarantine(Protocol):
    """The part of the store that quarantine needs."""

    async def change(
        self,
        item_id: str,
        *,
        to: ItemState,
        actor: str,
        reason: str,
        deliver_original: bool = False,
        notices: Sequence[tuple[Draft, bytes]] = (),
    ) -> Item:
        """With its audit row and notices. Raises WrongState, NoSuchItem, NothingToDeliver."""

    async def items(self, query: ItemQuery) -> list[Item]:
        """Newest first."""


async def release(store: Quarantine, item_id: str, actor: str, reason: str, original: bool = False) -> Item:
    """Let a held item go on: its clean version, or with `original` the bytes as they came in."""
    return await store.change(item_id, to=ItemState.RELEASED, actor=actor, reason=reason, deliver_original=original)


async def discard(store: Quarantine, item_id: str, actor: str, reason: str) -> Item:
    """End a held item without delivery and without a notice."""
    return await store.change(item_id, to=ItemState.DISCARDED, actor=actor, reason=reason)


async def expire_due(
    store: Quarantine, rules: Rules, now: datetime, expiry: Callable[[Item, datetime], tuple[Draft, bytes]]
) -> int:
    """Expire what was held longer than the rules say, each with a notice to its recipients; how many they were."""
    before = now - timedelta(days=rules.retention.held_days)
    last, expired = "", 0
    while True:
        page = await store.items(ItemQuery(state=ItemState.HELD, until=before, limit=PAGE, before_id=last))
        for item in page:
            expired += await _expire(store, item, now, expiry)
        if len(page) < PAGE:
            return expired
        last = page[-1].id


async def _expire(
    store: Quarantine, item: Item, now: datetime, expiry: Callable[[Item, datetime], tuple[Draft, bytes]]
) -> bool:
    """The notice and the end in one transaction: never one without the other."""
    reason = "held longer than retention.held_days"
    try:
        await store.change(item.id, to=ItemState.EXPIRED, actor=ACTOR, reason=reason, notices=[expiry(item, now)])
    except WrongState as error:
        log.warning("item %s was %s while it expired", item.id, error.state.value)
        return False
    return True
