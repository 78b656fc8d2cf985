"""The part of the store that delivery needs, in memory: items, their bytes, and what was recorded of them."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

import msgspec

from gateway.model import Item, ItemState, RecipientState, Reply
from gateway.store.drafts import Draft, Progress
from gateway.store.errors import StoreUnavailable

MAIL = b"From: a@example.com\r\nSubject: x\r\n\r\nbody\r\n.dot\r\n"


class Deliveries:
    """`unavailable` calls of record fail first."""

    def __init__(self, *items: Item, data: bytes = MAIL, unavailable: int = 0) -> None:
        self.held = {item.id: item for item in items}
        self.data = data
        self.unavailable = unavailable
        self.leased: set[str] = set()
        self.notices: list[tuple[Draft, bytes]] = []
        self.recorded: list[tuple[str, list[Progress]]] = []
        self.changed = asyncio.Condition()

    async def lease_for_delivery(self, owner: str, limit: int, seconds: int, now: datetime) -> list[Item]:
        due = [
            item
            for item in self.held.values()
            if item.id not in self.leased
            and any(
                each.state is RecipientState.WAITING and (each.next_attempt_at is None or each.next_attempt_at <= now)
                for each in item.envelope.recipients
            )
        ][:limit]
        self.leased |= {item.id for item in due}
        return due

    async def renew(self, owner: str, ids: Sequence[str], seconds: int) -> None:
        pass

    async def clean(self, item: Item) -> bytes:
        return self.data

    async def record(
        self, owner: str, item_id: str, progress: Sequence[Progress], notices: Sequence[tuple[Draft, bytes]] = ()
    ) -> ItemState:
        if self.unavailable:
            self.unavailable -= 1
            raise StoreUnavailable("not now")
        self.notices += notices
        self.recorded.append((item_id, list(progress)))
        self.leased.discard(item_id)
        self.held[item_id] = _applied(self.held[item_id], progress)
        async with self.changed:
            self.changed.notify_all()
        states = {recipient.state for recipient in self.held[item_id].envelope.recipients}
        if RecipientState.WAITING in states:
            return ItemState.DELIVERING
        return ItemState.BOUNCED if RecipientState.BOUNCED in states else ItemState.DELIVERED

    async def until_recorded(self, count: int) -> list[tuple[str, list[Progress]]]:
        """Wait for so many attempts."""
        async with asyncio.timeout(60):
            async with self.changed:
                await self.changed.wait_for(lambda: len(self.recorded) >= count)
        return self.recorded

    def replies(self) -> dict[str, Reply | None]:
        """The last reply of every recipient of every item."""
        return {step.address: step.reply for _, steps in self.recorded for step in steps}

    def states(self) -> dict[str, RecipientState]:
        """The state of every recipient of every item."""
        return {each.address: each.state for item in self.held.values() for each in item.envelope.recipients}


def _applied(item: Item, progress: Sequence[Progress]) -> Item:
    steps = {step.address: step for step in progress}
    recipients = tuple(
        msgspec.structs.replace(
            each,
            state=steps[each.address].state,
            attempts=steps[each.address].attempts,
            next_attempt_at=steps[each.address].next_attempt_at,
            last_reply=steps[each.address].reply,
        )
        if each.address in steps
        else each
        for each in item.envelope.recipients
    )
    return msgspec.structs.replace(item, envelope=msgspec.structs.replace(item.envelope, recipients=recipients))
