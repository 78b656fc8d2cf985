"""What becomes of held items: released or discarded by a person, or expired at the end of their retention."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from gateway.model import TRANSFER_APPROVAL, Item, ItemState
from gateway.store.drafts import Draft, ItemQuery
from gateway.store.errors import StoreError, WrongState
from sanitizers.rules import Approval, Rules

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


class SecondPersonNeeded(StoreError):
    """The rules want another person to agree: the release is asked for, and approved by somebody else."""

    def __init__(self, item_id: str) -> None:
        super().__init__(f"a release of item {item_id} needs a second person (profiles.approval)")
        self.item_id = item_id


def needs_second_person(rules: Rules, profile: str, *, original: bool) -> bool:
    """Whether one person alone may not release an item of this profile."""
    found = rules.profiles.get(profile)
    if found is None:  # it has left the rules: nobody knows how strict it was, so as strict as any
        return any(needs_second_person(rules, name, original=original) for name in rules.profiles)
    return found.approval is Approval.ALWAYS or (original and found.approval is Approval.ORIGINAL)


def waits_for_approval(item: Item) -> bool:
    """Whether it is held for nothing but a second person's word: then no single person releases it."""
    return item.decision is not None and item.decision.rule.endswith(f".{TRANSFER_APPROVAL}")


async def release(
    store: Quarantine, rules: Rules, item: Item, actor: str, reason: str, *, original: bool = False
) -> Item:
    """Let a held item go on: its clean version, or with `original` the bytes as they came in.

    Raises SecondPersonNeeded, and what a change raises.
    """
    if needs_second_person(rules, item.profile, original=original) or waits_for_approval(item):
        raise SecondPersonNeeded(item.id)
    item_id = item.id
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
