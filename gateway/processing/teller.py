"""Looks from time to time whether recipients or administrators are to be told of something."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from gateway.processing.alerts import Watch
from gateway.processing.digest import Digest

TICK_SECONDS = 10.0
TICKS_PER_LOOK = 6


class Teller:
    """Runs until it is cancelled; what it began is whole at any moment."""

    def __init__(self, digest: Digest, watch: Watch, on_told: Callable[[], None]) -> None:
        self._digest = digest
        self._watch = watch
        self._on_told = on_told

    async def run(self) -> None:
        """Raises StoreError; whoever runs it begins anew."""
        tick = 0
        while True:
            now = datetime.now(UTC)
            sent = await self._digest.at_once(now)
            if tick % TICKS_PER_LOOK == 0:
                sent += await self._digest.daily(now) + await self._watch.look(now)
            if sent:
                self._on_told()
            tick += 1
            await asyncio.sleep(TICK_SECONDS)
