"""The gateway's side of a warm LibreOffice: a fork server that has it loaded, from the first document on.

Where none can be had (another release, another processor, a wall that it does not work behind), LibreOffice is started
for each document instead, by a converter's child of the pool's own fork server.
"""

import asyncio
import logging
import os
import tempfile
import time

from sanitizers.confinement import office, scratch
from sanitizers.confinement.enclosures import Wall
from sanitizers.confinement.forking import CannotStart, ForkServer, Order
from sanitizers.confinement.process import Child
from sanitizers.confinement.walls import account

log = logging.getLogger(__name__)

IDLE_SECONDS = 900.0  #: without a document, after which its memory (some 200 MB) is given back


class Offices:
    """One LibreOffice at a time, replaced as often as a fork server of readers."""

    def __init__(self, user: str, accepted: frozenset[Wall], seconds: int, start_seconds: float) -> None:
        self._user = user
        self._accepted = accepted
        self._seconds = seconds
        self._start_seconds = start_seconds
        self._server: ForkServer | None = None
        self._until = 0.0  #: the present one is replaced, or the present refusal forgotten
        self._starting: asyncio.Task[None] | None = None  #: the last start, over or not
        self._retired: set[ForkServer] = set()
        self._rest: asyncio.TimerHandle | None = None
        self._stops: set[asyncio.Task[None]] = set()
        self._stopped = False

    async def bear(self, order: Order) -> Child | None:
        """A child that has LibreOffice loaded and no document; None where there can be none."""
        server = await self._present()
        if server is None:
            return None
        try:
            return await server.bear(order, self._accepted)
        except CannotStart as failure:
            if not self._stopped:
                log.warning("no child of the warm LibreOffice, it is started for this document: %s", failure)
            return None

    async def stop(self) -> None:
        """Ends it and every child of it."""
        self._stopped = True
        if self._starting:
            self._starting.cancel()
            await asyncio.wait((self._starting,))
        self._retire()
        servers, self._retired = self._retired, set()
        await asyncio.gather(*(server.stop() for server in servers))
        await asyncio.gather(*self._stops)

    async def _present(self) -> ForkServer | None:
        if self._is_due and not self._stopped:
            self._retire()
            self._tidy()
            self._starting = asyncio.get_running_loop().create_task(self._begin())
        if self._starting:
            await asyncio.wait((self._starting,))  # a document that can wait no longer leaves it to the next one
        self._rest_later()
        return self._server

    @property
    def _is_due(self) -> bool:
        """Whether a new one is to be started."""
        if self._starting and not self._starting.done():
            return False
        return time.monotonic() >= self._until or bool(self._server and self._server.gone)

    async def _begin(self) -> None:
        try:
            fresh = await start(self._user, self._start_seconds)
        except CannotStart as failure:
            log.warning("LibreOffice cannot be kept warm and is started for each document: %s", failure)
        else:
            self._server = fresh
        self._until = time.monotonic() + self._seconds

    def _rest_later(self) -> None:
        if self._rest:
            self._rest.cancel()
        self._rest = None
        if self._server:
            self._rest = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._retire_idle)

    def _retire_idle(self) -> None:
        self._until = 0.0
        self._retire()
        self._tidy()

    def _retire(self) -> None:
        if self._rest:
            self._rest.cancel()
            self._rest = None
        if self._server:
            self._retired.add(self._server)
            self._server = None

    def _tidy(self) -> None:
        """A retired one ends with its last child."""
        for server in [server for server in self._retired if server.gone or not server.has_living]:
            self._retired.discard(server)
            stop = asyncio.get_running_loop().create_task(server.stop())
            self._stops.add(stop)
            stop.add_done_callback(self._stops.discard)


async def start(user: str, seconds: float, workshop: str = office.__name__) -> ForkServer:
    """A fork server that has LibreOffice loaded; raises CannotStart.

    `workshop`: what its children do when they are sent an item instead of a document; it warms `office`.
    """
    try:
        folder = scratch.make(tempfile.gettempdir(), account(user) if os.geteuid() == 0 else None)
    except LookupError as error:
        raise CannotStart(str(error)) from error
    except OSError as error:
        raise CannotStart(f"no room for loading LibreOffice: {error.strerror}") from error
    try:
        return await ForkServer.start(user, workshop, seconds, folder.path)
    finally:
        try:
            folder.remove()  # what it needed for loading
        except OSError as error:
            log.warning("the folder %s cannot be removed: %s", folder.path, error.strerror)
            folder.leave()
