"""Takes kept items through a confined child: lease, clean, decide, settle."""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import Protocol
from zoneinfo import ZoneInfo

from gateway.conveyor import LEASE_SECONDS, Conveyor, persistently
from gateway.model import Channel, Decision, Envelope, Item
from gateway.processing import policy, trace
from gateway.processing.notices import notice
from gateway.settings import Settings
from gateway.store.drafts import Settlement
from gateway.store.errors import BlobGone
from sanitizers.model import AuthenticationResult, Cleaned, DnsAnswer, Report, SenderClaim
from sanitizers.rules import Kind, Profile, Rules, Task, Verdict

ITEMS_PER_CHILD = 16  # taken at once: while some wait for the disk, the children have others
BYTES_AT_ONCE = 134_217_728
WHOLE_BYTES = 1_048_576  # an original up to this size is handed over in one piece
CHUNK_BYTES = 262_144
# How often an item is opened before it is held unopened. A child that dies holds its item at once; this counts the
# times the whole gateway went down with it, a power cut included, so it takes more than a few to call it poison.
MOST_ATTEMPTS = 6

log = logging.getLogger(__name__)

AskDns = Callable[[str, str], Awaitable[DnsAnswer]]


class Checks(Protocol):
    """Sender checks, while name servers are configured."""

    async def spf(self, envelope: Envelope) -> AuthenticationResult:
        """Never raises."""

    async def dns(self, name: str, rdtype: str) -> DnsAnswer:
        """Never raises."""

    def authentication_results(self, hostname: str, results: Iterable[AuthenticationResult]) -> str:
        """The value of the header field."""


class Children(Protocol):
    """The confined processes."""

    async def clean(self, task: Task, original: bytes | Iterable[bytes], ask_dns: AskDns) -> Cleaned:
        """Never raises for anything that a child does."""


class Bytes(Protocol):
    """An original."""

    size: int

    def read(self) -> bytes:
        """All of it."""

    def chunks(self, size: int) -> Iterable[bytes]:
        """All of it, in pieces."""


class Work(Protocol):
    """The part of the store that processing needs."""

    async def lease_for_cleaning(self, owner: str, limit: int, seconds: int) -> Sequence[Item]:
        """Received items."""

    async def renew(self, owner: str, ids: Sequence[str], seconds: int) -> None:
        """Keep leases."""

    async def original(self, item: Item) -> Bytes:
        """As it came in."""

    async def settle(self, owner: str, item_id: str, settlement: Settlement) -> None:
        """Cleaned or held; ends the lease."""


class Worker:
    """Cleans what was kept until it is stopped."""

    def __init__(
        self,
        settings: Settings,
        rules: Rules,
        store: Work,
        pool: Children,
        checks: Checks | None,
        report_key: bytes,
        *,
        owner: str,
        on_settled: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._rules = rules
        self._store = store
        self._pool = pool
        self._checks = checks
        self._report_key = report_key
        self._owner = owner
        self._on_settled = on_settled
        self._zone = ZoneInfo(settings.zone)
        renew = partial(_renew, store, owner)
        capacity = child_count(settings) * ITEMS_PER_CHILD
        self._conveyor = Conveyor("processing", self._lease, self._process, renew, capacity, BYTES_AT_ONCE)

    @property
    def in_flight(self) -> int:
        """Items being processed."""
        return self._conveyor.in_flight

    def wake(self) -> None:
        """An item was kept."""
        self._conveyor.wake()

    async def run(self) -> None:
        """Until `stop`, and then until what was begun has ended."""
        await self._conveyor.run()

    async def stop(self) -> None:
        """Begin nothing more."""
        await self._conveyor.stop()

    async def _lease(self, limit: int) -> Sequence[Item]:
        return await self._store.lease_for_cleaning(self._owner, limit, LEASE_SECONDS)

    async def _process(self, item: Item) -> None:
        settlement = await self._settlement(item)
        await persistently(lambda: self._store.settle(self._owner, item.id, settlement))
        if settlement.decision.verdict is Verdict.DELIVER:
            self._on_settled()
        else:
            log.warning("item %s: held by %s", item.id, settlement.decision.rule)

    async def _settlement(self, item: Item) -> Settlement:
        profile = self._rules.profiles.get(item.profile)
        if profile is None:  # the rules have changed since it was kept
            return Settlement(policy.without_profile(item.profile), None)
        if item.attempts > MOST_ATTEMPTS:
            return Settlement(policy.poisoned(item.attempts - 1), None)
        claim = SenderClaim(await self._checks.spf(item.envelope)) if self._checks else None
        try:
            cleaned = await self._clean(item, profile, claim)
        except BlobGone as error:
            log.error("item %s: %s", item.id, error)  # noqa: TRY400 - where it was raised says nothing more
            return Settlement(policy.unreadable(), None)
        results = (claim.spf, *cleaned.authentication) if claim else ()
        decision = policy.decide(cleaned.report, results, item.profile, profile, cleaned.data is not None)
        clean = None if cleaned.data is None else self._traced(item, decision, cleaned.report, results, cleaned.data)
        return Settlement(decision, clean, cleaned.report, cleaned.facts, results)

    async def _clean(self, item: Item, profile: Profile, claim: SenderClaim | None) -> Cleaned:
        kind = Kind.MAIL if item.channel is Channel.SMTP else Kind.FILE
        task = Task(item.id, kind, "", profile, self._rules.budget, notice(self._settings, item.id), claim)
        original = await self._store.original(item)
        small = original.size <= WHOLE_BYTES
        return await self._pool.clean(
            task,
            original.read() if small else original.chunks(CHUNK_BYTES),
            self._checks.dns if self._checks else _no_dns,
        )

    def _traced(
        self, item: Item, decision: Decision, report: Report, results: Sequence[AuthenticationResult], clean: bytes
    ) -> bytes:
        """The clean mail with our own header lines in front of it."""
        settings, envelope = self._settings, item.envelope
        lines = trace.received(settings, envelope, item.id, self._zone)
        if self._checks:
            lines += f"Authentication-Results: {self._checks.authentication_results(settings.hostname, results)}\r\n"
        lines += trace.report_header(item.id, decision, report, clean, self._report_key, time.time())
        return lines.encode("ascii") + clean


def child_count(settings: Settings) -> int:
    """How many children there are to be: as configured, else one for each processor."""
    return settings.children.count or len(os.sched_getaffinity(0))


async def _renew(store: Work, owner: str, ids: Sequence[str]) -> None:
    await store.renew(owner, ids, LEASE_SECONDS)


async def _no_dns(name: str, rdtype: str) -> DnsAnswer:
    """For a child that asks although sender checks are off."""
    await asyncio.sleep(0)
    log.warning("a child asked for DNS (%s, %d characters) although sender checks are off", rdtype[:10], len(name))
    return DnsAnswer("failed")
