"""Live events of one transfer: each file as soon as something about it has changed."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, Final

import msgspec

from gateway.web.api.problem import Problem

LOOK_SECONDS: Final = 1.0
QUIET_SECONDS: Final = 15.0  #: a heartbeat, and whether the watcher may still watch
#: Of the time a look takes: watchers of large transfers look less often, so that they hold up nobody.
REST: Final = 10
WATCHERS: Final = 100
OF_ONE_PERSON: Final = 6

Look = Callable[[], Awaitable[Sequence[tuple[str, Any]]]]


class Watching:
    """All who watch a transfer in this process."""

    def __init__(self, head: Callable[[], Awaitable[int]]) -> None:
        """`head` is the last row of the record: as long as it is the same, no file has changed."""
        self._head = head
        self._people: list[str] = []
        self._ended = asyncio.Event()

    def stop(self) -> None:
        """The process ends: streams end, so that nobody waits for them."""
        self._ended.set()

    def insist_on_room(self, person: str) -> None:
        """Before anything is answered. Raises Problem."""
        if len(self._people) >= WATCHERS or self._people.count(person) >= OF_ONE_PERSON or self._ended.is_set():
            raise Problem("too_many", headers={"Retry-After": "10"})

    def enter(self, person: str) -> None:
        """Begin to watch; end with `leave`."""
        self._people.append(person)

    def leave(self, person: str) -> None:
        """No longer."""
        self._people.remove(person)

    async def events(self, look: Look, still: Callable[[], Awaitable[bool]]) -> AsyncIterator[bytes]:
        """`look` gives names and data of what there is; what is new or changed goes out. Ends with the process, and
        when `still` says no or `look` raises Problem."""
        told: dict[str, bytes] = {}
        seen, quiet_since = -1, time.monotonic()
        while not self._ended.is_set():
            began, head = time.monotonic(), await self._head()
            if head != seen:
                seen = head
                try:
                    news = _news(await look(), told)
                except Problem:
                    return
                if news:
                    yield news
                    quiet_since = time.monotonic()
            if time.monotonic() - quiet_since >= QUIET_SECONDS:
                if not await still():
                    return
                yield b":\n\n"
                quiet_since = time.monotonic()
            await self._rest(max(LOOK_SECONDS, REST * (time.monotonic() - began)))

    async def _rest(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._ended.wait()
        except TimeoutError:
            return


def _news(found: Sequence[tuple[str, Any]], told: dict[str, bytes]) -> bytes:
    news = b""
    for number, (name, data) in enumerate(found):
        text = msgspec.json.encode(data)
        key = f"{name} {number}"
        if told.get(key) != text:
            told[key] = text
            news += f"event: {name}\ndata: ".encode() + text + b"\n\n"
    return news
