"""Parts behind a password: whom to ask, what to try, and the mail that follows when something was opened."""

import asyncio
import hashlib
import hmac
import logging
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

import msgspec

from gateway.model import FILE_CHANNELS, Answer, Channel, Envelope, Item, ItemState, Lock, LockState, Tried
from gateway.processing import letters, policy
from gateway.processing.files import Children, FileCleaner, no_dns
from gateway.processing.notices import notice
from gateway.processing.trace import Stamp
from gateway.settings import Settings, secret_value
from gateway.store.blobs import Blobs, Original, Spool
from gateway.store.drafts import Draft, FollowUp, LockDraft, Settlement, Unlocked
from gateway.store.errors import BlobGone, NotLocked, StoreError, WrongState
from sanitizers.model import Cleaned, Notice, Outcome, PartReport, Report
from sanitizers.rules import Kind, Profile, Rules, Task, Verdict

CODE_DIGITS = 8
TOKEN_BYTES = 20
LONGEST_PASSWORD = 128  #: characters
MOST_PASSWORDS = 5  #: that a person may give at once
MAILS_LOOKED_AT = 5  #: of the same sender, for a password
SLOWEST_SECONDS = 300
# Whether anybody waits for a password is asked so often, for it is asked with every mail; a lock that another process
# made meanwhile is not overlooked, since what came in while it was made is looked at once more, somewhat later.
FRESH_SECONDS = 2.0
LATER_SECONDS = 5.0

log = logging.getLogger(__name__)


class Vault(Protocol):
    """The part of the store that unlocking needs."""

    async def item(self, item_id: str) -> Item | None:
        """One item."""

    @property
    def blobs(self) -> Blobs:
        """Where a clean file goes."""

    async def original(self, item: Item) -> Original:
        """As it came in. Raises BlobGone."""

    async def lock(self, lock_id: str) -> Lock | None:
        """One lock."""

    async def locks(self, item_id: str) -> list[Lock]:
        """All of an item."""

    async def locks_from(self, envelope: Envelope, header_from: str | None, since: datetime) -> list[Lock]:
        """Those that wait for a password of this sender, whatever From says when it is None."""

    async def any_lock_waits(self) -> bool:
        """Of anybody."""

    async def other_mails(self, item: Item, since: datetime, limit: int) -> list[str]:
        """Of the same sender to the same recipients."""

    async def follow(self, follow_up: FollowUp) -> str:
        """Keep what follows. Raises NotLocked."""

    async def resettle(self, item_id: str, settlement: Settlement, actor: str) -> Item:
        """A held item with what was opened now. Raises WrongState."""

    async def wrong_passwords(self, item_id: str) -> int:
        """How many wrong ones were given for a held file."""

    async def password_was_wrong(self, item_id: str, *, actor: str, count: int) -> None:
        """Put one on record."""

    async def wrong_password(self, lock: Lock, *, actor: str, not_before: datetime, closed: bool) -> None:
        """Count it. Raises NotLocked."""


class Locksmith:
    """Opens what is behind a password, in a confined child like everything else."""

    def __init__(
        self, settings: Settings, rules: Rules, store: Vault, pool: Children, stamp: Stamp, on_kept: Callable[[], None]
    ) -> None:
        self._settings = settings
        self._rules = rules
        self._store = store
        self._pool = pool
        self._on_kept = on_kept
        self._busy: set[str] = set()  # locks on which somebody is trying a password now
        self._later: set[asyncio.Task[None]] = set()
        self._nobody_waits_until = 0.0  # by the clock that never goes back
        self.stamp = stamp
        self.known = organisation_passwords(settings)
        self.files = FileCleaner(rules, store, pool, self.known)

    # Asking

    def asks(
        self, item: Item, report: Report, now: datetime
    ) -> tuple[tuple[LockDraft, ...], tuple[tuple[Draft, bytes], ...]]:
        """A lock and a letter for each recipient of an item with parts behind a password; none for none."""
        names = [part.name for part in locked_parts(report)]
        if not names:
            return (), ()
        expires_at = now + timedelta(days=self._settings.passwords.days)
        locks, asking = [], []
        for recipient in item.envelope.recipients:
            token, code = secrets.token_urlsafe(TOKEN_BYTES), f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
            locks.append(LockDraft(lock_id(token), recipient.address, _code_digest(token, code), expires_at))
            asking.append(letters.ask(self._settings, item, recipient, token, code, names, expires_at, now))
        return tuple(locks), tuple(asking)

    # What the sender's other mails say

    async def passwords_in_other_mails(self, item: Item, since: datetime) -> tuple[str, ...]:
        """Words of the sender's latest other mails to these people that may be passwords."""
        if not item.envelope.mail_from:
            return ()
        found: list[str] = []
        for item_id in await self._store.other_mails(item, since, MAILS_LOOKED_AT):
            other = await self._store.item(item_id)
            if other is not None:
                found += await self._passwords_in(other)
        return tuple(dict.fromkeys(found))

    async def _passwords_in(self, item: Item) -> tuple[str, ...]:
        profile = self._rules.profiles.get(item.profile)
        if profile is None:
            return ()
        task = Task(item.id, Kind.MAIL, "", profile, self._rules.budget, Notice("", ()), collect_passwords=True)
        try:
            original = (await self._store.original(item)).read()
        except BlobGone:
            return ()
        return (await self._pool.clean(task, original, no_dns)).passwords

    async def is_awaited(self, envelope: Envelope, since: datetime) -> bool:
        """Whether a recipient of this mail waits for a password of its sender."""
        if not envelope.mail_from or time.monotonic() < self._nobody_waits_until:
            return False
        if not await self._store.any_lock_waits():
            self._nobody_waits_until = time.monotonic() + FRESH_SECONDS
            return False
        return bool(await self._store.locks_from(envelope, None, since))

    def look_again_later(self, item: Item, since: datetime) -> None:
        """What came in while the item was cleaned, and could not know that it waits, may hold its password."""
        self._nobody_waits_until = 0.0
        task = asyncio.create_task(self._look_again(item, since))
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def _look_again(self, item: Item, since: datetime) -> None:
        await asyncio.sleep(LATER_SECONDS)
        try:
            passwords = await self.passwords_in_other_mails(item, since)
            locked = await self._store.item(item.id)
            locks = [lock for lock in await self._store.locks(item.id) if is_open(lock, datetime.now(UTC))]
            if passwords and locked and locks:
                await self._open(locked, locks, passwords, f"mail:{item.id}")
        except StoreError as error:
            log.warning("item %s: passwords could not be looked for again: %s", item.id, error)

    async def stop(self) -> None:
        """Look no more; the recipients were asked anyway."""
        for task in self._later:
            task.cancel()
        await asyncio.gather(*self._later, return_exceptions=True)

    async def open_for_sender(
        self, item: Item, header_from: str, passwords: Sequence[str], since: datetime
    ) -> list[Item]:
        """Try words of this mail on what waits for a password of its sender; the items that were opened by it."""
        locks = await self._store.locks_from(item.envelope, header_from, since)
        opened = []
        for item_id in dict.fromkeys(lock.item_id for lock in locks):
            waiting = [lock for lock in locks if lock.item_id == item_id]
            locked = await self._store.item(item_id)
            answer = await self._open(locked, waiting, passwords, f"mail:{item.id}") if locked else None
            if locked and answer in {Answer.OPENED, Answer.PARTLY}:  # not when it is held, or somebody was quicker
                opened.append(locked)
        return opened

    # What a person gives

    async def open_by_link(self, token: str, code: str, passwords: Sequence[str]) -> Tried:
        """The recipient, by the link and the code of the letter."""
        lock = await self._store.lock(lock_id(token))
        now = datetime.now(UTC)
        if lock is None or not is_open(lock, now):
            return Tried(Answer.OVER)
        if lock.id in self._busy or lock.not_before > now:
            return Tried(Answer.WAIT, max(1, round((lock.not_before - now).total_seconds())), self._left(lock))
        self._busy.add(lock.id)
        try:
            code_fits = hmac.compare_digest(_code_digest(token, code), lock.code)
            return await self._try(lock, code_fits, acceptable(passwords), now)
        finally:
            self._busy.discard(lock.id)

    async def _try(self, lock: Lock, code_fits: bool, passwords: Sequence[str], now: datetime) -> Tried:
        actor = f"recipient:{lock.address}"
        item = await self._store.item(lock.item_id)
        if item is None:
            return Tried(Answer.OVER)
        answer = await self._open(item, [lock], passwords, actor) if code_fits else None
        if answer:
            return Tried(answer)
        wait = min(2 ** max(lock.wrong - 1, 0), SLOWEST_SECONDS) if lock.wrong else 0
        left = self._left(lock) - 1
        try:
            await self._store.wrong_password(
                lock, actor=actor, not_before=now + timedelta(seconds=wait), closed=left <= 0
            )
        except NotLocked:
            return Tried(Answer.OVER)
        return Tried(Answer.WRONG, wait, max(left, 0))

    def _left(self, lock: Lock) -> int:
        return self._settings.passwords.tries - lock.wrong

    async def open_by_administrator(self, item: Item, recipient: str, passwords: Sequence[str], actor: str) -> Tried:
        """On the command line; `recipient` "" means all who wait. A held item is opened as a whole."""
        passwords = acceptable(passwords)
        if item.state is ItemState.HELD:
            return Tried(await self._open_held(item, passwords, actor) or Answer.WRONG)
        now = datetime.now(UTC)
        locks = [
            lock
            for lock in await self._store.locks(item.id)
            if lock.state in {LockState.WAITING, LockState.CLOSED}
            and lock.expires_at > now
            and recipient.lower() in {"", lock.address.lower()}
        ]
        if not locks:
            return Tried(Answer.OVER)
        return Tried(await self._open(item, locks, passwords, actor) or Answer.WRONG)

    async def open_held(self, item_id: str, password: str, actor: str) -> Tried:
        """Of a file that is held for its password, by somebody who handed it in or may fetch it.

        Each wrong password is on record; after too many only an administrator may try.
        """
        item = await self._store.item(item_id)
        if item is None or item.state is not ItemState.HELD or not locked_parts(item.report):
            return Tried(Answer.OVER)
        wrong = await self._store.wrong_passwords(item_id)
        left = self._settings.passwords.tries - wrong
        if left <= 0:
            return Tried(Answer.OVER)
        if item_id in self._busy:
            return Tried(Answer.WAIT, 1, left)
        self._busy.add(item_id)
        try:
            answer = await self._open_held(item, acceptable([password]), actor)
            if answer is None:
                await self._store.password_was_wrong(item_id, actor=actor, count=wrong + 1)
                return Tried(Answer.WRONG, 0, left - 1)
        finally:
            self._busy.discard(item_id)
        return Tried(answer)

    # How it is done

    async def _open(self, item: Item, locks: Sequence[Lock], passwords: Sequence[str], actor: str) -> Answer | None:
        """None: nothing was opened."""
        settlement, opened, left = await self._opened(item, passwords, locks)
        if settlement is None:
            return None
        mine = {recipient.lower() for recipient in (lock.address for lock in locks)}
        now = datetime.now(UTC)
        recipients = tuple(each for each in item.envelope.recipients if each.address.lower() in mine)
        envelope = msgspec.structs.replace(item.envelope, recipients=recipients, received_at=now)
        states = [
            Unlocked(
                lock.id, LockState.WAITING if left - set(lock.opened) else LockState.OPENED, (*lock.opened, *opened)
            )
            for lock in locks
        ]
        draft = Draft(Channel.FOLLOW_UP, item.profile, envelope)
        follow_up = FollowUp(item.id, draft, settlement, tuple(states), actor, len(opened))
        try:
            number = await self._store.follow(follow_up)
        except NotLocked:
            return Answer.OVER  # somebody else was quicker
        return self._told(item, number, settlement, left)

    async def _open_held(self, item: Item, passwords: Sequence[str], actor: str) -> Answer | None:
        settlement, _, left = await self._opened(item, passwords, ())
        if settlement is None:
            return None
        try:
            await self._store.resettle(item.id, settlement, actor)
        except WrongState:
            return Answer.OVER
        finally:
            discard(settlement)  # harmless when the store took it over
        return self._told(item, item.id, settlement, left)

    def _told(self, item: Item, number: str, settlement: Settlement, left: set[str]) -> Answer:
        log.info("item %s: opened with a password; %s follows", item.id, number)
        if settlement.decision.verdict is not Verdict.DELIVER:
            log.warning("item %s: held by %s", number, settlement.decision.rule)
            return Answer.HELD
        self._on_kept()
        return Answer.PARTLY if left else Answer.OPENED

    async def _opened(
        self, item: Item, passwords: Sequence[str], locks: Sequence[Lock]
    ) -> tuple[Settlement | None, tuple[str, ...], set[str]]:
        """What follows, the digests of parts that were opened now, and of those that still are not."""
        profile = self._rules.profiles.get(item.profile)
        before = {part.sha256_in for part in locked_parts(item.report)}
        before -= _opened_for_all(locks)
        if profile is None or not passwords or not before:
            return None, (), set()
        if item.channel in FILE_CHANNELS:
            return await self._opened_file(item, profile, passwords, before)
        cleaned = await self._clean(item, profile, passwords)
        if cleaned is None:
            return None, (), set()
        still = {part.sha256_in for part in locked_parts(cleaned.report)}
        seen = {part.sha256_in for part in cleaned.report.parts}
        opened = tuple(sorted((before - still) & seen))
        if not opened:
            return None, (), set()
        decision = policy.decide(cleaned.report, item.authentication, item.profile, profile, cleaned.data is not None)
        clean = None
        if cleaned.data is not None:
            clean = self.stamp.on(item, decision, cleaned.report, cleaned.data)
        settlement = Settlement(decision, clean, cleaned.report, cleaned.facts, item.authentication)
        return settlement, opened, before & still

    async def _opened_file(
        self, item: Item, profile: Profile, passwords: Sequence[str], before: set[str]
    ) -> tuple[Settlement | None, tuple[str, ...], set[str]]:
        try:
            settlement = await self.files.clean(item, profile, passwords)
        except BlobGone:
            return None, (), set()
        still = {part.sha256_in for part in locked_parts(settlement.report)}
        seen = {part.sha256_in for part in settlement.report.parts} if settlement.report else set()
        opened = tuple(sorted((before - still) & seen))
        if not opened:
            discard(settlement)
            return None, (), set()
        return settlement, opened, before & still

    async def _clean(self, item: Item, profile: Profile, passwords: Sequence[str]) -> Cleaned | None:
        told = notice(self._settings, item.id)
        if item.state is not ItemState.HELD:
            told = msgspec.structs.replace(
                told,
                subject_prefix=letters.SUBJECT_PREFIX[self._settings.language],
                message_id=f"{item.id}.{secrets.token_hex(4)}@{self._settings.hostname}",
            )
        task = Task(
            item.id, Kind.MAIL, "", profile, self._rules.budget, told, passwords=(*passwords, *self.known)
        )  # fmt: skip
        try:
            original = (await self._store.original(item)).read()
        except BlobGone:
            return None
        return await self._pool.clean(task, original, no_dns)


def discard(settlement: Settlement) -> None:
    """A clean file that is not settled goes."""
    if isinstance(settlement.clean, Spool):
        settlement.clean.discard()


def _opened_for_all(locks: Sequence[Lock]) -> set[str]:
    """Digests of the parts that none of these recipients waits for any more."""
    opened = [set(lock.opened) for lock in locks]
    return opened[0].intersection(*opened[1:]) if opened else set()


def locked_parts(report: Report | None) -> list[PartReport]:
    """Parts that wait for a password."""
    return [part for part in report.parts if part.outcome is Outcome.LOCKED] if report else []


def is_open(lock: Lock, now: datetime) -> bool:
    """Whether a password may still be given."""
    return lock.state is LockState.WAITING and lock.expires_at > now


def lock_id(token: str) -> str:
    """What the store knows of a link: nobody can make the link of it."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def acceptable(passwords: Iterable[str]) -> tuple[str, ...]:
    """What a person gave, within bounds."""
    given = (password.strip("\r\n") for password in passwords)
    return tuple(dict.fromkeys(each for each in given if 0 < len(each) <= LONGEST_PASSWORD))[:MOST_PASSWORDS]


def organisation_passwords(settings: Settings) -> tuple[str, ...]:
    """One in each line of the secret that the settings name."""
    secret = settings.passwords.organisation
    if secret is None:
        return ()
    lines = secret_value(secret, "passwords.organisation").decode("utf-8").splitlines()
    return tuple(line for line in lines if line)


def _code_digest(token: str, code: str) -> str:
    digits = "".join(c for c in code if c.isdecimal() and c.isascii())
    return hashlib.sha256(f"{token}:{digits}".encode("utf-8", "replace")).hexdigest()
