"""One item on its way through a child: handed over, awaited under a clock and a watch, received and checked."""

import asyncio
import logging
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import TypeAlias

import msgspec

from sanitizers.budget import MEBIBYTE
from sanitizers.confinement.note import START, Place
from sanitizers.confinement.passage import Outlet, Source, receive_into
from sanitizers.confinement.process import Child, Ending
from sanitizers.confinement.protocol import (
    QUESTIONS,
    Kind,
    ProtocolBroken,
    Question,
    Result,
    Wish,
    decode,
    frame,
)
from sanitizers.confinement.recheck import Evidence, check_question, check_result, check_size
from sanitizers.confinement.talk import Watch, receive_data, send_original
from sanitizers.confinement.watch import resident_of_group
from sanitizers.confinement.wishes import ConvertFor, Wishes, no_converter
from sanitizers.model import Cleaned, DnsAnswer, Severity, Threat
from sanitizers.reports import blocked
from sanitizers.rules import Kind as ItemKind
from sanitizers.rules import OwnChild, Task

log = logging.getLogger(__name__)

DNS_SHARE = 0.5  #: of an item's seconds; after that the DNS counts as failed, so that its slowness blocks no mail
TRIES = 3  #: children that one part may bring down before it is blocked
MOST_POISON = 3  #: parts of one item that are left out for that; with one more the whole item is blocked
MOST_DEATHS = TRIES * (MOST_POISON + 1)  #: of one item, whatever parts its children said they were at

LARGE_BYTES = 16 * MEBIBYTE

AskParent: TypeAlias = Callable[[str, str], Awaitable[DnsAnswer]]


class Unfit(Exception):
    """The child says that the item needs a child of its own."""


class Order:
    """One item until it is done; what several children did with it is remembered here."""

    def __init__(
        self,
        task: Task,
        original: bytes | Source,
        ask_dns: AskParent,
        convert: ConvertFor = no_converter,
        outlet: Outlet | None = None,
    ) -> None:
        """With an outlet, what may go on goes there and is no part of what comes back."""
        self._original = original
        self._outlet = outlet
        self._ask_dns = ask_dns
        self._deaths: Counter[Place | None] = Counter()  #: None: with their fork server, which blames no part
        self._size = len(original) if isinstance(original, bytes) else original.size
        self._sha256 = sha256(original).hexdigest() if isinstance(original, bytes) else original.sha256
        self._answers: dict[str, DnsAnswer] = {}  #: to all its children: with each try another would ask for more
        self._seconds_left = float(task.budget.seconds)
        self._wishes = Wishes(convert)
        wish = task.profile.own_child
        warm = wish is OwnChild.NEVER or (wish is OwnChild.ATTACHMENTS and task.kind is ItemKind.MAIL)
        self.task = msgspec.structs.replace(task, alone=not warm)

    @property
    def large(self) -> bool:
        """Whether it keeps its child busy for so long that others must not wait for it."""
        return self._size > LARGE_BYTES

    @property
    def alone(self) -> bool:
        """Whether its child ends with it."""
        return self.task.alone

    def needs_own_child(self) -> None:
        """From now on."""
        self.task = msgspec.structs.replace(self.task, alone=True)

    def blocked(self, threat: Threat, detail: str, severity: Severity = Severity.WARNING) -> Cleaned:
        """Nothing goes on."""
        return blocked(self.task.kind, self._size, self._sha256, threat, detail, severity)

    def blocked_by_limit(self, detail: str, place: Place) -> Cleaned:
        """The same, for a limit that was crossed at that place."""
        return self.blocked(Threat.LIMIT_EXCEEDED, f"{detail}{_at(place)}")

    async def clean_in(self, child: Child) -> Cleaned:
        """Raises TimeoutError, OverLimit, Unfit, ProtocolBroken or ChildGone; only after Unfit may the child go on."""
        child.begin_item()
        watch = Watch(child, self._too_much)
        began = time.monotonic()
        self._wishes.begin(self.task.budget, began + self._seconds_left)
        try:
            async with asyncio.timeout(self._seconds_left):
                await send_original(child, frame(Kind.ORDER, self.task), self._original)
                return await self._receive(child)
        finally:
            watch.stop()
            self._seconds_left -= time.monotonic() - began  # one clock for all tries
            self.task = msgspec.structs.replace(self.task, budget=self._wishes.left_of(self.task.budget))

    def after_death(self, ending: Ending) -> Cleaned | Place | None:
        """A child died at it: the item blocked, or the part that is left out from now on, or None: just try again."""
        place = ending.place
        if ending.signal == signal.SIGSYS:
            detail = f"code in it tried a forbidden system call{_at(place)}"
            return self.blocked(Threat.ACTIVE_CONTENT, detail, Severity.DANGER)
        if ending.signal in {signal.SIGALRM, signal.SIGXCPU}:
            return self.blocked_by_limit(f"not done within {self.task.budget.seconds} seconds", place)
        self._deaths[None if ending.unknown else place] += 1
        if self._deaths.total() >= MOST_DEATHS:
            return self._blocked_by_deaths(MOST_DEATHS, place)
        if ending.unknown or self._deaths[place] < TRIES:
            return None
        if place.is_item or len(place.digest) != sha256().digest_size:
            return self._blocked_by_deaths(TRIES, place)
        self.task = msgspec.structs.replace(self.task, poison=(*self.task.poison, place.digest))
        return place

    def _blocked_by_deaths(self, times: int, place: Place) -> Cleaned:
        return self.blocked(Threat.MALFORMED, f"the sanitising process ended abnormally {times} times{_at(place)}")

    def _too_much(self, leader: int) -> str:
        memory = self.task.budget.memory
        return f"more than {memory} bytes of memory" if resident_of_group(leader) > memory else ""

    async def _receive(self, child: Child) -> Cleaned:
        result = decode(Result, await self._await_result(child))
        check_size(result, self.task)
        data, digest = await self._received(child, result.size)
        check_result(result, self.task, Evidence(self._size, self._sha256, result.size or 0, digest))
        if child.wire.inbox:
            raise ProtocolBroken("it goes on after its result")
        return Cleaned(
            data, result.name, result.type, result.report, result.facts, result.authentication, result.passwords
        )

    async def _received(self, child: Child, size: int | None) -> tuple[bytes | None, str]:
        """The data, unless it went to the outlet, and its digest."""
        if size is None:
            return None, ""
        if self._outlet is not None:
            return None, await receive_into(child, size, self._outlet)
        data = await receive_data(child, size)
        return data, sha256(data).hexdigest()

    async def _await_result(self, child: Child) -> bytes:
        dns_seconds = self.task.budget.seconds * DNS_SHARE
        questions_left = QUESTIONS
        while True:
            kind, body = await child.wire.receive()
            if kind is Kind.RESULT:
                return body
            if kind is Kind.UNFIT and not self.alone and not child.wire.inbox:
                raise Unfit
            if kind is Kind.WISH:
                await self._wishes.grant(child, decode(Wish, body))
                continue
            if kind is not Kind.QUESTION or self.task.sender is None:
                raise ProtocolBroken(f"{kind.name} instead of a result")
            if not questions_left:
                raise ProtocolBroken("too many questions to the DNS")
            questions_left -= 1
            began = time.monotonic()
            answer = await self._answer(decode(Question, body), dns_seconds)
            await child.wire.send([frame(Kind.ANSWER, answer)])
            dns_seconds -= time.monotonic() - began

    async def _answer(self, question: Question, seconds: float) -> DnsAnswer:
        check_question(question, self._answers)
        if question.name not in self._answers:
            if len(self._answers) == QUESTIONS:
                raise ProtocolBroken("too many questions to the DNS")
            self._answers[question.name] = await self._ask(question, seconds)
        return self._answers[question.name]

    async def _ask(self, question: Question, seconds: float) -> DnsAnswer:
        try:
            async with asyncio.timeout(max(seconds, 0)):
                return await self._ask_dns(question.name, question.rdtype)
        except (TimeoutError, OSError):
            return DnsAnswer("failed")


def _at(place: Place) -> str:
    """Where, in words; a child that lies about it deceives nobody but a reader of this line."""
    return "" if place == START or place.is_item else f", at part {place.path}"
