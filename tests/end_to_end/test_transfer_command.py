"""`kiyome transfer` against a real gateway: folders, cut lines, kills of either end; nothing lost, nothing doubled."""

import asyncio
import hashlib
import json
import os
import random
import shutil
import sqlite3
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.__main__ import main
from tests.conftest import ROOT
from tests.servers.cutting import Line
from tests.servers.transferring import TransferGateway

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
MEGABYTE = 1_048_576
LARGE = 30 * MEGABYTE


class Office:
    """A gateway, and somebody at a command line with a token."""

    def __init__(self, folder: Path) -> None:
        self.gateway = TransferGateway(folder / "kiyome")
        self.folder = folder
        self.secret = self.gateway.token()
        self.token = folder / "token"
        self.token.write_text(self.secret + "\n")

    async def begin(self, *words: str, server: str) -> Process:
        """The command, running."""
        given = [*words, "--server", server, "--token-file", str(self.token), "--language", "en"]
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "gateway", "transfer", *given),
            cwd=ROOT,
            env=os.environ | {"XDG_STATE_HOME": str(self.folder / "state")},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )

    async def run(self, *words: str, server: str) -> tuple[int, str]:
        """The command to its end: status and what it said."""
        return await self.end(await self.begin(*words, server=server))

    async def end(self, process: Process) -> tuple[int, str]:
        said, _ = await process.communicate()
        assert self.secret not in said.decode()
        assert process.returncode is not None
        return process.returncode, said.decode()

    def rows(self, query: str) -> list[Any]:
        with sqlite3.connect(f"file:{self.gateway.folder}/kiyome.db?mode=ro", uri=True, timeout=60) as store:
            return store.execute(query).fetchall()

    def originals(self) -> list[str]:
        """Of every item that was uploaded."""
        return sorted(row[0] for row in self.rows("SELECT original_sha256 FROM items WHERE channel = 'upload'"))

    def forget(self) -> None:
        """No state file is left of a command that is done."""
        assert list((self.folder / "state").rglob("*.json")) == []


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    with made.gateway:
        yield made
    assert made.secret not in made.gateway.log()


@asynccontextmanager
async def line_to(office: Office) -> AsyncIterator[tuple[Line, str]]:
    async with Line(int(office.gateway.out.rpartition(":")[2])) as line:
        yield line, f"http://127.0.0.1:{line.port}"


def papers(folder: Path, *, large: int = 0) -> Path:
    """A folder with folders."""
    choose = random.Random(large)
    top = folder / "資料"
    (top / "別紙").mkdir(parents=True)
    (top / "表紙.txt").write_text("表紙\n")
    (top / "別紙" / "一.txt").write_text("一\n")
    (top / "別紙" / "空.txt").write_text("")
    if large:
        (top / "長い.txt").write_bytes(
            b"".join(choose.randbytes(48).hex().encode() + b"\n" for _ in range(large // 97))
        )
    return top


def digests(top: Path) -> list[str]:
    return sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in top.rglob("*") if path.is_file())


def below(top: Path) -> dict[str, bytes]:
    return {str(path.relative_to(top)): path.read_bytes() for path in top.rglob("*") if path.is_file()}


async def test_a_folder_arrives_clean_on_the_other_side_and_overwrites_nothing(office: Office, tmp_path: Path) -> None:
    top, out = papers(tmp_path), tmp_path / "out"
    status, said = await office.run(str(top), "--wait", "--json", server=office.gateway.out)
    assert status == 0, said
    told = json.loads(said)
    transfer = told["transfer"]["id"]
    assert {each["state"] for each in told["files"]} == {"ready"}
    office.forget()
    wrong = await office.run("fetch", transfer, "--out", str(out), server=office.gateway.out)
    assert (wrong[0], out.exists()) == (1, False)
    for _ in range(2):  # the same files again are the same files
        status, said = await office.run("fetch", transfer, "--out", str(out), server=office.gateway.inside)
        assert status == 0, said
        assert sorted(below(out)) == ["資料/別紙/一.txt", "資料/別紙/空.txt", "資料/表紙.txt"]
    (out / "資料" / "表紙.txt").write_text("my own\n")
    assert (await office.run("fetch", transfer, "--out", str(out), server=office.gateway.inside))[0] == 0
    assert below(out)["資料/表紙.txt"] == b"my own\n"
    assert below(out)["資料/表紙 (2).txt"].decode().strip() == "表紙"
    again = await office.run(str(top), server=office.gateway.out)
    assert again[0] == 0
    assert transfer not in again[1]  # a command that was done begins anew


async def test_what_is_held_is_told_and_exits_3(office: Office, tmp_path: Path) -> None:
    harmful = ROOT / "samples" / "blocked" / "autocad.dwg"
    (tmp_path / "good.txt").write_text("words\n")
    status, said = await office.run(str(harmful), str(tmp_path / "good.txt"), "--wait", server=office.gateway.out)
    assert status == 3, said
    assert "held" in said
    assert "content of this kind cannot be sanitised" in said
    assert "kiyome transfer fetch" in said


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
async def test_a_document_is_converted_within_the_budget_of_files(office: Office) -> None:
    document = ROOT / "samples" / "rtf" / "plain.rtf"
    status, said = await office.run(str(document), "--wait", server=office.gateway.out)
    assert status == 0, said


async def test_through_a_line_that_is_cut(office: Office, tmp_path: Path) -> None:
    top = papers(tmp_path, large=LARGE)
    async with line_to(office) as (line, address):
        line.cut_at(10 * MEGABYTE, 20 * MEGABYTE)
        status, said = await office.run(str(top), "--wait", server=address)
        assert status == 0, said
        assert line.cuts == 2
        assert line.sent < LARGE + 2 * 10 * MEGABYTE
    assert office.originals() == digests(top)


async def test_the_gateway_is_killed_while_files_come_and_while_they_are_cleaned(
    office: Office, tmp_path: Path
) -> None:
    top = papers(tmp_path, large=LARGE)
    async with line_to(office) as (line, address):
        line.freeze_at(12 * MEGABYTE)
        command = await office.begin(str(top), "--wait", server=address)
        await line.frozen.wait()
        await asyncio.to_thread(office.gateway.kill)
        await asyncio.to_thread(office.gateway.start)
        line.thaw()
        while len(office.originals()) < len(digests(top)):  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.05)
        await asyncio.to_thread(office.gateway.kill)
        await asyncio.to_thread(office.gateway.start)
        status, said = await office.end(command)
        assert status == 0, said
    assert office.originals() == digests(top)
    assert office.rows("SELECT count(*) FROM transfers") == [(1,)]
    assert {row[0] for row in office.rows("SELECT state FROM items WHERE channel = 'upload'")} == {"cleaned"}


async def test_the_command_is_killed_and_given_again(office: Office, tmp_path: Path) -> None:
    top = papers(tmp_path, large=LARGE)
    async with line_to(office) as (line, address):
        line.freeze_at(20 * MEGABYTE)
        command = await office.begin(str(top), server=address)
        await line.frozen.wait()
        command.kill()
        await command.wait()
        line.thaw()
        before = line.sent
        status, said = await office.run(str(top), "--wait", server=address)
        assert status == 0, said
        assert line.sent - before < LARGE - 10 * MEGABYTE
    assert office.originals() == digests(top)
    assert office.rows("SELECT count(*) FROM transfers") == [(1,)]
    office.forget()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing-here"], "no such file"),
        (["fetch", "x"], "--out"),
        (["README.md", "--token-file", "/nothing"], "cannot be read"),
        (["README.md", "--token-file", "/dev/null"], "holds no token"),
        (["README.md", "--server", "http://192.0.2.1"], "--plain-http"),
    ],
)
def test_a_command_that_cannot_be_meant_exits_2(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    (tmp_path / "token").write_text("kiyome_x")
    given = ["--server", "http://127.0.0.1:1", "--token-file", str(tmp_path / "token"), "--language", "en", *words]
    assert main(["transfer", *given]) == 2
    assert said in capsys.readouterr().err
