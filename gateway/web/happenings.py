"""Live events: what the record says of items, told to whoever watches and may see them, as it happens."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Final

import msgspec

from gateway.access.model import Caller, Scope
from gateway.store.drafts import AuditRow
from gateway.store.errors import StoreError
from gateway.web.api.problem import Problem
from gateway.web.health import Served
from gateway.web.jobs import Job

POLL_SECONDS: Final = 1.0
QUIET_SECONDS: Final = 15.0  #: without an event: a heartbeat, and whether the watcher may still watch
STATISTICS_SECONDS: Final = 5.0  #: at least, between two notes that the figures have changed
PAGE: Final = 200  #: rows of the record in one look
REPLAYED: Final = 1_000  #: rows behind from which a watcher is brought up to date; further behind, it starts anew
WAITING: Final = 256  #: events that wait for a slow reader; more, and it has to start anew
WATCHERS: Final = 200
OF_ONE_PERSON: Final = 6

#: Of the record: what happened to an item. Who did it, and who looked at what, is the record's alone.
TOLD: Final = frozenset(
    {
        "received",
        "cleaned",
        "held",
        "released",
        "delivering",
        "deferred",
        "delivered",
        "bounced",
        "discarded",
        "expired",
        "retried",
        "to_clean_again",
        "release_asked",
        "approved",
        "release_refused",
        "release_withdraw",
    }
)

log = logging.getLogger(__name__)


class Happening(msgspec.Struct, frozen=True):
    """One event. `seq` is its place in the record; 0 for what has none."""

    name: str  #: item, statistics, job, reset
    data: dict[str, Any]
    seq: int = 0


RESET: Final = Happening("reset", {})  #: something was missed: ask for everything anew
STATISTICS: Final = Happening("statistics", {})  #: the figures have changed


class Watcher:
    """One reader of events, however slow."""

    def __init__(self, caller: Caller) -> None:
        self.person = caller.person.id
        self.scope = caller.scope
        self._waiting: deque[Happening] = deque()
        self._arrived = asyncio.Event()

    def tell(self, happening: Happening) -> None:
        """Never waits: whoever cannot keep up is told to start anew."""
        if len(self._waiting) >= WAITING:
            self._waiting.clear()
            happening = RESET
        self._waiting.append(happening)
        self._arrived.set()

    async def next(self, seconds: float) -> Happening | None:
        """The next event, or None after so many seconds without one."""
        if not self._waiting:
            self._arrived.clear()
            try:
                # Not wait_for: before Python 3.12 it can swallow a cancellation, and the reader would never be gone.
                async with asyncio.timeout(seconds):
                    await self._arrived.wait()
            except TimeoutError:
                return None
        return self._waiting.popleft()


class Happenings:
    """One for each process: reads the record once for all who watch, and only while somebody does."""

    def __init__(self, gateway: Served) -> None:
        self._gateway = gateway
        self._watchers: set[Watcher] = set()
        self._looking: asyncio.Task[None] | None = None
        self._ended = False

    def tell(self, person: str, job: Job) -> None:
        """How far a person's bulk action is."""
        for watcher in self._watchers:
            if watcher.person == person:
                watcher.tell(Happening("job", {"job": job.id, "state": job.state.value}))

    def stop(self) -> None:
        """The process ends: streams end, so that nobody waits for them."""
        self._ended = True
        if self._looking:
            self._looking.cancel()
        for watcher in self._watchers:
            watcher.tell(RESET)

    async def watch(self, caller: Caller, after: int | None = None) -> Watcher:
        """Begin; `after` is the last event that the reader has. Raises Problem too_many. End it with `leave`."""
        mine = sum(each.person == caller.person.id for each in self._watchers)
        if len(self._watchers) >= WATCHERS or mine >= OF_ONE_PERSON or self._ended:
            raise Problem("too_many", headers={"Retry-After": "10"})
        watcher = Watcher(caller)
        self._watchers.add(watcher)
        try:
            await self._begin(watcher, after)
        except BaseException:
            self.leave(watcher)
            raise
        return watcher

    def leave(self, watcher: Watcher) -> None:
        """The reader has gone."""
        self._watchers.discard(watcher)
        if not self._watchers and self._looking:
            self._looking.cancel()
            self._looking = None

    async def events(
        self, watcher: Watcher, still: Callable[[], Any], quiet: float = QUIET_SECONDS
    ) -> AsyncIterator[Happening | None]:
        """What happens from now on; None is a heartbeat. Ends when `still` says no, and with the process."""
        clock = asyncio.get_running_loop().time
        checked = clock()
        try:
            while not self._ended:
                happening = await watcher.next(quiet)
                if clock() - checked >= quiet:
                    if not await still():
                        return
                    checked = clock()
                yield happening
        finally:
            self.leave(watcher)

    async def _begin(self, watcher: Watcher, after: int | None) -> None:
        head = await self._gateway.store.audit_head()
        if after is not None:
            if not 0 <= head - after <= REPLAYED:
                watcher.tell(RESET)
            else:
                await self._replay(watcher, after, head)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look(head), name="live events")

    async def _replay(self, watcher: Watcher, after: int, head: int) -> None:
        while after < head:
            rows = await self._gateway.store.audit_after(after, PAGE)
            if not rows:
                return
            after = rows[-1].seq
            # What comes after `head` the watcher hears of from the common look.
            await self._spread([row for row in rows if row.seq <= head], [watcher])

    async def _look(self, after: int) -> None:
        figures = _Figures()
        while True:
            await asyncio.sleep(POLL_SECONDS)
            try:
                rows = await self._gateway.store.audit_after(after, PAGE)
                while rows:
                    after = rows[-1].seq
                    await self._spread(rows, list(self._watchers))
                    figures.changed = True
                    rows = await self._gateway.store.audit_after(after, PAGE)
            except StoreError as error:
                log.warning("live events wait for the store: %s", type(error).__name__)
                continue
            if figures.are_due():
                for watcher in self._watchers:
                    watcher.tell(STATISTICS)

    async def _spread(self, rows: Sequence[AuditRow], watchers: Sequence[Watcher]) -> None:
        told = [row for row in rows if row.action in TOLD and row.item_id]
        if not told:
            return
        ids = {row.item_id for row in told}
        within: dict[Scope, set[str]] = {}
        for scope in {watcher.scope for watcher in watchers}:
            within[scope] = await self._gateway.store.lists.within(ids, scope)
        for watcher in watchers:
            for row in told:
                if row.item_id in within[watcher.scope]:
                    watcher.tell(Happening("item", {"item": row.item_id, "what": row.action, "at": row.at}, row.seq))


class _Figures:
    """Whether there is a reason to ask for statistics again, now and then."""

    def __init__(self) -> None:
        self.changed = False
        self._at = 0.0

    def are_due(self) -> bool:
        now = asyncio.get_running_loop().time()
        if not self.changed or now - self._at < STATISTICS_SECONDS:
            return False
        self.changed, self._at = False, now
        return True


def as_sse(happening: Happening | None) -> bytes:
    """One event in the format of Server-Sent Events (HTML Living Standard, section 9.2)."""
    if happening is None:
        return b":\n\n"
    number = f"id: {happening.seq}\n" if happening.seq else ""
    return f"{number}event: {happening.name}\ndata: ".encode() + msgspec.json.encode(happening.data) + b"\n\n"
