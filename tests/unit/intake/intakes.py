"""A running Intake for a test, and a plain client."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from gateway.intake import smtp
from gateway.model import Envelope
from tests.dialogue.player import MemoryStore, settings_of
from tests.dialogue.script import Script


class Running(smtp.Intake):
    """The intake together with the store it fills."""

    def __init__(self, settings: dict[str, Any], certificate: Any = None) -> None:
        script = Script(settings, (), {})
        self.store = MemoryStore(settings.get("fake", {}))
        self.asked = asyncio.Event()  # the store, to keep a mail
        super().__init__(settings_of(script, certificate), self._accept, self.store.free_bytes, self.store.spool)

    async def _accept(self, envelope: Envelope, spool: Any) -> tuple[str, ...]:
        self.asked.set()
        return await self.store.accept(envelope, spool)

    @property
    def port(self) -> int:
        return self.addresses[0][2]

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        assert (await reader.readline()).startswith(b"220 ")
        return reader, writer


@asynccontextmanager
async def running(settings: dict[str, Any], certificate: Any = None) -> AsyncIterator[Running]:
    intake = Running(settings, certificate)
    await intake.start()
    try:
        yield intake
    finally:
        await intake.stop(0.2)


async def until(condition: Any) -> None:
    """Wait for something that must come true."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0.01)
