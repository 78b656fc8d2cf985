"""Parts that never die silently: one that breaks is started anew, one that is to end may finish what it has begun."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from gateway.conveyor import place

DRAIN_SECONDS = 30.0  # what each part gets to finish what it has begun
RESTART_SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0)
STEADY_SECONDS = 60.0  # a part that ran this long starts anew at the first pause

log = logging.getLogger(__name__)
Run = Callable[[], Coroutine[Any, Any, None]]


async def kept_running(name: str, run: Run) -> None:
    """Runs a part to its end, and anew whenever it breaks: a part never dies silently."""
    failures = 0
    while True:
        began = time.monotonic()
        task = asyncio.create_task(run(), name=name)
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait({task})
            raise
        error = None if task.cancelled() else task.exception()
        if error is None:
            return
        failures = 0 if time.monotonic() - began > STEADY_SECONDS else failures
        pause = RESTART_SECONDS[min(failures, len(RESTART_SECONDS) - 1)]
        failures += 1
        log.error("%s: %s at %s; starting it again in %g s", name, type(error).__name__, place(error), pause)
        await asyncio.sleep(pause)


async def end(name: str, task: asyncio.Task[None], stop: Callable[[], Awaitable[None]] | None) -> None:
    """Lets a part finish what it has begun, but not for ever: what is cut off is taken up again at the next start."""
    if stop:
        await stop()
        await asyncio.wait({task}, timeout=DRAIN_SECONDS)
        if not task.done():
            log.warning("%s: not finished after %g s; cut off", name, DRAIN_SECONDS)
    task.cancel()
    await asyncio.wait({task})
