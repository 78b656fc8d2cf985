"""Every dialogue file, on both event loops; those about DATA also octet by octet."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import uvloop

from gateway.intake import smtp
from tests.dialogue.player import Mail, Player, make_certificate, settings_of
from tests.dialogue.script import octets, read_script

HERE = Path(__file__).resolve().parent
FILES = sorted(path.relative_to(HERE).as_posix() for path in HERE.rglob("*.txt"))
LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(autouse=True)
def _quick_deadlines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "CHECK_SECONDS", 0.05)


def play(name: str, loop: str, certificate: tuple[Path, Path], *, cut: bool) -> None:
    script = read_script(HERE / name)

    async def run() -> Player:
        player = Player(script, settings_of(script, certificate), cut=cut)
        await player.play()
        return player

    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        player = runner.run(run())
    compare(player.store.mails, script.outcome)


def compare(mails: list[Mail], outcome: dict[str, Any]) -> None:
    assert len(mails) == outcome["accepted"], [mail.content for mail in mails]
    expected = outcome.get("mail", [])
    assert len(expected) <= len(mails)
    for mail, wanted in zip(mails, expected, strict=False):
        for key, value in wanted.items():
            check(mail, key, value)


def check(mail: Mail, key: str, value: Any) -> None:
    envelope = mail.envelope
    match key:
        case "content":
            assert mail.content == octets(value)
        case "contains":
            assert octets(value) in mail.content
        case "size":
            assert len(mail.content) == value
        case "to":
            assert [recipient.address for recipient in envelope.recipients] == value
        case "notify":
            assert [sorted(r.options.notify or ()) for r in envelope.recipients] == value
        case "orcpt":
            assert [recipient.options.orcpt for recipient in envelope.recipients] == value
        case "ret" | "envid" | "body" | "smtputf8":
            assert getattr(envelope.options, key) == value
        case "tls":
            assert envelope.tls.startswith(value)
            assert bool(envelope.tls) is bool(value)
        case _:
            assert getattr(envelope, key) == value


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("name", FILES)
def test_dialogue(name: str, loop: str, certificate: tuple[Path, Path]) -> None:
    play(name, loop, certificate, cut=False)


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith(("smuggling", "data"))])
def test_octet_by_octet(name: str, certificate: tuple[Path, Path]) -> None:
    play(name, "uvloop", certificate, cut=True)


def test_there_are_enough_smuggling_endings() -> None:
    for mode in ("refuse", "normalise"):
        assert len(list((HERE / "smuggling" / mode).glob("*.txt"))) >= 24
