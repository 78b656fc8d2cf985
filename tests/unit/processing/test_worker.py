"""From a kept item to a settled one, with a pool that answers as the test says."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from gateway.model import Item
from gateway.processing.trace import Stamp, verify_report
from gateway.processing.unlocking import Locksmith
from gateway.processing.worker import MOST_ATTEMPTS, WHOLE_BYTES, Worker
from gateway.store.drafts import Settlement
from gateway.store.errors import BlobDamaged, StoreUnavailable
from sanitizers.model import (
    Action,
    AuthenticationMethod,
    AuthenticationResult,
    Cleaned,
    DnsAnswer,
    Finding,
    MailFacts,
    Outcome,
    PartReport,
    Report,
    Severity,
    Threat,
)
from sanitizers.rules import Kind, Profile, Rules, Task, Verdict
from tests.fakes.items import item, settings

CLEAN = b"From: a@example.com\r\n\r\nclean\r\n"
KEY = b"k" * 32
SPF = AuthenticationResult(AuthenticationMethod.SPF, "pass", "example.com", "mailfrom")
DKIM = AuthenticationResult(AuthenticationMethod.DKIM, "pass", "example.com", "sel")
RULES = Rules(profiles={"standard": Profile(), "strict": Profile(removed_part=Verdict.HOLD)})


def report(outcome: Outcome = Outcome.CLEAN) -> Report:
    findings = (Finding(Threat.UNSUPPORTED, Severity.NOTE, Action.REMOVED, "x", "y"),)
    return Report((PartReport("1", "", "", "", "", outcome, 1, 1, "", "", findings, 0.0),))


def cleaned(data: bytes | None = CLEAN, outcome: Outcome = Outcome.CLEAN) -> Cleaned:
    return Cleaned(data, "", "message/rfc822", report(outcome), MailFacts("subject"), (DKIM,))


class Original:
    in_memory = False
    sha256 = ""

    def __init__(self, size: int) -> None:
        self.size = size

    def read(self) -> bytes:
        return b"whole"

    def chunks(self, size: int):
        yield b"in "
        yield b"pieces"


class Kept:
    """The store: items to clean and how they were settled."""

    blobs = None  # of files alone

    def __init__(self, *items: Item, unavailable: int = 0) -> None:
        self.waiting = list(items)
        self.settled: dict[str, Settlement] = {}
        self.unavailable = unavailable

    async def lease_for_cleaning(self, owner: str, limit: int, seconds: int) -> list[Item]:
        taken, self.waiting = self.waiting[:limit], self.waiting[limit:]
        return taken

    async def renew(self, owner, ids, seconds) -> None:
        pass

    async def original(self, of: Item) -> Original:
        return Original(of.original_size)

    async def any_lock_waits(self) -> bool:
        return False

    async def settle(self, owner: str, item_id: str, settlement: Settlement) -> None:
        if self.unavailable:
            self.unavailable -= 1
            raise StoreUnavailable("not now")
        self.settled[item_id] = settlement


class Pool:
    def __init__(self, answer: Cleaned) -> None:
        self.answer = answer
        self.tasks: list[tuple[Task, object]] = []
        self.dns: list[DnsAnswer] = []

    async def clean(self, task, original, ask_dns, outlet=None) -> Cleaned:
        self.tasks.append((task, original if isinstance(original, bytes) else b"".join(original.chunks(10))))
        self.dns.append(await ask_dns("s._domainkey.example.com", "TXT"))
        return self.answer


class Checks:
    async def spf(self, envelope) -> AuthenticationResult:
        return SPF

    async def dns(self, name: str, rdtype: str) -> DnsAnswer:
        return DnsAnswer("found", (b"key",))

    def authentication_results(self, hostname, results) -> str:
        return f"{hostname};\r\n " + "; ".join(f"{each.method}={each.result}" for each in results)


@contextlib.asynccontextmanager
async def working(store: Kept, pool: Pool, checks: Checks | None = None) -> AsyncIterator[list[bool]]:
    settled: list[bool] = []
    smith = Locksmith(settings(), RULES, store, pool, Stamp(settings(), KEY), lambda: None)
    worker = Worker(settings(), RULES, store, pool, checks, smith, owner="me", on_settled=lambda: settled.append(True))
    task = asyncio.create_task(worker.run())
    try:
        yield settled
    finally:
        await worker.stop()
        async with asyncio.timeout(60):
            await task


async def settle(store: Kept, pool: Pool, checks: Checks | None = None) -> Settlement:
    async with working(store, pool, checks):
        async with asyncio.timeout(60):
            while not store.settled:  # noqa: ASYNC110 - the fake has no event for it
                await asyncio.sleep(0.005)
    return next(iter(store.settled.values()))


async def test_a_clean_mail_goes_on_with_our_lines_in_front() -> None:
    pool = Pool(cleaned())
    settlement = await settle(Kept(item()), pool)
    assert settlement.decision.verdict is Verdict.DELIVER
    assert settlement.clean is not None
    head, mail = settlement.clean[: -len(CLEAN)].decode(), settlement.clean[-len(CLEAN) :]
    assert mail == CLEAN
    assert head.startswith("Received: from mail.example.com ([192.0.2.1])\r\n by mx.city.example.jp (Kiyome)")
    assert "Authentication-Results" not in head
    assert verify_report(head.rpartition("X-Kiyome-Report: ")[2], CLEAN, KEY)
    assert settlement.facts == MailFacts("subject")
    assert settlement.authentication == ()
    task, original = pool.tasks[0]
    assert (task.kind, task.profile, task.notice.item, task.sender) == (Kind.MAIL, Profile(), task.item, None)
    assert original == b"whole"
    assert pool.dns == [DnsAnswer("failed")]


async def test_a_large_original_goes_in_pieces() -> None:
    pool = Pool(cleaned())
    await settle(Kept(item(original_size=WHOLE_BYTES + 1)), pool)
    assert pool.tasks[0][1] == b"in pieces"


async def test_sender_checks_reach_the_child_the_header_and_the_item() -> None:
    pool = Pool(cleaned())
    settlement = await settle(Kept(item()), pool, Checks())
    assert pool.tasks[0][0].sender.spf == SPF
    assert pool.dns == [DnsAnswer("found", (b"key",))]
    assert settlement.authentication == (SPF, DKIM)
    assert b"\r\nAuthentication-Results: mx.city.example.jp;\r\n spf=pass; dkim=pass\r\nX-Kiyome" in settlement.clean


async def test_what_could_not_be_cleaned_is_held_with_nothing_to_deliver() -> None:
    store = Kept(item())
    async with working(store, Pool(cleaned(None, Outcome.BLOCKED))) as settled:
        async with asyncio.timeout(60):
            while not store.settled:  # noqa: ASYNC110 - the fake has no event for it
                await asyncio.sleep(0.005)
    settlement = store.settled[item().id]
    assert (settlement.decision.verdict, settlement.decision.rule) == (Verdict.HOLD, "engine.blocked")
    assert settlement.clean is None
    assert settled == []


async def test_a_rule_holds_and_keeps_the_clean_version_for_a_release() -> None:
    settlement = await settle(Kept(item(profile="strict")), Pool(cleaned(outcome=Outcome.REMOVED)))
    assert settlement.decision.rule == "strict.removed_part"
    assert settlement.clean is not None
    assert b"verdict=hold" in settlement.clean


@pytest.mark.parametrize(
    ("changes", "rule"),
    [({"attempts": MOST_ATTEMPTS + 1}, "engine.poison"), ({"profile": "gone"}, "engine.no_profile")],
)
async def test_what_must_not_be_opened_is_held_unopened(changes: dict[str, object], rule: str) -> None:
    pool = Pool(cleaned())
    settlement = await settle(Kept(item(**changes)), pool)
    assert (settlement.decision.verdict, settlement.decision.rule) == (Verdict.HOLD, rule)
    assert pool.tasks == []


async def test_an_original_that_is_not_what_was_received_is_held_unopened() -> None:
    class Damaged(Kept):
        async def original(self, of: Item) -> Original:
            raise BlobDamaged("changed")

    pool = Pool(cleaned())
    settlement = await settle(Damaged(item()), pool)
    assert settlement.decision.rule == "engine.unreadable"
    assert settlement.decision.verdict is Verdict.HOLD
    assert settlement.clean is None
    assert pool.tasks == []


async def test_the_last_attempt_is_still_made() -> None:
    settlement = await settle(Kept(item(attempts=MOST_ATTEMPTS)), Pool(cleaned()))
    assert settlement.decision.verdict is Verdict.DELIVER


async def test_settling_is_tried_again_while_the_store_is_unavailable() -> None:
    pool = Pool(cleaned())
    settlement = await settle(Kept(item(), unavailable=1), pool)
    assert settlement.decision.verdict is Verdict.DELIVER
    assert len(pool.tasks) == 1
