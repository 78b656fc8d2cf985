"""The proofs of the walls: all hold in a real child, each can fail, and the gateway listens to them."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec
import pytest

from sanitizers.confinement.enclosures import ENCLOSURES, READER, Missing, Wall
from sanitizers.confinement.probes import ATTEMPTS
from sanitizers.confinement.proving import Ending, Proof, Proofs, WallsBroken, in_words, insist, prove
from tests.servers.gateway import ROOT, START_SECONDS, Gateway
from tests.servers.ports import wait_until_listening

OLD_HOST = Path(__file__).with_name("old_host.py")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has something to give up")


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file that nothing but the walls keeps a child from."""
    for folder in (tmp_path, *tmp_path.parents):  # those that pytest made for us alone
        if folder == Path(tempfile.gettempdir()):
            break
        folder.chmod(0o755)
    secret = tmp_path / "gateway.toml"
    secret.write_text("secret")
    return secret


async def prove_here(secret: Path, name: str) -> Proofs:
    return await prove([ENCLOSURES[name]], user="nobody", secrets=[secret, secret.with_name("absent")])


@pytest.mark.parametrize("name", list(ENCLOSURES))
async def test_every_wall_of_this_host_holds_in_a_real_child(name: str, secret: Path) -> None:
    proofs = await prove_here(secret, name)
    assert [in_words(proof) for proof in proofs.broken()] == []
    assert proofs.missing == ()
    assert {proof.name for proof in proofs.proofs} >= {each.name for each in ATTEMPTS if name in each.enclosures}
    assert {proof.wall for proof in proofs.proofs} == {*Wall, None}
    insist(proofs, frozenset())


async def test_nothing_is_left_of_the_attempts(secret: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(secret.parent))
    await prove_here(secret, "converter")
    assert list(secret.parent.iterdir()) == [secret]


async def test_a_secret_that_is_not_there_proves_nothing(tmp_path: Path) -> None:
    proofs = await prove([READER], user="nobody", secrets=[tmp_path / "absent"])
    assert "secrets" not in {proof.name for proof in proofs.proofs}


def run(*command: str, lacking: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    before = [sys.executable, str(OLD_HOST), *lacking, "--"] if lacking else []
    return subprocess.run(
        [*before, sys.executable, "-W", "error", *command],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=START_SECONDS,
    )


def test_every_attempt_gets_through_where_no_wall_is(secret: Path) -> None:
    scratch = secret.with_name("scratch")
    scratch.mkdir()
    told = run("-m", "tests.contract.confinement.bare", str(secret), str(scratch))
    proofs = msgspec.json.decode(told.stdout, type=list[Proof])
    assert {proof.name for proof in proofs} == {attempt.name for attempt in ATTEMPTS}
    # An ordinary user is kept from these by being one: there is no wall to take away.
    assert {proof.name for proof in proofs if proof.held} <= (
        set() if os.geteuid() == 0 else {"setuid", "capset", "chown"}
    )


PROVE = """
import asyncio, msgspec, sys
from pathlib import Path
from sanitizers.confinement.enclosures import READER
from sanitizers.confinement.proving import prove
print(msgspec.json.encode(asyncio.run(prove([READER], user="nobody", secrets=[Path(sys.argv[1])]))).decode())
"""

# What a host without this wall shows at least; the attempts of the other walls still fail.
TO_THE_KERNEL = {"tcp", "unix", "fork", "execve", "mmap", "kill", "io_uring", "bpf", "mount", "filter"}
LACKING = [
    pytest.param("files", Wall.FILES, {"passwd", "root", "proc", "secrets"}, "Landlock", id="files"),
    pytest.param("system_calls", Wall.SYSTEM_CALLS, TO_THE_KERNEL, "seccomp", id="system_calls"),
    pytest.param("limits", Wall.LIMITS, {"memory", "limits"}, "limit", id="limits"),
    pytest.param("user", Wall.USER, {"identity", "capabilities"}, "CAP_SETUID", id="user", marks=needs_root),
]


@pytest.mark.parametrize(("lacking", "wall", "through", "reason"), LACKING)
def test_a_wall_that_the_host_lacks_is_seen(
    lacking: str, wall: Wall, through: set[str], reason: str, secret: Path
) -> None:
    told = run("-c", PROVE, str(secret), lacking=(lacking,))
    assert told.stdout, told.stderr
    proofs = msgspec.json.decode(told.stdout, type=Proofs)
    assert {proof.name for proof in proofs.broken()} >= through
    assert {proof.wall for proof in proofs.broken()} == {wall}
    assert [each.wall for each in proofs.missing] == [wall]
    assert reason in proofs.reason(wall)
    with pytest.raises(WallsBroken, match=rf'the wall "{wall}" does not hold: .*accept_missing_walls = \["{wall}"\]'):
        insist(proofs, frozenset())
    insist(proofs, frozenset({wall}))


@pytest.mark.parametrize(("lacking", "wall", "through", "reason"), LACKING)
def test_the_gateway_does_not_start_without_a_wall_that_is_not_accepted(
    lacking: str, wall: Wall, through: set[str], reason: str, tmp_path: Path
) -> None:
    gateway = Gateway(tmp_path, next_hop=9)
    told = run("-m", "gateway", "run", "--config", str(gateway.settings), lacking=(lacking,))
    assert told.returncode == 2
    refusal = told.stderr.strip().splitlines()[-1]
    assert "Traceback" not in told.stderr
    for words in (f'"{wall}"', reason, f'children.accept_missing_walls = ["{wall}"]', "docs/operation.md"):
        assert words in refusal


@needs_root
def test_without_no_new_privileges_there_is_no_filter_either() -> None:
    told = run("-c", PROVE, "/nonexistent", lacking=("no_new_privileges",))
    proofs = msgspec.json.decode(told.stdout, type=Proofs)
    assert proofs.not_accepted(frozenset()) == (Wall.NO_NEW_PRIVILEGES, Wall.SYSTEM_CALLS)


@pytest.mark.parametrize(
    "lacking",
    [
        ("files",),
        ("system_calls",),
        ("limits",),
        pytest.param(("user",), marks=needs_root),
        ("files", "system_calls"),
    ],
    ids=" and ".join,
)
def test_the_gateway_starts_when_the_missing_walls_are_accepted(lacking: tuple[str, ...], tmp_path: Path) -> None:
    gateway = Gateway(tmp_path, next_hop=9, extra=f"\n[children]\naccept_missing_walls = {json.dumps(lacking)}\n")
    command = [sys.executable, str(OLD_HOST), *lacking, "--", sys.executable]
    with gateway.log_file.open("ab") as log:
        process = subprocess.Popen(
            [*command, "-m", "gateway", "run", "--config", str(gateway.settings)], cwd=ROOT, stdout=log, stderr=log
        )
    try:
        wait_until_listening(gateway.port)
        process.send_signal(signal.SIGTERM)
        assert process.wait(START_SECONDS) == 0
    finally:
        process.kill()
        process.wait()
    for wall in lacking:
        assert f'the wall "{wall}" does not hold, as accepted' in gateway.log()


def test_doctor_shows_the_missing_wall(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path, next_hop=9)
    told = run("-m", "gateway", "doctor", "--json", "--config", str(gateway.settings), lacking=("files",))
    rows = {row["wall"]: row for row in json.loads(told.stdout)["walls"]}
    assert told.returncode == 1
    assert {wall: row["status"] for wall, row in rows.items() if wall in set(Wall)} == {
        "user": "ok",
        "no_new_privileges": "ok",
        "files": "bad",
        "system_calls": "ok",
        "limits": "ok",
    }
    assert "read /etc/passwd" in rows["files"]["got_through"]


def proof(wall: Wall | None, *, held: bool, ending: Ending = Ending.THROUGH) -> Proof:
    return Proof("reader", wall, "x", "試み", "an attempt", held, ending, "detail")


def test_silence_is_no_proof() -> None:
    proofs = Proofs((proof(Wall.FILES, held=False, ending=Ending.UNPROVEN),), ())
    with pytest.raises(WallsBroken, match="not proven"):
        insist(proofs, frozenset())


def test_a_wall_that_says_it_is_missing_counts_even_when_nothing_got_through() -> None:
    missing = Missing(Wall.LIMITS, "the reason")
    with pytest.raises(WallsBroken, match="the reason"):
        insist(Proofs((proof(Wall.LIMITS, held=True),), (missing,)), frozenset())


def test_what_a_child_has_from_birth_cannot_be_accepted() -> None:
    with pytest.raises(WallsBroken) as refusal:
        insist(Proofs((proof(None, held=False),), ()), frozenset(Wall))
    assert "accept_missing_walls" not in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_what_is_accepted_already_stays_in_the_advice() -> None:
    proofs = Proofs((proof(Wall.FILES, held=False), proof(Wall.USER, held=False)), ())
    with pytest.raises(WallsBroken, match=r'accept_missing_walls = \["files", "user"\]'):
        insist(proofs, frozenset({Wall.FILES}))
