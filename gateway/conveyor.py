"""Carries leased items through one handler: bounded in number and in bytes, with their leases renewed."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from gateway.model import Item
from gateway.store.errors import LeaseLost, StoreUnavailable

LEASE_SECONDS = 60  # a dead owner's items are taken up after this
RENEW_SECONDS = 20.0
POLL_SECONDS = 2.0  # looks for items whose owner died or whose time has come
BACK_OFF_SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0)  # while the store is unavailable

T = TypeVar("T")

log = logging.getLogger(__name__)

Lease = Callable[[int], Awaitable[Sequence[Item]]]
Carry = Callable[[Item], Awaitable[None]]
Renew = Callable[[Sequence[str]], Awaitable[None]]


class Conveyor:
    """Takes up to `capacity` items at once, and begins one only while those begun weigh at most `capacity_bytes`."""

    def __init__(self, name: str, lease: Lease, carry: Carry, renew: Renew, capacity: int, capacity_bytes: int) -> None:
        self.name = name
        self._lease = lease
        self._carry = carry
        self._renew = renew
        self._capacity = capacity
        self._capacity_bytes = capacity_bytes
        self._bytes = 0
        self._running: dict[str, asyncio.Task[None]] = {}
        self._signal = asyncio.Event()  # something to look at: a wake, a free place, the end
        self._full = False  # waiting for a place, so that an item's end is news
        self._lighter = asyncio.Condition()
        self._too_heavy = 0  # items that wait until others are done
        self._stopping = False
        self._failures = 0

    @property
    def in_flight(self) -> int:
        """Items taken and not finished."""
        return len(self._running)

    def wake(self) -> None:
        """There may be items to take: look at once."""
        self._signal.set()

    async def run(self) -> None:
        """Until `stop`; then finishes what it took. When cancelled, what it took is cancelled too."""
        renewing = asyncio.create_task(self._keep_leases(), name=f"{self.name} leases")
        try:
            while not self._stopping:
                await self._take()
            await self._finish()
        finally:
            renewing.cancel()
            for task in self._running.values():
                task.cancel()

    async def stop(self) -> None:
        """Take nothing more."""
        self._stopping = True
        self._signal.set()

    async def _take(self) -> None:
        """One look: lease what there is room for, then wait when there was less than that."""
        room = self._capacity - len(self._running)
        if room < max(1, self._capacity // 4):  # many in one lease are cheaper than one at a time
            self._full = True
            await self._wait()
            return
        self._full = False
        self._signal.clear()
        try:
            items = await self._lease(room)
        except StoreUnavailable as error:
            await self._back_off(error)
            return
        self._failures = 0
        for item in items:
            self._begin(item)
        if len(items) < room:
            await self._wait()

    def _begin(self, item: Item) -> None:
        if item.id in self._running:  # our own lease ran out while we were still at it
            return
        task = asyncio.create_task(self._carry_within_bounds(item), name=f"{self.name} {item.id}")
        self._running[item.id] = task
        task.add_done_callback(lambda done: self._ended(item.id, done))

    async def _carry_within_bounds(self, item: Item) -> None:
        weight = min(item.original_size, self._capacity_bytes // 2)
        if self._bytes + weight > self._capacity_bytes:
            await self._until_lighter(weight)
        self._bytes += weight
        try:
            await self._carry(item)
        finally:
            self._bytes -= weight
            if self._too_heavy:
                async with self._lighter:
                    self._lighter.notify_all()

    async def _until_lighter(self, weight: int) -> None:
        self._too_heavy += 1
        try:
            async with self._lighter:
                await self._lighter.wait_for(lambda: self._bytes + weight <= self._capacity_bytes)
        finally:
            self._too_heavy -= 1

    def _ended(self, item_id: str, task: asyncio.Task[None]) -> None:
        """The item's lease runs out and it is taken up again, whatever went wrong; the log says what it was."""
        del self._running[item_id]
        if self._full:
            self._signal.set()
        error = None if task.cancelled() else task.exception()
        if isinstance(error, LeaseLost):
            log.warning("%s: item %s was taken over by another process", self.name, item_id)
        elif isinstance(error, StoreUnavailable):
            log.warning("%s: item %s: the store is unavailable; it will be taken up again", self.name, item_id)
        elif error:
            words = "%s: item %s: %s at %s; it will be taken up again"
            log.error(words, self.name, item_id, type(error).__name__, place(error))

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._signal.wait()
        except TimeoutError:
            return
        self._signal.clear()

    async def _back_off(self, error: StoreUnavailable) -> None:
        seconds = BACK_OFF_SECONDS[min(self._failures, len(BACK_OFF_SECONDS) - 1)]
        self._failures += 1
        log.warning("%s: the store is unavailable (%s); trying again in %s s", self.name, type(error).__name__, seconds)
        await asyncio.sleep(seconds)

    async def _keep_leases(self) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            if not self._running:
                continue
            try:
                await self._renew(list(self._running))
            except StoreUnavailable:
                log.warning("%s: leases could not be renewed", self.name)

    async def _finish(self) -> None:
        while self._running:
            await asyncio.wait(list(self._running.values()))


def place(error: BaseException) -> str:
    """Function and line where it was raised: enough to find the fault, nothing of what was being worked on."""
    traceback = error.__traceback__
    while traceback and traceback.tb_next:
        traceback = traceback.tb_next
    if traceback is None:
        return "unknown place"
    return f"{traceback.tb_frame.f_code.co_name}:{traceback.tb_lineno}"


async def persistently(operation: Callable[[], Awaitable[T]]) -> T:
    """A few tries while the store is unavailable; after that the item's lease ends and it is taken up again."""
    for seconds in BACK_OFF_SECONDS:
        try:
            return await operation()
        except StoreUnavailable as error:
            log.warning("the store is unavailable (%s); trying again in %s s", type(error).__name__, seconds)
            await asyncio.sleep(seconds)
    return await operation()


async def until_recorded(operation: Callable[[], Awaitable[T]]) -> T:
    """What went out must not be forgotten, or it goes out again: tried for as long as the store is unavailable.

    Meanwhile nobody else takes the item unless its lease ends; this process never does while it holds on to it.
    """
    failures = 0
    while True:
        try:
            return await operation()
        except StoreUnavailable as error:
            seconds = BACK_OFF_SECONDS[min(failures, len(BACK_OFF_SECONDS) - 1)]
            log.warning("a delivery is not on record yet (%s); trying again in %s s", type(error).__name__, seconds)
        failures += 1
        await asyncio.sleep(seconds)
