"""A gateway process that tries every escape and prints what came of it, one line of JSON each.

`python -m tests.contract.confinement.escape_runner alone|warm|control FOLDER CHECKOUT [NAME…]`, as whoever starts it.
`control` tries without any wall what an ordinary user can do, to show that a success would be seen.
"""

import asyncio
import ctypes
import logging
import os
import pwd
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Self

import msgspec

from sanitizers.confinement.pool import Pool
from sanitizers.model import Cleaned, DnsAnswer, Notice, SenderClaim
from sanitizers.rules import Budget, Kind, OwnChild, Profile, Task
from tests.contract.confinement import hostile, hostile_child
from tests.contract.confinement.escapes import BY_NAME, ESCAPES
from tests.contract.confinement.escapes.table import BUDGET, SECRET, Escape
from tests.contract.confinement.hostile_child import SPF_PASS
from tests.contract.confinement.outside import PLACES, Seen, Site, memory, site

WORKSHOP = "tests.contract.confinement.hostile"
USER = "nobody"
PR_SET_CHILD_SUBREAPER = 36
SIBLING_SECONDS = 120
PATIENCE_SECONDS = 60  #: births of children, and a busy machine


class Around(msgspec.Struct, frozen=True):
    """What else happened meanwhile and afterwards."""

    log: tuple[str, ...]
    changed: tuple[str, ...]  #: what is not as before, seen from outside
    sibling: str  #: what the item in another child came to meanwhile
    served: str  #: what the next item came to
    grown: int  #: bytes, the gateway


class Verdict(msgspec.Struct, frozen=True):
    """What came of one attempt."""

    name: str
    escaped: str  #: what the child says it has done
    outcome: str
    finding: tuple[str, str, str]  #: threat, severity, detail
    around: Around


class Lines(logging.Handler):
    """All that is logged, at any level."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.levelname} {record.name} {record.getMessage()}")


class Sibling:
    """An item that stays in its child until it is let go."""

    def __init__(self, pool: Pool, *, alone: bool) -> None:
        self._pool = pool
        self._alone = alone
        self._asked: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._let_go = asyncio.Event()

    async def __aenter__(self) -> Self:
        order = task("SIBLING", msgspec.structs.replace(BUDGET, seconds=SIBLING_SECONDS), alone=self._alone)
        self._item = asyncio.create_task(self._pool.clean(order, hostile.WAIT, self._answer))
        return self

    async def pid(self) -> int:
        return await self._asked

    async def release(self) -> str:
        self._let_go.set()
        return ((await self._item).data or b"").decode()

    async def __aexit__(self, *_: object) -> None:
        self._let_go.set()
        await self._item

    async def _answer(self, name: str, _rdtype: str) -> DnsAnswer:
        self._asked.set_result(hostile.child_in(name))
        await self._let_go.wait()
        return DnsAnswer("absent")


class Runner:
    """Tries one escape after the other in the same pool."""

    def __init__(self, pool: Pool, there: Site, lines: Lines, *, alone: bool) -> None:
        self._pool = pool
        self._there = there
        self._lines = lines
        self._alone = alone
        self._seen = there.look()
        self._size = memory()

    async def attempt(self, escape: Escape) -> Verdict:
        async with Sibling(self._pool, alone=self._alone) as sibling:
            self._lines.lines.clear()
            original = hostile.order(hostile.Attempt(escape.name, self._there.target(await sibling.pid()), SECRET))
            cleaned = await self._in_time(original, escape.budget)
            log = tuple(self._lines.lines)
            unharmed = await sibling.release()
        served = await self._clean("NEXT", b"next")
        before, size = self._seen, self._size
        self._seen, self._size = self._there.look(), memory()
        answer = (served.data or b"").decode("utf-8", "replace")
        around = Around(log, changes(before, self._seen), unharmed, answer, self._size - size)
        return verdict(escape, cleaned, around)

    async def _in_time(self, original: bytes, budget: Budget) -> Cleaned:
        """An item that never ends has escaped too."""
        try:
            async with asyncio.timeout(budget.seconds + PATIENCE_SECONDS):
                return await self._clean("ATTEMPT", original, budget)
        except TimeoutError:
            return hostile_child.answer(original, b"the item never ends")

    async def _clean(self, item: str, original: bytes, budget: Budget = BUDGET) -> Cleaned:
        return await self._pool.clean(task(item, budget, alone=self._alone), original, absent)


def task(item: str, budget: Budget, *, alone: bool) -> Task:
    profile = Profile(own_child=OwnChild.ALWAYS if alone else OwnChild.NEVER)
    return Task(item, Kind.MAIL, "", profile, budget, Notice("1", ()), SenderClaim(SPF_PASS))


async def absent(_name: str, _rdtype: str) -> DnsAnswer:
    return DnsAnswer("absent")


def changes(before: Seen, after: Seen) -> tuple[str, ...]:
    pairs = ((field, getattr(before, field), getattr(after, field)) for field in Seen.__struct_fields__)
    return tuple(f"{field}: {was} -> {now}"[:1_000] for field, was, now in pairs if was != now)


def verdict(escape: Escape, cleaned: Cleaned, around: Around) -> Verdict:
    item = cleaned.report.parts[0]
    found = item.findings[0] if item.findings else None
    return Verdict(
        name=escape.name,
        escaped="" if cleaned.data is None else cleaned.data[:500].decode("utf-8", "replace") or "data",
        outcome=item.outcome,
        finding=(found.threat, found.severity, found.detail) if found else ("", "", ""),
        around=around,
    )


async def run(escapes: list[Escape], folder: Path, checkout: Path, *, alone: bool) -> None:
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # orphans come to this process, and are seen
    os.environ["KIYOME_SECRET"] = SECRET
    lines = Lines()
    logging.basicConfig(level=logging.DEBUG, handlers=[lines])
    pool = Pool(
        2,
        budget=BUDGET,
        items_before_recycling=1_000,
        seconds_before_recycling=3_600,
        user=USER,
        workshop=WORKSHOP,
        start_seconds=300,
    )
    await pool.start()
    try:
        async with site(Path(tempfile.mkdtemp(dir=folder)), uid_of_children(), checkout) as there:
            await pool.clean(task("FIRST", BUDGET, alone=alone), b"first", absent)
            runner = Runner(pool, there, lines, alone=alone)
            for escape in escapes:
                say(await runner.attempt(escape))
    finally:
        await pool.stop()


def uid_of_children() -> int:
    return os.geteuid() or pwd.getpwnam(USER).pw_uid


def say(what: msgspec.Struct) -> None:
    print(msgspec.json.encode(what).decode(), flush=True)


class Without(msgspec.Struct, frozen=True):
    """What an attempt came to without walls."""

    name: str
    answer: str
    changed: tuple[str, ...]


def control(escapes: list[Escape], folder: Path, checkout: Path) -> None:
    """Each in a process of its own, with victims of its own."""
    os.environ["KIYOME_SECRET"] = SECRET
    for escape in escapes:
        there = Site(Path(tempfile.mkdtemp(dir=folder)), uid_of_children(), checkout)
        try:
            before = there.look()
            answer = _without_walls(escape, there)
            say(Without(escape.name, answer, changes(before, there.look())))
        finally:
            there.close()
            _sweep(there.mark)


def _without_walls(escape: Escape, there: Site) -> str:
    victim = there.target(0).bystander
    ear, mouth = os.pipe()
    process = os.fork()
    if process == 0:
        os.setsid()
        os.chdir("/")
        answer = "ended without a word"
        try:
            answer = _try(escape, there, victim)
        finally:
            os.write(mouth, answer.encode())
            os._exit(0)
    os.close(mouth)
    with os.fdopen(ear, "rb") as answers:
        _, status = os.waitpid(process, 0)
        answer = answers.read(10_000).decode()
    # A program that was started in its place, or a thread that outlives the pipe, says nothing and ends well.
    return answer or f"status {status}"


def _try(escape: Escape, there: Site, victim: int) -> str:
    at = msgspec.structs.replace(there.target(victim), gateway=victim)
    try:
        return f"succeeded: {escape.attempt(at)}"
    except OSError as refusal:
        return f"failed: {refusal}"


def _sweep(mark: str) -> None:
    for place in PLACES:
        for left in Path(place).glob(f"{mark}*"):
            with suppress(OSError):
                left.unlink()


def main(mode: str, folder: str, checkout: str, *names: str) -> None:
    escapes = [BY_NAME[name] for name in names] if names else list(ESCAPES)
    if mode == "control":
        escapes = [escape for escape in escapes if escape.control]
        control(escapes, Path(folder), Path(checkout))
    else:
        asyncio.run(run(escapes, Path(folder), Path(checkout), alone=mode == "alone"))


if __name__ == "__main__":
    main(*sys.argv[1:])
