"""Takes kept items through a confined child: lease, clean, decide, settle."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol

import msgspec

from gateway.conveyor import LEASE_SECONDS, Conveyor, persistently
from gateway.model import FILE_CHANNELS, Channel, Envelope, Item
from gateway.processing import letters, policy
from gateway.processing.files import Children
from gateway.processing.notices import notice
from gateway.processing.unlocking import Locksmith, locked_parts
from gateway.settings import Settings
from gateway.store.blobs import Original, Spool
from gateway.store.drafts import Settlement
from gateway.store.errors import BlobGone
from sanitizers.model import AuthenticationResult, Cleaned, DnsAnswer, SenderClaim
from sanitizers.rules import Kind, Profile, Rules, Task, Verdict

ITEMS_PER_CHILD = 16  # taken at once: while some wait for the disk, the children have others
BYTES_AT_ONCE = 134_217_728
WHOLE_BYTES = 1_048_576  # an original up to this size is handed over in one piece
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


class Work(Protocol):
    """The part of the store that processing needs."""

    async def lease_for_cleaning(self, owner: str, limit: int, seconds: int) -> Sequence[Item]:
        """Received items."""

    async def renew(self, owner: str, ids: Sequence[str], seconds: int) -> None:
        """Keep leases."""

    async def original(self, item: Item) -> Original:
        """As it came in."""

    async def settle(self, owner: str, item_id: str, settlement: Settlement) -> None:
        """Cleaned or held; ends the lease."""


class _Try(msgspec.Struct, frozen=True):
    """How an item is cleaned this time."""

    passwords: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    collect: bool = False  #: words that may be passwords


class Worker:
    """Cleans what was kept until it is stopped."""

    def __init__(
        self,
        settings: Settings,
        rules: Rules,
        store: Work,
        pool: Children,
        checks: Checks | None,
        locksmith: Locksmith,
        *,
        owner: str,
        on_settled: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._rules = rules
        self._store = store
        self._pool = pool
        self._checks = checks
        self._stamp = locksmith.stamp
        self._locksmith = locksmith
        self._files = locksmith.files
        self._owner = owner
        self._on_settled = on_settled
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
        await self._locksmith.stop()
        await self._conveyor.stop()

    async def _lease(self, limit: int) -> Sequence[Item]:
        return await self._store.lease_for_cleaning(self._owner, limit, LEASE_SECONDS)

    async def _process(self, item: Item) -> None:
        began = datetime.now(UTC)
        settlement = await self._settlement(item)
        await self._settle(item, settlement)
        if settlement.locks and self._settings.passwords.look_back_hours:
            self._locksmith.look_again_later(item, began)
        if settlement.decision.verdict is Verdict.DELIVER:
            self._on_settled()
        else:
            log.warning("item %s: held by %s", item.id, settlement.decision.rule)

    async def _settle(self, item: Item, settlement: Settlement) -> None:
        clean = settlement.clean
        if isinstance(clean, Spool) and not clean.in_memory:
            # A large result is on disk already, and gone when it cannot be settled: then the file is cleaned again.
            try:
                await self._store.settle(self._owner, item.id, settlement)
            finally:
                clean.discard()
        else:
            await persistently(lambda: self._store.settle(self._owner, item.id, settlement))

    async def _settlement(self, item: Item) -> Settlement:
        profile = self._rules.profiles.get(item.profile)
        if profile is None:  # the rules have changed since it was kept
            return Settlement(policy.without_profile(item.profile), None)
        if item.attempts > MOST_ATTEMPTS:
            return Settlement(policy.poisoned(item.attempts - 1), None)
        try:
            if item.channel in FILE_CHANNELS:
                return await self._files.clean(item, profile)
            claim = SenderClaim(await self._checks.spf(item.envelope)) if self._checks else None
            return await self._cleaned(item, profile, claim)
        except BlobGone as error:
            log.error("item %s: %s", item.id, error)  # noqa: TRY400 - where it was raised says nothing more
            return Settlement(policy.unreadable(), None)

    async def _cleaned(self, item: Item, profile: Profile, claim: SenderClaim | None) -> Settlement:
        began = datetime.now(UTC)
        cleaned = await self._opened(item, profile, claim, began)
        results = (claim.spf, *cleaned.authentication) if claim else ()
        decision = policy.decide(cleaned.report, results, item.profile, profile, cleaned.data is not None)
        clean = None
        if cleaned.data is not None:
            verified = self._checks.authentication_results(self._settings.hostname, results) if self._checks else ""
            clean = self._stamp.on(item, decision, cleaned.report, cleaned.data, verified)
        known = msgspec.structs.replace(item, facts=cleaned.facts)
        delivers = decision.verdict is Verdict.DELIVER
        locks, asking = self._locksmith.asks(known, cleaned.report, began) if delivers else ((), ())
        return Settlement(decision, clean, cleaned.report, cleaned.facts, results, locks, asking)

    async def _opened(self, item: Item, profile: Profile, claim: SenderClaim | None, now: datetime) -> Cleaned:
        """With what the sender's other mails say of passwords, and what this one says of other mails' passwords."""
        hours = self._settings.passwords.look_back_hours
        since = now - timedelta(hours=hours)
        looks = bool(hours) and item.channel is Channel.SMTP
        awaited = looks and await self._locksmith.is_awaited(item.envelope, since)
        cleaned = await self._clean(item, profile, claim, _Try(collect=awaited))
        passwords: tuple[str, ...] = ()
        if looks and locked_parts(cleaned.report):
            passwords = await self._locksmith.passwords_in_other_mails(item, since)
            if passwords:
                cleaned = await self._clean(item, profile, claim, _Try(passwords, collect=awaited))
        if awaited and cleaned.passwords and cleaned.facts:
            opened = await self._locksmith.open_for_sender(item, cleaned.facts.header_from, cleaned.passwords, since)
            if opened:
                remarks = letters.opened_by_this(self._settings, opened)
                cleaned = await self._clean(item, profile, claim, _Try(passwords, remarks))
        return cleaned

    async def _clean(self, item: Item, profile: Profile, claim: SenderClaim | None, attempt: "_Try") -> Cleaned:
        task = Task(
            item.id,
            Kind.MAIL,
            "",
            profile,
            self._rules.budget,
            msgspec.structs.replace(notice(self._settings, item.id), remarks=attempt.remarks),
            claim,
            passwords=(*attempt.passwords, *self._locksmith.known),
            collect_passwords=attempt.collect,
        )
        original = await self._store.original(item)
        small = original.in_memory or original.size <= WHOLE_BYTES
        return await self._pool.clean(
            task,
            original.read() if small else original,
            self._checks.dns if self._checks else _no_dns,
        )


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
