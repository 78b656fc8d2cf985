"""A view of an item on its way through a child of its own: handed over, awaited under a clock and a watch, checked."""

import asyncio
import logging
import time
from collections.abc import Iterable

import msgspec

from sanitizers.budget import MEBIBYTE
from sanitizers.confinement.process import Child
from sanitizers.confinement.protocol import Kind, Look, ProtocolBroken, Seen, Wish, decode, frame
from sanitizers.confinement.recheck_views import check_view, decode_view
from sanitizers.confinement.talk import OverLimit, Watch, receive_data, send
from sanitizers.confinement.watch import resident_of_group
from sanitizers.confinement.wire import ChildGone
from sanitizers.confinement.wishes import ConvertFor, Wishes
from sanitizers.rules import Task
from sanitizers.views import PAGE_BYTES, PAGES_BYTES, NoView, Shown, View, ViewWish, Why

log = logging.getLogger(__name__)

FRAME_BYTES = 4_096  #: what a view says beside its bytes
#: Of what is said in words; a run or a field of nothing takes a few octets, so this bounds their number, too.
WORDS_BYTES = 4 * MEBIBYTE


class Looking:
    """One wish, for one child."""

    def __init__(
        self, task: Task, original: bytes | Iterable[bytes], wish: ViewWish, clean: bytes, convert: ConvertFor
    ) -> None:
        self._task = msgspec.structs.replace(task, alone=True, sender=None)
        pieces = [original] if isinstance(original, bytes) else [bytes(piece) for piece in original]
        self._pieces = [piece for piece in (clean, *pieces) if piece]
        self._look = Look(self._task, wish, len(clean))
        self._wishes = Wishes(convert)

    async def look_in(self, child: Child) -> View:
        """Raises TimeoutError, OverLimit, ProtocolBroken or ChildGone; the child is not used again."""
        child.begin_item()
        watch = Watch(child, self._too_much)
        seconds = self._task.budget.seconds
        self._wishes.begin(self._task.budget, time.monotonic() + seconds)
        try:
            async with asyncio.timeout(seconds):
                await send(child, frame(Kind.LOOK, self._look), self._pieces)
                return await self._receive(child)
        finally:
            watch.stop()

    async def _receive(self, child: Child) -> View:
        while True:
            kind, body = await child.wire.receive()
            if kind is not Kind.WISH:
                break
            await self._wishes.grant(child, decode(Wish, body))
        if kind is not Kind.SEEN:
            raise ProtocolBroken(f"{kind.name} instead of a view")
        seen = decode(Seen, body)
        if not 0 < seen.size <= self._most():
            raise ProtocolBroken("a view of more bytes than there may be")
        view = decode_view(await receive_data(child, seen.size))
        check_view(view, self._look.wish, self._task)
        if child.wire.inbox:
            raise ProtocolBroken("it goes on after its view")
        return view

    def _most(self) -> int:
        if self._look.wish.shown is Shown.PAGES:
            return PAGES_BYTES + PAGE_BYTES + FRAME_BYTES
        if self._look.wish.shown is Shown.CLEAN_PART:
            return self._task.budget.bytes_out + FRAME_BYTES
        return WORDS_BYTES

    def _too_much(self, leader: int) -> str:
        memory = self._task.budget.memory
        return f"more than {memory} bytes of memory" if resident_of_group(leader) > memory else ""


def stopped(task: Task, child: Child, crossing: TimeoutError | OverLimit) -> NoView:
    """For a limit that was crossed."""
    limit = str(crossing) if isinstance(crossing, OverLimit) else f"not done within {task.budget.seconds} seconds"
    log.warning("item %s: a look at it was stopped at part %s: %s", task.item, child.note.read().path, limit)
    return NoView(Why.TOO_MUCH, limit)


async def ended(task: Task, child: Child, failure: ProtocolBroken | ChildGone) -> NoView:
    """For a child that ended at it, or said what no child says."""
    if isinstance(failure, ProtocolBroken):
        log.warning("item %s: a process that was to show it answered wrongly: %s", task.item, failure)
        return NoView(Why.ENDED, "the confined process answered wrongly")
    ending = await child.end()
    log.warning("item %s: a look at it ended at part %s: %s", task.item, ending.place.path, ending.words)
    return NoView(Why.ENDED, "the confined process ended abnormally")
