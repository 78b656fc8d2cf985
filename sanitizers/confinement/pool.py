"""Children for the gateway: hands out items, warm or each to a child of its own, and believes nothing unchecked."""

import asyncio
import logging
import os
import tempfile
import time
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager, suppress

import msgspec

from sanitizers.confinement import scratch
from sanitizers.confinement.conversions import Document, may_be_tried_again, refusal
from sanitizers.confinement.converter import Conversion, check_installed
from sanitizers.confinement.enclosures import CONVERTER, READER, WARM_CONVERTER, Enclosure, Missing, Wall
from sanitizers.confinement.forking import CannotStart, ForkServer
from sanitizers.confinement.forking import Order as ChildOrder
from sanitizers.confinement.looking import Looking, ended, stopped
from sanitizers.confinement.note import Place
from sanitizers.confinement.offices import Offices
from sanitizers.confinement.order import TRIES, AskParent, Order, Unfit
from sanitizers.confinement.passage import Outlet, Source
from sanitizers.confinement.process import Child
from sanitizers.confinement.protocol import ProtocolBroken
from sanitizers.confinement.talk import OverLimit
from sanitizers.confinement.walls import account
from sanitizers.confinement.wire import ChildGone
from sanitizers.model import CannotSanitize, Cleaned, Threat
from sanitizers.rules import Budget, Task
from sanitizers.views import View, ViewWish

log = logging.getLogger(__name__)

START_SECONDS = 60.0
FIRST_PAUSE = 0.5  #: seconds before a child that did not come up is started again; doubles
LONGEST_PAUSE = 30.0
CLEARINGS = 20  #: tries to remove a folder in which a converter was still writing, and seconds between them
CLEARING_SECONDS = 0.1
WORKSHOP = "sanitizers.workshop"


class PoolCannotStart(Exception):
    """No child comes up; the text says why."""


class PoolStopped(Exception):
    """The pool was stopped before the item was done: nothing is known of the item, clean it again."""


class NoneWarm(Exception):
    """There is no warm LibreOffice on this host, or not now."""


class Pool:
    """`count` items at once (0: one for each processor), each in a confined child."""

    def __init__(
        self,
        count: int,
        *,
        budget: Budget,
        items_before_recycling: int,
        seconds_before_recycling: int,
        accepted: frozenset[Wall] = frozenset(),
        user: str = "nobody",
        workshop: str = WORKSHOP,
        start_seconds: float = START_SECONDS,
    ) -> None:
        self._count = count or len(os.sched_getaffinity(0))
        self._items = items_before_recycling
        self._seconds = seconds_before_recycling
        self._budget = budget
        self._scratch_root = tempfile.gettempdir()
        self._warm_order = ChildOrder(READER.name, budget.memory, budget.seconds + seconds_before_recycling)
        self._lone_order = ChildOrder(READER.name, budget.memory, budget.seconds + 1)
        self._accepted = accepted
        self._user = user
        self._workshop = workshop
        self._start_seconds = start_seconds
        self._offices = self._cold_offices()
        self._places = asyncio.Semaphore(0)
        self._large_places = asyncio.Semaphore(max(1, self._count - 1))
        self._idle: list[Child] = []
        self._busy: set[Child] = set()
        self._server: ForkServer | None = None
        self._server_lock = asyncio.Lock()
        self._server_started = 0.0
        self._retired: set[ForkServer] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._stopped = True
        self.deaths = 0  #: children that ended abnormally since the start

    def _cold_offices(self) -> Offices:
        return Offices(self._user, self._accepted, self._seconds, self._start_seconds)

    async def start(self) -> None:
        """Returns when all children are warm; raises PoolCannotStart, or PoolStopped when it was stopped meanwhile."""
        self._stopped = False
        self._stopping = asyncio.Event()
        self._places = asyncio.Semaphore(self._count)
        self._offices = self._cold_offices()
        scratch.sweep(self._scratch_root)
        try:
            server = await self._running_server()
            started = await asyncio.gather(*(server.bear(self._warm_order, self._accepted) for _ in range(self._count)))
        except CannotStart as failure:
            await self.stop()
            raise PoolCannotStart(f"the sanitising process does not start: {failure}") from failure
        except BaseException:
            await self.stop()
            raise
        self._idle = list(started)
        for missing in server.missing:
            log.warning("the wall %s is missing, as accepted: %s", missing.wall, missing.reason)

    async def stop(self) -> None:
        """Ends every child; an item in one of them raises PoolStopped."""
        self._stopped = True
        self._stopping.set()
        self._places.release()  # for the first who waits; each wakes the next
        servers = [*self._retired, *([self._server] if self._server else [])]
        self._server, self._retired, self._idle = None, set(), []
        await asyncio.gather(*(server.stop() for server in servers), self._offices.stop())
        await asyncio.gather(*self._tasks)

    @property
    def alive(self) -> int:
        """Children that are running, busy or not."""
        return sum(not child.wire.gone for child in (*self._idle, *self._busy))

    @property
    def missing(self) -> frozenset[Missing]:
        """Walls that this host does not give, accepted by the settings."""
        return self._server.missing if self._server else frozenset()

    async def clean(
        self, task: Task, original: bytes | Source, ask_dns: AskParent, outlet: Outlet | None = None
    ) -> Cleaned:
        """The item in a child; with an outlet, what may go on goes there.

        Whatever a child does comes back as blocked; raises only PoolStopped, and what source and outlet raise.
        """
        order = Order(task, original, ask_dns, self.convert, outlet)
        async with self._room_for(order), self._place():
            while True:
                cleaned = await self._try(order)
                if cleaned is not None:
                    return cleaned

    async def view(self, task: Task, original: bytes | Iterable[bytes], wish: ViewWish, clean: bytes = b"") -> View:
        """What a person wishes to see of an item; `clean` is what went on, b"" for nothing.

        From a child of its own. Whatever that does comes back as NoView; raises only PoolStopped.
        """
        looking = Looking(task, original, wish, clean, self.convert)
        async with self._place():
            child = await self._bear(self._lone_order)
            self._busy.add(child)
            try:
                return await looking.look_in(child)
            except (TimeoutError, OverLimit) as crossing:
                return stopped(task, child, crossing)
            except (ProtocolBroken, ChildGone) as failure:
                if self._stopped:
                    raise PoolStopped from None
                return await ended(task, child, failure)
            finally:
                self._busy.discard(child)
                self._give_back(child, sound=False)

    async def convert(self, conversion: Conversion, data: bytes, budget: Budget | None = None) -> bytes:
        """The document as the converter wrote it, untrusted still; raises CannotSanitize or PoolStopped.

        Takes no place: it is the item that holds one which asks for it, one document at a time, so there are never more
        converters than places. A warm LibreOffice is only quicker: where there is none, or it makes nothing of the
        document, one is started for it, within the same time.
        """
        check_installed(conversion)
        budget = budget or self._budget
        until = time.monotonic() + budget.seconds
        try:
            return await self._converted(conversion, data, budget, WARM_CONVERTER)
        except NoneWarm:
            pass
        except CannotSanitize as failure:
            if not may_be_tried_again(failure):
                raise
            log.warning("a document is tried once more, with LibreOffice started for it: %s", failure.detail)
        left = int(until - time.monotonic())
        if left < 1:
            raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"not converted within {budget.seconds} seconds")
        return await self._converted(conversion, data, msgspec.structs.replace(budget, seconds=left), CONVERTER)

    async def _converted(self, conversion: Conversion, data: bytes, budget: Budget, enclosure: Enclosure) -> bytes:
        """Once, in a folder of its own; raises NoneWarm, too."""
        owner = account(self._user) if os.geteuid() == 0 else None
        try:
            folder = scratch.make(self._scratch_root, owner)
        except OSError as error:
            raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"no room for converting it: {error.strerror}") from error
        try:
            return await self._convert(Document(conversion, data, budget, folder, enclosure))
        finally:
            self._clear(folder)

    def _clear(self, folder: scratch.Scratch) -> None:
        try:
            folder.remove()
        except OSError:  # a converter that lost its fork server may take a moment longer to die
            self._begin(_clear_soon(folder))

    async def _convert(self, document: Document) -> bytes:
        try:
            async with asyncio.timeout(document.seconds):
                return await self._convert_in_child(document)
        except TimeoutError:
            detail = f"not converted within {document.seconds} seconds"
            raise CannotSanitize(Threat.LIMIT_EXCEEDED, detail) from None

    async def _convert_in_child(self, document: Document) -> bytes:
        child = await self._converter_for(document.order)
        self._busy.add(child)
        try:
            return await document.convert_in(child)
        except OverLimit as crossing:
            raise CannotSanitize(Threat.LIMIT_EXCEEDED, str(crossing)) from None
        except (ProtocolBroken, ChildGone):
            if self._stopped:
                raise PoolStopped from None
            raise refusal(await child.end()) from None
        finally:
            self._busy.discard(child)
            await child.end()  # before its folder goes

    async def _converter_for(self, order: ChildOrder) -> Child:
        if order.enclosure != WARM_CONVERTER.name:
            return await self._bear(order)
        child = await self._offices.bear(order)
        if self._stopped and child is None:
            raise PoolStopped
        if child is None:
            raise NoneWarm
        return child

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        async with self._places:
            if self._stopped:
                raise PoolStopped
            yield

    @asynccontextmanager
    async def _room_for(self, order: Order) -> AsyncIterator[None]:
        """Large items leave a place to the others, where there are several."""
        if not order.large:
            yield
            return
        async with self._large_places:
            yield

    async def _try(self, order: Order) -> Cleaned | None:
        """None: once more, in another child."""
        child = await self._child_for(order)
        self._busy.add(child)
        sound = False
        try:
            cleaned = await order.clean_in(child)
            sound = not order.alone
        except Unfit:
            order.needs_own_child()
            sound = True
            return None
        except TimeoutError:
            return _stopped(order, child, f"not done within {order.task.budget.seconds} seconds")
        except OverLimit as crossing:
            return _stopped(order, child, str(crossing))
        except (ProtocolBroken, ChildGone) as failure:
            if self._stopped:
                raise PoolStopped from None
            return await self._after(failure, child, order)
        finally:
            self._busy.discard(child)
            self._give_back(child, sound=sound)
        return cleaned

    async def _after(self, failure: ProtocolBroken | ChildGone, child: Child, order: Order) -> Cleaned | None:
        item = order.task.item
        if isinstance(failure, ProtocolBroken):
            log.warning("item %s: a sanitising process answered wrongly: %s", item, failure)
            return order.blocked(Threat.MALFORMED, "the sanitising process answered wrongly")
        self.deaths += 1
        ending = await child.end()
        log.warning("item %s: a sanitising process ended while at part %s: %s", item, ending.place.path, ending.words)
        verdict = order.after_death(ending)
        if isinstance(verdict, Place):
            log.error("item %s: part %s brought down %d of them and is left out", item, verdict.path, TRIES)
            return None
        return verdict

    def _give_back(self, child: Child, *, sound: bool) -> None:
        if sound and not self._stopped and not self._worn(child):
            self._idle.append(child)
        else:
            child.kill()
            self._tidy()

    def _worn(self, child: Child) -> bool:
        return child.items >= self._items or time.monotonic() - child.started >= self._seconds

    async def _child_for(self, order: Order) -> Child:
        while self._idle and not order.alone:
            child = self._idle.pop()
            if child.idle and not self._worn(child):
                return child
            child.kill()
        return await self._bear(self._order_for(order.task) if order.alone else self._warm_order)

    def _order_for(self, task: Task) -> ChildOrder:
        """A child of its own may use what the item's budget allows, if that is more than an ordinary one."""
        memory = max(task.budget.memory, self._budget.memory)
        return ChildOrder(READER.name, memory, max(task.budget.seconds, self._budget.seconds) + 1)

    async def _bear(self, wanted: ChildOrder) -> Child:
        pause = FIRST_PAUSE
        while not self._stopped:
            try:
                return await (await self._running_server()).bear(wanted, self._accepted)
            except CannotStart as failure:
                if self._stopped:
                    break
                log.warning("a sanitising process does not start, again in %g seconds: %s", pause, failure)
            await self._pause(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        raise PoolStopped

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return

    async def _running_server(self) -> ForkServer:
        """The present one, or a new one: children of one fork server share its layout of memory, so none lasts."""
        async with self._server_lock:
            server = self._server
            if server and not server.gone and time.monotonic() - self._server_started < self._seconds:
                return server
            fresh = await self._new_server()
            if self._stopped:
                await fresh.stop()
                raise PoolStopped
            self._server = fresh
            if server:
                self._retired.add(server)
                self._tidy()
            return fresh

    async def _new_server(self) -> ForkServer:
        server = await ForkServer.start(self._user, self._workshop, self._start_seconds)
        self._server_started = time.monotonic()
        return server

    def _tidy(self) -> None:
        """A retired fork server ends with its last child."""
        for child in [child for child in self._idle if self._worn(child)]:
            self._idle.remove(child)
            child.kill()
        for server in [server for server in self._retired if server.gone or not server.has_living]:
            self._retired.discard(server)
            self._begin(server.stop())

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _clear_soon(folder: scratch.Scratch) -> None:
    try:
        for _ in range(CLEARINGS):
            await asyncio.sleep(CLEARING_SECONDS)
            with suppress(OSError):
                folder.remove()
                return
        log.error("the folder %s of a converter cannot be removed; it is tried again at the next start", folder.path)
    finally:
        folder.leave()


def _stopped(order: Order, child: Child, limit: str) -> Cleaned:
    place = child.note.read()
    log.warning("item %s: a sanitising process was stopped while at part %s: %s", order.task.item, place.path, limit)
    return order.blocked_by_limit(limit, place)
