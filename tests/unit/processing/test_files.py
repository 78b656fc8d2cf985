"""From an uploaded file to what is settled, and to what a password opens."""

import asyncio
import hashlib
from pathlib import Path

import msgspec
import pytest

from gateway.model import Answer, Channel, Direction, Item, ItemState
from gateway.processing.trace import Stamp
from gateway.processing.unlocking import Locksmith
from gateway.processing.worker import Worker
from gateway.store.blobs import Blobs, Original, Spool
from gateway.store.drafts import Settlement
from gateway.store.errors import StoreFull, StoreUnavailable
from sanitizers.model import Action, Cleaned, Finding, Outcome, PartReport, Report, Severity, Threat
from sanitizers.rules import FileBudget, Kind, Profile, Rules, TransferApproval, Verdict
from tests.fakes.items import item, settings

RULES = Rules(
    profiles={
        "standard": Profile(),
        "outbound": Profile(transfer_approval=TransferApproval.OUTBOUND),
        "always": Profile(transfer_approval=TransferApproval.ALWAYS),
    }
)
ORIGINAL = bytes(5_000)
CLEAN = b"clean" * 1_000


def file(**changes: object) -> Item:
    return item(channel=Channel.UPLOAD, name="予算.zip", facts=None, original_size=len(ORIGINAL), **changes)


def part(path: str, outcome: Outcome, data: bytes, name: str = "") -> PartReport:
    withheld = outcome in {Outcome.BLOCKED, Outcome.LOCKED, Outcome.REMOVED}
    found = (Finding(Threat.ENCRYPTED, Severity.WARNING, Action.BLOCKED, "x", "y"),) if withheld else ()
    digest = hashlib.sha256(data).hexdigest()
    return PartReport(path, name, "", "x/y", "zip", outcome, 1, 1, digest, "" if withheld else digest, found, 0.0)


WHOLE = Report((part("1", Outcome.REBUILT, ORIGINAL), part("1.1", Outcome.REBUILT, b"1")))
PARTLY = Report((part("1", Outcome.REBUILT, ORIGINAL), part("1.1", Outcome.LOCKED, b"1", "secret.pdf")))
LOCKED = Report((part("1", Outcome.LOCKED, ORIGINAL),))
BLOCKED = Report((part("1", Outcome.BLOCKED, ORIGINAL),))


class Pool:
    """Opens with the password "open"."""

    def __init__(self, report: Report = WHOLE, opened: Report = WHOLE, *, deaths: int = 0) -> None:
        self.reports = {False: report, True: opened}
        self.tasks = []
        self.originals: list[bytes] = []
        self.deaths = deaths

    async def clean(self, task, original, ask_dns, outlet=None) -> Cleaned:
        self.tasks.append(task)
        self.originals.append(original if isinstance(original, bytes) else b"".join(original.chunks(100)))
        report = self.reports["open" in task.passwords]
        if report.parts[0].sha256_out:
            for _ in range(self.deaths):
                outlet.begin()
                outlet.write(b"half of a resu")
            outlet.begin()
            outlet.write(CLEAN)
        return Cleaned(None, "予算.zip", "application/zip", report)


class Store:
    """Items to clean, and how they were settled."""

    def __init__(self, folder: Path, *items: Item, failure: Exception | None = None, inline: int = 100) -> None:
        self.blobs = Blobs(folder, inline)
        self.blobs.create()
        self.waiting = list(items)
        self.items = {each.id: each for each in items}
        self.settled: list[Settlement] = []
        self.kept: list[bytes] = []
        self.failure = failure
        self.tries = 0
        self.wrong: list[int] = []

    async def lease_for_cleaning(self, owner, limit, seconds) -> list[Item]:
        taken, self.waiting = self.waiting[:limit], self.waiting[limit:]
        return taken

    async def renew(self, owner, ids, seconds) -> None:
        pass

    async def item(self, item_id: str) -> Item | None:
        return self.items.get(item_id)

    async def original(self, of: Item) -> Original:
        return Original(len(ORIGINAL), ORIGINAL, None, "")

    async def settle(self, owner: str, item_id: str, settlement: Settlement) -> None:
        self.tries += 1
        if self.failure:
            raise self.failure
        self._take(settlement)

    async def resettle(self, item_id: str, settlement: Settlement, actor: str) -> None:
        self._take(settlement)

    async def wrong_passwords(self, item_id: str) -> int:
        return len(self.wrong)

    async def password_was_wrong(self, item_id: str, *, actor: str, count: int) -> None:
        self.wrong.append(count)

    def _take(self, settlement: Settlement) -> None:
        self.settled.append(settlement)
        if isinstance(settlement.clean, Spool):
            settlement.clean.hand_over()
            kept = settlement.clean.keep()
            self.kept.append(kept.data or self.blobs.path(kept.id).read_bytes())
            settlement.clean.committed()


def smith(store: Store, pool: Pool, kept: list[bool] | None = None) -> Locksmith:
    told = (lambda: kept.append(True)) if kept is not None else lambda: None
    return Locksmith(settings(), RULES, store, pool, Stamp(settings(), b"k" * 32), told)


async def settle(store: Store, pool: Pool) -> None:
    worker = Worker(settings(), RULES, store, pool, None, smith(store, pool), owner="me", on_settled=lambda: None)
    task = asyncio.create_task(worker.run())
    async with asyncio.timeout(60):
        while not store.tries:  # noqa: ASYNC110 - the fake has no event for it
            await asyncio.sleep(0.005)
        await worker.stop()
        await task


@pytest.mark.parametrize("inline", [100, 1_000_000])
async def test_a_file_is_cleaned_as_a_file_and_nothing_is_written_into_it(tmp_path: Path, inline: int) -> None:
    store, pool = Store(tmp_path, file(), inline=inline), Pool()
    await settle(store, pool)
    (settlement,) = store.settled
    (task,) = pool.tasks
    assert (task.kind, task.claimed_name, task.budget, task.sender) == (Kind.FILE, "予算.zip", FileBudget(), None)
    assert (task.notice.words, pool.originals) == ((), [ORIGINAL])
    assert (settlement.decision.verdict, settlement.decision.rule) == (Verdict.DELIVER, "standard.deliver")
    assert (settlement.name, settlement.type, settlement.locks, settlement.notices) == (
        "予算.zip",
        "application/zip",
        (),
        (),
    )
    assert store.kept == [CLEAN]
    assert list(store.blobs.incoming.iterdir()) == []


async def test_of_a_result_that_began_twice_the_last_one_counts(tmp_path: Path) -> None:
    store = Store(tmp_path, file(), inline=4)
    await settle(store, Pool(deaths=2))
    assert store.kept == [CLEAN]
    assert list(store.blobs.incoming.iterdir()) == []


@pytest.mark.parametrize(
    ("report", "changes", "rule", "clean"),
    [
        (LOCKED, {}, "standard.locked_part", False),
        (PARTLY, {}, "standard.locked_part", True),
        (BLOCKED, {}, "engine.blocked", False),
        (WHOLE, {"profile": "always"}, "always.transfer_approval", True),
        (WHOLE, {"profile": "always", "channel": Channel.FOLDER}, "always.deliver", True),
        (WHOLE, {"profile": "outbound"}, "outbound.deliver", True),
        (WHOLE, {"profile": "outbound", "direction": Direction.OUTBOUND}, "outbound.transfer_approval", True),
        (PARTLY, {"profile": "always"}, "always.locked_part", True),
    ],
)
async def test_what_holds_a_file(tmp_path: Path, report: Report, changes: dict, rule: str, clean: bool) -> None:
    channel = changes.pop("channel", Channel.UPLOAD)
    store = Store(tmp_path, msgspec.structs.replace(file(**changes), channel=channel))
    await settle(store, Pool(report))
    (settlement,) = store.settled
    assert settlement.decision.rule == rule
    assert (settlement.clean is not None, bool(settlement.name), bool(settlement.type)) == (clean, clean, clean)
    assert settlement.asks_approval == rule.endswith("transfer_approval")


@pytest.mark.parametrize("failure", [StoreUnavailable("not now"), StoreFull("full")])
async def test_a_large_result_that_cannot_be_settled_leaves_nothing_behind(tmp_path: Path, failure: Exception) -> None:
    store = Store(tmp_path, file(), failure=failure)
    await settle(store, Pool())
    assert store.tries == 1  # its lease ends, and it is cleaned again
    assert list(store.blobs.incoming.iterdir()) == []


async def test_a_password_opens_a_held_file_and_nothing_is_stamped(tmp_path: Path) -> None:
    kept: list[bool] = []
    store, pool = Store(tmp_path, file(state=ItemState.HELD, report=PARTLY)), Pool(PARTLY)
    opened = await smith(store, pool, kept).open_held(file().id, "open", "user:taro")
    assert (opened.answer, store.kept, kept) == (Answer.OPENED, [CLEAN], [True])
    assert store.settled[0].decision.verdict is Verdict.DELIVER
    assert (pool.tasks[0].kind, pool.tasks[0].passwords) == (Kind.FILE, ("open",))


async def test_wrong_passwords_are_on_record_and_come_to_an_end(tmp_path: Path) -> None:
    store, pool = Store(tmp_path, file(state=ItemState.HELD, report=LOCKED)), Pool(LOCKED)
    locksmith, most = smith(store, pool), settings().passwords.tries
    tried = [await locksmith.open_held(file().id, "wrong", "user:taro") for _ in range(most)]
    assert [each.answer for each in tried] == [Answer.WRONG] * most
    assert (tried[0].tries_left, tried[-1].tries_left, store.wrong[-1]) == (most - 1, 0, most)
    assert (await locksmith.open_held(file().id, "open", "user:taro")).answer is Answer.OVER
    assert store.settled == []
    assert [path for path in store.blobs.folder.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    "of",
    [
        file(state=ItemState.CLEANED, report=PARTLY),
        file(state=ItemState.HELD, report=BLOCKED),
        file(state=ItemState.HELD),
    ],
)
async def test_what_is_not_held_for_a_password_takes_none(tmp_path: Path, of: Item) -> None:
    store, pool = Store(tmp_path, of), Pool()
    assert (await smith(store, pool).open_held(of.id, "open", "user:taro")).answer is Answer.OVER
    assert pool.tasks == []
