"""An attacker owns the child. Whatever is tried fails, is reported, and the next item is served.

The table is in `escapes/`. A gateway process (`escape_runner`), as root and as anybody, tries all of it in real
children behind real walls; here it is judged.
"""

import asyncio
import errno
import os
import pwd
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from pathlib import Path

import msgspec
import pytest

from sanitizers.model import Outcome, Severity, Threat
from tests.contract.confinement.escape_runner import USER, Verdict, Without
from tests.contract.confinement.escapes import ESCAPES
from tests.contract.confinement.escapes.table import MEBIBYTE, SECRET, Ending, Escape
from tests.contract.confinement.outside import site

RUN_SECONDS = 900  # for all of a run: the first test that asks waits for it
pytestmark = [pytest.mark.slow, pytest.mark.timeout(RUN_SECONDS + 60)]

GROWTH = 64 * MEBIBYTE  # of the gateway by one attempt: an answer of the largest size, and what malloc keeps
# Without walls these leave something that is seen from outside.
VISIBLE = (
    "write_in_",
    "write_to_",
    "create_",
    "empty_",
    "remove_",
    "rename_",
    "make_a_f",
    "link_",
    "change_mode",
    "cut_",
    "kill_",
)
ENOUGH = 40  # distinct escapes, at the very least
SYSTEM_PYTHON = Path(f"/usr/bin/python3.{sys.version_info.minor}")


class Run(StrEnum):
    """Who the gateway is, and what kind of child each attempt has."""

    OWN_CHILD = "alone"
    WARM_CHILD = "warm"
    OWN_CHILD_OF_NOBODY = "alone, by an ordinary user"
    CONTROL = "control"


class Results:
    """What the runners said, each started once and all at the same time."""

    def __init__(self, folder: Path, project: Path) -> None:
        self._workers = ThreadPoolExecutor(len(Run))
        self._folder = folder
        self._project = project
        self._python = ordinary_python(folder, project) if os.geteuid() == 0 else sys.executable
        self._started = {run: self._workers.submit(self._run, run) for run in Run if self.reason_against(run) == ""}

    def reason_against(self, run: Run) -> str:
        """Why this run is not made, "" when it is."""
        if run is Run.OWN_CHILD_OF_NOBODY and os.geteuid() != 0:
            return "only root can start a gateway as another user; the other tests here ran as an ordinary one"
        if run in {Run.OWN_CHILD_OF_NOBODY, Run.CONTROL} and not self._python:
            return f"the user {USER} can start neither this Python with its packages nor {SYSTEM_PYTHON}"
        return ""

    def of(self, run: Run) -> dict[str, bytes]:
        """One line of JSON for each escape, by its name."""
        if run not in self._started:
            pytest.skip(self.reason_against(run))
        lines = self._started[run].result().splitlines()
        return {msgspec.json.decode(line)["name"]: line for line in lines}

    def end(self) -> None:
        """When all tests are done."""
        self._workers.shutdown(cancel_futures=True)

    def _run(self, run: Run) -> bytes:
        ordinary = run in {Run.OWN_CHILD_OF_NOBODY, Run.CONTROL}
        mode = run.value.partition(",")[0]
        command = [self._python if ordinary else sys.executable, "-s", "-m", "tests.contract.confinement.escape_runner"]
        names = [escape.name for escape in escapes_of(run)]
        done = subprocess.run(
            [*command, mode, str(self._folder), str(self._project), *names],
            cwd=self._project,
            env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"},
            capture_output=True,
            timeout=RUN_SECONDS,
            check=False,
            **as_nobody(ordinary=ordinary),
        )
        assert done.returncode == 0, done.stderr.decode()[-2_000:]
        return done.stdout


def as_nobody(*, ordinary: bool) -> dict[str, object]:
    if not ordinary or os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam(USER)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def ordinary_python(folder: Path, project: Path) -> str:
    """This Python, or where others may not read it, the system's with the same packages; "" if neither starts."""
    borrowed = folder / "python"
    if SYSTEM_PYTHON.exists():
        subprocess.run([SYSTEM_PYTHON, "-m", "venv", "--without-pip", borrowed], capture_output=True, check=False)
        for packages in borrowed.glob("lib/python3*/site-packages"):
            (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    for candidate in (sys.executable, str(borrowed / "bin" / "python")):
        try:
            trial = subprocess.run(
                [candidate, "-s", "-c", "import tests.contract.confinement.escape_runner"],
                cwd=project,
                capture_output=True,
                check=False,
                **as_nobody(ordinary=True),
            )
        except OSError:
            continue
        if trial.returncode == 0:
            return candidate
    return ""


def escapes_of(run: Run) -> list[Escape]:
    if run is Run.WARM_CHILD:
        return [escape for escape in ESCAPES if escape.warm]
    return [escape for escape in ESCAPES if escape.control or run is not Run.CONTROL]


@pytest.fixture(scope="module")
def results(project: Path) -> Iterator[Results]:
    with tempfile.TemporaryDirectory(prefix="kiyome-test-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o777)
        found = Results(Path(folder), project)
        yield found
        found.end()


def check(escape: Escape, results: Results, run: Run) -> None:
    lines = results.of(run)
    assert escape.name in lines, "the gateway did not live to try this"
    verdict = msgspec.json.decode(lines[escape.name], type=Verdict)
    assert verdict.escaped == ""
    assert verdict.around.changed == ()
    check_report(escape, verdict)
    check_log(escape, verdict.around.log)
    assert verdict.around.sibling == "unharmed"
    assert verdict.around.served == "NEXT"
    assert verdict.around.grown < GROWTH


def check_report(escape: Escape, verdict: Verdict) -> None:
    assert verdict.outcome == Outcome.BLOCKED
    threat, severity, detail = verdict.finding
    if escape.must is Ending.KILLED:
        assert (threat, severity) == (Threat.ACTIVE_CONTENT, Severity.DANGER)
        assert "forbidden system call" in detail
    elif escape.must is Ending.REFUSED:
        assert detail in {f"refused: {errno.errorcode[refusal]}" for refusal in escape.refusals}
    else:
        assert threat == escape.threat
        assert detail


def check_log(escape: Escape, log: tuple[str, ...]) -> None:
    if escape.must is not Ending.REFUSED:  # that one is the sanitizer's own answer, and in the report
        assert any("item ATTEMPT" in line for line in log)
    for line in log:
        assert SECRET not in line
        assert "passwd" not in line


def named(escapes: list[Escape]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("escape", [pytest.param(escape, id=escape.name) for escape in escapes])


@named(escapes_of(Run.OWN_CHILD))
def test_no_escape_from_a_child_of_its_own(escape: Escape, results: Results) -> None:
    check(escape, results, Run.OWN_CHILD)


@named(escapes_of(Run.WARM_CHILD))
def test_no_escape_from_a_warm_child(escape: Escape, results: Results) -> None:
    check(escape, results, Run.WARM_CHILD)


@named(escapes_of(Run.OWN_CHILD_OF_NOBODY))
def test_no_escape_when_the_gateway_is_an_ordinary_user(escape: Escape, results: Results) -> None:
    check(escape, results, Run.OWN_CHILD_OF_NOBODY)


@named(escapes_of(Run.CONTROL))
def test_without_walls_it_works(escape: Escape, results: Results) -> None:
    """Otherwise its failure behind the walls would prove nothing."""
    done = msgspec.json.decode(results.of(Run.CONTROL)[escape.name], type=Without)
    assert done.answer.startswith("succeeded") or (escape.name == "execute" and done.answer == "status 0")
    if escape.name.startswith(VISIBLE):
        assert done.changed


async def test_the_ears_hear_and_signals_are_counted(tmp_path: Path, project: Path) -> None:
    async with site(tmp_path, os.geteuid(), project) as there:
        at, before = there.target(0), there.look()
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.connect(("127.0.0.1", at.tcp))
            udp.sendto(b"x", ("127.0.0.1", at.udp))
        for address in (at.unix, "\0" + at.abstract):
            with socket.socket(socket.AF_UNIX) as caller:
                caller.connect(address)
        os.kill(os.getpid(), signal.SIGURG)
        until = time.monotonic() + 30
        while (after := there.look()).told < before.told + 4 or after.signalled == before.signalled:
            assert time.monotonic() < until, after
            await asyncio.sleep(0.05)
        assert (after.told - before.told, after.signalled - before.signalled) == (4, 1)


def test_there_are_enough_of_them() -> None:
    assert len({escape.name for escape in ESCAPES}) == len(ESCAPES) > ENOUGH
