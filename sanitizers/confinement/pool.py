"""Warm children for the gateway: hands out items, watches the clock, believes nothing unchecked."""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from hashlib import sha256
from typing import TypeAlias

from sanitizers.confinement.process import CHILD_COMMAND, CannotStart, Child, ChildGone
from sanitizers.confinement.protocol import (
    CHUNK_BYTES,
    END_OF_ORIGINAL,
    QUESTIONS,
    Kind,
    ProtocolBroken,
    Question,
    Result,
    chunks,
    decode,
    frame,
)
from sanitizers.confinement.recheck import Evidence, check_question, check_result, check_size
from sanitizers.model import Cleaned, DnsAnswer, Threat
from sanitizers.reports import blocked
from sanitizers.rules import Task

log = logging.getLogger(__name__)

START_SECONDS = 60.0
FIRST_PAUSE = 0.5  #: seconds before a child that did not come up is started again; doubles
LONGEST_PAUSE = 30.0
DNS_SHARE = 0.5  #: of an item's seconds; after that the DNS counts as failed, so that its slowness blocks no mail

TRIES = 3  #: children that one item may bring down before it is blocked
HEIR_AT = 0.8  #: of a child's items or seconds: its replacement is started, so that no mail waits for it

AskParent: TypeAlias = Callable[[str, str], Awaitable[DnsAnswer]]


class PoolCannotStart(Exception):
    """No child comes up; the text says why."""


class PoolStopped(Exception):
    """The pool was stopped before the item was done: nothing is known of the item, clean it again."""


class Pool:
    """`count` children (0: one for each processor), each replaced after so many items or seconds."""

    def __init__(
        self,
        count: int,
        *,
        items_before_recycling: int,
        seconds_before_recycling: int,
        command: Sequence[str] = CHILD_COMMAND,
        start_seconds: float = START_SECONDS,
    ) -> None:
        self._count = count or len(os.sched_getaffinity(0))
        self._items = items_before_recycling
        self._seconds = seconds_before_recycling
        self._command = tuple(command)
        self._start_seconds = start_seconds
        self._idle: asyncio.Queue[Child | None] = asyncio.Queue()  #: None: stopped
        self._children: set[Child] = set()
        self._with_heir: set[Child] = set()  #: whose replacement is being started or is warm
        self._succeeded: set[Child] = set()  #: whose replacement is warm: to be ended when it is next seen
        self._replacements: set[asyncio.Task[None]] = set()
        self._stopped = True

    async def start(self) -> None:
        """Returns when all children are warm; raises PoolCannotStart."""
        self._stopped = False
        self._idle = asyncio.Queue()
        started = await asyncio.gather(*(self._start_child() for _ in range(self._count)), return_exceptions=True)
        failures = [outcome for outcome in started if isinstance(outcome, BaseException)]
        if failures:
            await self.stop()
            if isinstance(failures[0], CannotStart):
                raise PoolCannotStart(f"the sanitising process does not start: {failures[0]}") from failures[0]
            raise failures[0]

    async def stop(self) -> None:
        """Ends every child; an item in one of them raises PoolStopped."""
        self._stopped = True
        for replacement in self._replacements:
            replacement.cancel()
        await asyncio.gather(*self._replacements, return_exceptions=True)
        children, self._children = self._children, set()
        for child in children:
            child.kill()
        await asyncio.gather(*(child.reap() for child in children))
        self._idle.put_nowait(None)

    @property
    def alive(self) -> int:
        """Children that are warm and running, busy or not."""
        return sum(not child.wire.gone for child in self._children)

    async def clean(self, task: Task, original: bytes | Iterable[bytes], ask_dns: AskParent) -> Cleaned:
        """The item in the next free child. Whatever a child does comes back as blocked; raises only PoolStopped."""
        pieces = [original] if isinstance(original, bytes) else [bytes(piece) for piece in original]
        order = _Order(task, pieces, ask_dns)
        for tried in range(1, TRIES + 1):
            try:
                return await self._try(order)
            except ChildGone:
                log.warning("item %s: a sanitising process ended while at it (%d of %d)", task.item, tried, TRIES)
        return order.blocked(Threat.MALFORMED, f"the sanitising process ended abnormally {TRIES} times")

    async def _try(self, order: "_Order") -> Cleaned:
        child = await self._next_child()
        sound = False
        try:
            cleaned = await order.clean_in(child)
            sound = True
        except TimeoutError:
            return order.blocked(Threat.LIMIT_EXCEEDED, f"not done within {order.task.budget.seconds} seconds")
        except ProtocolBroken as broken:
            if self._stopped:
                raise PoolStopped from None
            log.warning("item %s: a sanitising process answered wrongly: %s", order.task.item, broken)
            return order.blocked(Threat.MALFORMED, "the sanitising process answered wrongly")
        except ChildGone:
            if self._stopped:
                raise PoolStopped from None
            raise
        finally:
            self._give_back(child, sound=sound)
        return cleaned

    async def _next_child(self) -> Child:
        while not self._stopped:
            child = await self._idle.get()
            if child is None:
                self._idle.put_nowait(None)  # for the next who waits
                break
            if child.idle and child not in self._succeeded:
                return child
            self._give_back(child, sound=False)
        raise PoolStopped

    def _give_back(self, child: Child, *, sound: bool) -> None:
        if child not in self._children:  # the pool was stopped
            return
        child.items += 1
        if sound and child not in self._succeeded and not self._worn(child):
            self._idle.put_nowait(child)
            if self._worn(child, HEIR_AT) and child not in self._with_heir:
                self._with_heir.add(child)
                self._begin(self._prepare_heir(child))
            return
        child.kill()
        self._begin(self._replace(child))

    def _worn(self, child: Child, share: float = 1.0) -> bool:
        age = time.monotonic() - child.started
        return child.items >= share * self._items or age >= share * self._seconds

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        replacement = asyncio.get_running_loop().create_task(work)
        self._replacements.add(replacement)
        replacement.add_done_callback(self._replacements.discard)

    async def _prepare_heir(self, child: Child) -> None:
        await self._start_with_patience()
        if child in self._children:
            self._succeeded.add(child)

    async def _replace(self, child: Child) -> None:
        words = await child.reap()
        self._children.discard(child)
        self._succeeded.discard(child)
        if words:
            log.error("a sanitising process ended with %s", words)
        if child in self._with_heir:
            self._with_heir.discard(child)
        else:
            await self._start_with_patience()

    async def _start_with_patience(self) -> None:
        pause = FIRST_PAUSE
        while not self._stopped:
            try:
                return await self._start_child()
            except CannotStart as failure:
                log.warning("a sanitising process does not start, again in %g seconds: %s", pause, failure)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        return None

    async def _start_child(self) -> None:
        child = await Child.start(self._command, self._start_seconds)
        self._children.add(child)
        self._idle.put_nowait(child)


class _Order:
    """One item on its way through a child."""

    def __init__(self, task: Task, pieces: list[bytes], ask_dns: AskParent) -> None:
        self.task = task
        self._pieces = pieces
        self._ask_dns = ask_dns
        self._size = sum(len(piece) for piece in pieces)
        digest = sha256()
        for piece in pieces:
            digest.update(piece)
        self._sha256 = digest.hexdigest()

    def blocked(self, threat: Threat, detail: str) -> Cleaned:
        """Nothing goes on."""
        return blocked(self.task.kind, self._size, self._sha256, threat, detail)

    async def clean_in(self, child: Child) -> Cleaned:
        """Raises TimeoutError, ProtocolBroken or ChildGone; the child is not to be used again then."""
        async with asyncio.timeout(self.task.budget.seconds):
            await self._send_original(child)
            return await self._receive(child)

    async def _send_original(self, child: Child) -> None:
        parts = [frame(Kind.ORDER, self.task)]
        waiting = 0
        for piece in self._pieces:
            for part in chunks(piece):
                parts.append(part)
                waiting += len(part)
                if waiting >= CHUNK_BYTES:
                    await child.wire.send(parts)
                    parts, waiting = [], 0
        await child.wire.send([*parts, END_OF_ORIGINAL])

    async def _receive(self, child: Child) -> Cleaned:
        result = decode(Result, await self._await_result(child))
        check_size(result, self.task)
        data = None if result.size is None else await _receive_data(child, result.size)
        digest = "" if data is None else sha256(data).hexdigest()
        check_result(result, self.task, Evidence(self._size, self._sha256, len(data or b""), digest))
        if child.wire.inbox:
            raise ProtocolBroken("it goes on after its result")
        return Cleaned(data, result.name, result.type, result.report, result.facts, result.authentication)

    async def _await_result(self, child: Child) -> bytes:
        dns_seconds = self.task.budget.seconds * DNS_SHARE
        for _ in range(QUESTIONS + 1):
            kind, body = await child.wire.receive()
            if kind is Kind.RESULT:
                return body
            if kind is not Kind.QUESTION:
                raise ProtocolBroken(f"{kind.name} instead of a result")
            question = decode(Question, body)
            check_question(question)
            began = time.monotonic()
            await child.wire.send([frame(Kind.ANSWER, await self._ask(question, dns_seconds))])
            dns_seconds -= time.monotonic() - began
        raise ProtocolBroken("too many questions to the DNS")

    async def _ask(self, question: Question, seconds: float) -> DnsAnswer:
        try:
            async with asyncio.timeout(max(seconds, 0)):
                return await self._ask_dns(question.name, question.rdtype)
        except (TimeoutError, OSError):
            return DnsAnswer("failed")


async def _receive_data(child: Child, size: int) -> bytes:
    received: list[bytes] = []
    missing = size
    while missing > 0:
        kind, body = await child.wire.receive()
        if kind is not Kind.CHUNK or not 0 < len(body) <= missing:
            raise ProtocolBroken("data of another size than announced")
        received.append(body)
        missing -= len(body)
    return received[0] if len(received) == 1 else b"".join(received)
