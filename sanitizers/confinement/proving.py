"""The gateway's side of the proofs: sends attempts into real children, judges how they ended, says what does not hold.

Nothing is believed that was not proven: a wall holds when the kernel's refusal came back over the pipe, when the kernel
ended the child, or when its own account of the child (/proc/PID/status) says so. Silence counts as broken.
"""

import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

import msgspec

from sanitizers.confinement import forking, office_probes, offices, probes
from sanitizers.confinement.enclosures import ENCLOSURES, WARM_CONVERTER, Enclosure, Missing, Wall
from sanitizers.confinement.forking import CannotStart, ForkServer
from sanitizers.confinement.probe_acts import Target
from sanitizers.confinement.probes import ATTEMPTS, Attempt, Told
from sanitizers.confinement.process import Child
from sanitizers.confinement.process import Ending as ChildEnding
from sanitizers.confinement.protocol import END_OF_ORIGINAL, Kind, ProtocolBroken, Result, chunks, decode, frame
from sanitizers.confinement.recheck import check_size
from sanitizers.confinement.walls import account
from sanitizers.confinement.wire import ChildGone
from sanitizers.model import Notice
from sanitizers.rules import Budget, Profile, Task
from sanitizers.rules import Kind as ItemKind

START_SECONDS = 60.0
ATTEMPT_SECONDS = 20.0
AT_ONCE = 4  #: children that are probed at the same time
CPU_SECONDS = 20
SCRATCH_FILE_BYTES = 1_048_576
PRIVILEGES = ("CapInh", "CapPrm", "CapEff", "CapAmb")  # proc_pid_status(5)
EVERY_WALL = frozenset(Wall)


class Ending(StrEnum):
    """How an attempt ended."""

    REFUSED = "refused"  # by the kernel, with an error
    KILLED = "killed"  # with the child
    NOTHING = "nothing"  # it looked, and nothing was there
    THROUGH = "through"
    UNPROVEN = "unproven"  # no word came back


class Proof(msgspec.Struct, frozen=True):
    """One attempt and what came of it."""

    enclosure: str
    wall: Wall | None  #: None: what a child has from birth, which no setting accepts otherwise
    name: str
    ja: str
    en: str
    held: bool
    ending: Ending
    detail: str  #: the error's or the signal's name; else what it got


class Proofs(msgspec.Struct, frozen=True):
    """All of one run."""

    proofs: tuple[Proof, ...]
    missing: tuple[Missing, ...]  #: walls that the children themselves could not raise

    def broken(self) -> tuple[Proof, ...]:
        """What got through, or was not proven."""
        return tuple(proof for proof in self.proofs if not proof.held)

    def reason(self, wall: Wall | None) -> str:
        """Why it does not hold, in one line; "" when it holds."""
        said = next((each.reason for each in self.missing if each.wall is wall), "")
        return said or "; ".join(in_words(proof) for proof in self.broken() if proof.wall is wall)

    def not_accepted(self, accepted: frozenset[Wall]) -> tuple[Wall | None, ...]:
        """Walls that do not hold and that no setting names, in the order of the enum; None last."""
        open_walls = {proof.wall for proof in self.broken()} | {each.wall for each in self.missing}
        ordered: tuple[Wall | None, ...] = (*Wall, None)
        return tuple(wall for wall in ordered if wall in open_walls and wall not in accepted)


class WallsBroken(Exception):
    """A wall does not hold and no setting accepts that; the text is one line for an administrator."""


def in_words(proof: Proof) -> str:
    """One proof in English, for a log line."""
    ends = {
        Ending.REFUSED: f"{proof.detail}, which is not this wall's answer",
        Ending.KILLED: f"ended by {proof.detail}, which is not this wall's answer",
        Ending.NOTHING: "not refused",
        Ending.THROUGH: f"got through ({proof.detail})",
        Ending.UNPROVEN: f"not proven ({proof.detail})",
    }
    return f"{proof.enclosure}: {proof.en}: {'held' if proof.held else ends[proof.ending]}"


def insist(proofs: Proofs, accepted: frozenset[Wall]) -> None:
    """Raises WallsBroken when anything does not hold that is not accepted."""
    walls = proofs.not_accepted(accepted)
    if not walls:
        return
    told = "; ".join(f'the wall "{wall or "belongings"}" does not hold: {proofs.reason(wall)}' for wall in walls)
    names = ", ".join(f'"{wall}"' for wall in (*sorted(accepted), *walls) if wall)
    way_out = f"; children.accept_missing_walls = [{names}] would accept that" if None not in walls else ""
    raise WallsBroken(f"{told}{way_out} (docs/operation.md, Walls)")


async def prove(
    enclosures: Sequence[Enclosure] = tuple(ENCLOSURES.values()),
    *,
    user: str,
    memory: int = Budget().memory,
    secrets: Iterable[Path] = (),
) -> Proofs:
    """Tries to break every wall of these enclosures, in children like those that clean; raises CannotStart.

    `user`: whom a child becomes when this process is root. `secrets`: files and folders that no child may read.
    """
    present = tuple(str(path) for path in secrets if path.exists())
    proofs: list[Proof] = []
    missing: set[Missing] = set()
    for where, some in _by_server(enclosures):
        server = await where(user)
        try:
            for enclosure in some:
                with _scratch(enclosure, user) as scratch:
                    file_bytes = SCRATCH_FILE_BYTES if scratch else 0
                    target = Target(present, memory, enclosure.files, file_bytes, scratch)
                    proofs += await _Run(server, enclosure, target).all()
        finally:
            await server.stop()
        missing |= server.missing
    by_wall = {each.wall: each for each in sorted(missing, key=lambda each: each.reason)}
    return Proofs(tuple(proofs), tuple(by_wall.values()))


def _by_server(enclosures: Sequence[Enclosure]) -> list[tuple[Callable[[str], Awaitable[ForkServer]], list[Enclosure]]]:
    """Each kind of child is forked from a server like its own."""
    warm = [enclosure for enclosure in enclosures if enclosure.name == WARM_CONVERTER.name]
    bare = [enclosure for enclosure in enclosures if enclosure.name != WARM_CONVERTER.name]
    return [(where, some) for where, some in ((_bare_server, bare), (_office_server, warm)) if some]


async def _bare_server(user: str) -> ForkServer:
    return await ForkServer.start(user, probes.__name__, START_SECONDS)


async def _office_server(user: str) -> ForkServer:
    return await offices.start(user, START_SECONDS, office_probes.__name__)


class _Run:
    """The attempts on one enclosure."""

    def __init__(self, server: ForkServer, enclosure: Enclosure, target: Target) -> None:
        self._server = server
        self._enclosure = enclosure
        self._target = target
        self._room = asyncio.Semaphore(AT_ONCE)

    async def all(self) -> list[Proof]:
        """Those that end their child each in one of their own, the others together."""
        attempts = [each for each in ATTEMPTS if self._enclosure.name in each.enclosures]
        if not self._target.secrets:
            attempts = [each for each in attempts if each.name != "secrets"]
        together = [each for each in attempts if not each.is_fatal]
        alone = [each for each in attempts if each.is_fatal]
        outcomes = await asyncio.gather(self._together(together), *(self._alone(each) for each in alone))
        return [proof for proofs in outcomes for proof in proofs]

    async def _alone(self, attempt: Attempt) -> list[Proof]:
        return await self._tried([attempt])

    async def _together(self, attempts: list[Attempt]) -> list[Proof]:
        proofs = await self._tried(attempts, look=True)
        if any(proof.ending in {Ending.UNPROVEN, Ending.KILLED} for proof in proofs[: len(attempts)]):
            # One of them ended the child, so that the others said nothing: each is to speak for itself.
            alone = await asyncio.gather(*(self._alone(each) for each in attempts))
            return [*(proof for each in alone for proof in each), *proofs[len(attempts) :]]
        return proofs

    async def _tried(self, attempts: list[Attempt], *, look: bool = False) -> list[Proof]:
        async with self._room:
            order = forking.Order(
                self._enclosure.name, self._target.memory, CPU_SECONDS, self._target.file_bytes, self._target.scratch
            )
            child = await self._server.bear(order, EVERY_WALL)
            told: dict[str, Told] = {}
            seen: list[Proof] = []
            try:
                async with asyncio.timeout(ATTEMPT_SECONDS):
                    told = await _asked(child, attempts, self._target)
                if look:
                    seen = _seen_from_outside(self._enclosure.name, child.pid)
            except (ChildGone, ProtocolBroken, TimeoutError):
                pass  # no word: how it ended says the rest
            finally:
                ending = await child.end()
        if look and not seen:
            seen = _unseen(self._enclosure.name)
        return [*(_judged(self._enclosure.name, each, told.get(each.name), ending) for each in attempts), *seen]


async def _asked(child: Child, attempts: list[Attempt], target: Target) -> dict[str, Told]:
    original = msgspec.json.encode(probes.Order(tuple(each.name for each in attempts), target))
    budget = Budget(memory=target.memory)
    task = Task("walls", ItemKind.FILE, "", Profile(), budget, Notice("walls", ()))
    child.begin_item()
    await child.wire.send([frame(Kind.ORDER, task), *chunks(original), END_OF_ORIGINAL])
    kind, body = await child.wire.receive()
    if kind is not Kind.RESULT:
        raise ProtocolBroken(f"{kind.name} instead of a result")
    result = decode(Result, body)
    check_size(result, task)
    kind, body = await child.wire.receive()
    if kind is not Kind.CHUNK or len(body) != result.size:
        raise ProtocolBroken("data of another size than announced")
    try:
        return {each.name: each for each in msgspec.json.decode(body, type=tuple[Told, ...])}
    except msgspec.MsgspecError as error:
        raise ProtocolBroken("not what a probe says") from error


def _judged(enclosure: str, attempt: Attempt, told: Told | None, child: ChildEnding) -> Proof:
    if told is not None:
        outcome = told.error or (probes.NOTHING if not told.got else "through")
        ending = Ending.REFUSED if told.error else Ending.THROUGH if told.got else Ending.NOTHING
        held, detail = attempt.holds(outcome, enclosure), told.error or told.got
    else:
        ending = Ending.UNPROVEN if child.signal is None else Ending.KILLED
        held, detail = attempt.holds(child.words, enclosure), child.words
    return Proof(enclosure, attempt.wall, attempt.name, attempt.ja, attempt.en, held, ending, detail)


def _status(pid: int | str) -> dict[str, list[str]]:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
    return {key: value.split() for key, _, value in (line.partition(":") for line in lines)}


def _filters(status: dict[str, list[str]]) -> int:
    return (
        int(status.get("Seccomp_filters", ["1"])[0]) if status.get("Seccomp") == ["2"] else 0
    )  # counted from Linux 5.9


def _seen_from_outside(enclosure: str, pid: int) -> list[Proof]:
    """What the kernel says of a living child; empty when it does not say."""
    try:
        status, ours = _status(pid), _status("self")
        owner = Path(f"/proc/{pid}/mem").stat().st_uid
    except OSError:
        return []
    identities = [*status["Uid"], *status["Gid"], *status["Groups"]]
    left = [name for name in PRIVILEGES if int(status[name][0], 16)]
    own = str(owner) == status["Uid"][1]  # what is not dumpable belongs to root (proc_pid_mem(5))
    found = {
        "identity": "root" if "0" in identities else "",
        "capabilities": ", ".join(left),
        "memory": f"/proc/{pid}/mem" if own else "",
        "privileges": "" if status.get("NoNewPrivs") == ["1"] else "NoNewPrivs 0",
        "filter": "" if _filters(status) > _filters(ours) else f"Seccomp_filters {_filters(status)}",
    }
    return [_from_outside(enclosure, name, found[name]) for name in _looks(enclosure)]


# What no child can say of itself: its filter refuses to ask.
LOOKS: dict[str, tuple[Wall, str, str]] = {
    "identity": (Wall.USER, "root でない", "not root"),
    "capabilities": (Wall.USER, "特権 (capability) がない", "no capability"),
    "memory": (Wall.USER, "同じ利用者からメモリーが見えない", "memory hidden from the same user"),
    "privileges": (Wall.NO_NEW_PRIVILEGES, "新しい権限を得られない", "no new privileges"),
    "filter": (Wall.SYSTEM_CALLS, "自分のフィルターがある", "a filter of its own"),
}


def _looks(enclosure: str) -> dict[str, tuple[Wall, str, str]]:
    return {name: look for name, look in LOOKS.items() if name != "memory" or not ENCLOSURES[enclosure].looked_into}


def _from_outside(enclosure: str, name: str, found: str) -> Proof:
    wall, ja, en = LOOKS[name]
    return Proof(enclosure, wall, name, ja, en, not found, Ending.THROUGH if found else Ending.NOTHING, found)


def _unseen(enclosure: str) -> list[Proof]:
    return [
        Proof(enclosure, wall, name, ja, en, held=False, ending=Ending.UNPROVEN, detail="/proc")
        for name, (wall, ja, en) in _looks(enclosure).items()
    ]


@contextmanager
def _scratch(enclosure: Enclosure, user: str) -> Iterator[str]:
    """A folder of the child's own where its enclosure has one."""
    if not enclosure.scratch:
        yield ""
        return
    with tempfile.TemporaryDirectory(prefix="kiyome-proof-") as folder:
        if os.geteuid() == 0:
            owner = _owner(user)
            os.chown(folder, *owner)
        yield folder


def _owner(user: str) -> tuple[int, int]:
    try:
        owner = account(user)
    except LookupError as error:
        raise CannotStart(str(error)) from error
    return owner.uid, owner.gid
