"""Waiting for the end of cleaning: woken by what this process settles, looking by itself for what another one does."""

import asyncio
from collections.abc import Awaitable, Callable

from gateway.model import Item, ItemState
from gateway.store.errors import NoSuchItem

LOOK_SECONDS = 1.0  #: for what a worker in another process does


class Settled:
    """Who waits for which item."""

    def __init__(self, item: Callable[[str], Awaitable[Item | None]]) -> None:
        self._item = item
        self._waiting: dict[str, set[asyncio.Event]] = {}

    def tell(self, item_id: str) -> None:
        """The item was settled just now."""
        for event in self._waiting.get(item_id, ()):
            event.set()

    async def wait(self, item_id: str, timeout: float) -> Item | None:  # noqa: ASYNC109 - None is the answer
        """The item once it is no longer RECEIVED; None: it still is, after `timeout` seconds. Raises NoSuchItem."""
        event = asyncio.Event()
        self._waiting.setdefault(item_id, set()).add(event)
        try:
            return await self._until(event, item_id, asyncio.get_running_loop().time() + timeout)
        finally:
            waiting = self._waiting[item_id]
            waiting.discard(event)
            if not waiting:
                del self._waiting[item_id]

    async def _until(self, event: asyncio.Event, item_id: str, deadline: float) -> Item | None:
        while True:
            item = await self._item(item_id)
            if item is None:
                raise NoSuchItem(item_id)
            if item.state is not ItemState.RECEIVED:
                return item
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                return None
            try:
                async with asyncio.timeout(min(left, LOOK_SECONDS)):
                    await event.wait()
            except TimeoutError:
                continue
            event.clear()
