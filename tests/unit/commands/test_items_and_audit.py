"""`kiyome items` and `kiyome audit` on a real store: what is found, changed, refused and put on record."""

import argparse
import asyncio
import contextlib
import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from gateway.commands import audit, items
from gateway.model import Channel, Decision, Direction, Envelope, MailOptions, Recipient
from gateway.settings import SettingsError, load_settings
from gateway.store.drafts import Draft, Settlement
from gateway.store.errors import StoreUnavailable
from gateway.store.items import Store
from sanitizers.model import MailFacts
from sanitizers.rules import Verdict

SETTINGS = """\
hostname = "kiyome.example.jp"
accepted_domains = ["city.example.jp"]
[[listeners]]
name = "in"
segment = "internet"
direction = "inbound"
host = "127.0.0.1"
[[routes]]
domain = "*"
host = "mail.example.jp"
[store]
url = "sqlite:///kiyome.db"
blobs = "blobs"
"""
ORIGINAL = b"Subject: original\r\n\r\n<script>\r\n"
CLEAN = b"Subject: clean\r\n\r\ntext\r\n"


def envelope(recipient: str) -> Envelope:
    return Envelope(
        mail_from="a@example.jp",
        recipients=(Recipient(recipient),),
        client="192.0.2.7",
        helo="mail.example.jp",
        tls="",
        options=MailOptions(),
        direction=Direction.INBOUND,
        received_at=datetime(2026, 11, 21, 0, 30, tzinfo=UTC),
    )


class Kiyome:
    """Settings and a store in a folder, with a held item and a clean one in it."""

    def __init__(self, folder: Path) -> None:
        self.settings = folder / "gateway.toml"
        self.settings.write_text(SETTINGS)
        self.rules = folder / "rules.toml"
        self.rules.write_text("[profiles.standard]\n")
        self.held, self.cleaned = asyncio.run(self._fill())

    async def _fill(self) -> tuple[str, str]:
        store = await Store.open(load_settings(self.settings).store)
        numbers = []
        for verdict, name in ((Verdict.HOLD, "held"), (Verdict.DELIVER, "cleaned")):
            spool = store.blobs.spool()
            spool.write(ORIGINAL)
            (number,) = await store.accept(
                [Draft(Channel.SMTP, "standard", envelope(f"{name}@city.example.jp"))], spool
            )
            await store.lease_for_cleaning("test", 10, 60)
            facts = MailFacts(subject=f"件名 {name}", header_from="a@example.jp")
            decision = Decision(verdict, "standard.rule", "理由")
            await store.settle("test", number, Settlement(decision, CLEAN, facts=facts))
            numbers.append(number)
        await store.close()
        return numbers[0], numbers[1]

    def run(self, command: ModuleType, *words: str) -> int:
        parser = argparse.ArgumentParser()
        command.register(parser.add_subparsers())
        args = parser.parse_args([command.NAME, *words, "--config", str(self.settings), "--language", "en"])
        status: int = args.run(args)
        return status


@pytest.fixture
def kiyome(tmp_path: Path) -> Kiyome:
    return Kiyome(tmp_path)


def test_list_shows_newest_first_and_narrows(kiyome: Kiyome, capsys: pytest.CaptureFixture[str]) -> None:
    assert kiyome.run(items, "list") == 0
    everything = capsys.readouterr().out
    assert kiyome.held in everything
    assert kiyome.cleaned in everything
    assert "2026-11-21 09:30:00" in everything  # Asia/Tokyo
    assert kiyome.run(items, "list", "--state", "held") == 0
    held = capsys.readouterr().out
    assert kiyome.held in held
    assert kiyome.cleaned not in held


def test_list_and_show_speak_json(kiyome: Kiyome, capsys: pytest.CaptureFixture[str]) -> None:
    kiyome.run(items, "list", "件名", "--json")
    assert {item["id"] for item in json.loads(capsys.readouterr().out)} == {kiyome.held, kiyome.cleaned}
    kiyome.run(items, "show", kiyome.held, "--json")
    assert json.loads(capsys.readouterr().out)["decision"]["reason"] == "理由"


def test_show_tells_the_decision(kiyome: Kiyome, capsys: pytest.CaptureFixture[str]) -> None:
    assert kiyome.run(items, "show", kiyome.held) == 0
    shown = capsys.readouterr().out
    assert "hold (standard.rule): 理由" in shown
    assert "held@city.example.jp: waiting" in shown


def test_release_needs_a_reason_and_puts_it_on_record(kiyome: Kiyome, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        kiyome.run(items, "release", kiyome.held)
    assert caught.value.code == 2
    assert kiyome.run(items, "release", kiyome.held, "--reason", "本人に確認") == 0
    capsys.readouterr()
    kiyome.run(audit, "export", "--item", kiyome.held)
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert any("本人に確認" in json.dumps(row, ensure_ascii=False) + row["detail"] for row in rows)
    assert {row["item_id"] for row in rows} == {kiyome.held}


def test_what_needs_a_second_person_is_not_released_by_one(kiyome: Kiyome, capsys: pytest.CaptureFixture[str]) -> None:
    kiyome.rules.write_text('[profiles.standard]\napproval = "original"\n')
    assert kiyome.run(items, "release", kiyome.held, "--original", "--reason", "x") == 1
    assert "profiles.approval" in capsys.readouterr().err
    assert kiyome.run(items, "release", kiyome.held, "--reason", "x") == 0


def test_what_the_state_forbids_is_told_without_a_traceback(kiyome: Kiyome, capsys: pytest.CaptureFixture[str]) -> None:
    assert kiyome.run(items, "discard", kiyome.cleaned, "--reason", "x") == 1
    assert "cleaned" in capsys.readouterr().err
    assert kiyome.run(items, "show", "20260101-AAAA-AAAA") == 1
    assert "20260101-AAAA-AAAA" in capsys.readouterr().err


def test_a_person_who_says_no_changes_nothing(
    kiyome: Kiyome, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _: "n")
    assert kiyome.run(items, "discard", kiyome.held, "--reason", "x") == 1
    kiyome.run(items, "show", kiyome.held, "--json")
    assert json.loads(capsys.readouterr().out)["state"] == "held"


def test_export_writes_each_version_to_a_new_private_file(kiyome: Kiyome, tmp_path: Path) -> None:
    for what, content in (("original", ORIGINAL), ("clean", CLEAN)):
        out = tmp_path / what
        words = ("export", kiyome.held, "--what", what, "--reason", "調査", "-o", str(out))
        assert kiyome.run(items, *words) == 0
        assert out.read_bytes() == content
        assert out.stat().st_mode & 0o077 == 0
        assert kiyome.run(items, *words) == 1


def test_what_is_taken_out_is_on_record(
    kiyome: Kiyome, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(items, "acting_person", lambda: "hanako")
    words = ("export", kiyome.held, "--what", "original", "-o", str(tmp_path / "out"))
    assert kiyome.run(items, *words) == 2
    assert kiyome.run(items, *words, "--reason", " ") == 2
    assert not (tmp_path / "out").exists()
    assert kiyome.run(items, *words, "--reason", "警察の依頼") == 0
    capsys.readouterr()
    kiyome.run(audit, "export", "--item", kiyome.held)
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    exported = [row for row in rows if row["action"] == "exported"]
    assert [(row["actor"], json.loads(row["detail"])) for row in exported] == [
        ("hanako", {"what": "original", "reason": "警察の依頼"})
    ]
    assert kiyome.run(audit, "verify") == 0


def test_an_original_that_is_not_on_record_is_not_written(
    kiyome: Kiyome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object, **__: object) -> None:
        raise StoreUnavailable("no")

    monkeypatch.setattr(Store, "exported", fails)
    out = tmp_path / "out"
    with contextlib.suppress(StoreUnavailable):
        kiyome.run(items, "export", kiyome.held, "--what", "original", "--reason", "x", "-o", str(out))
    assert not out.exists()


@pytest.mark.parametrize("how", [(), ("--json",)])
def test_nothing_of_a_mail_can_command_a_terminal(
    kiyome: Kiyome, capsys: pytest.CaptureFixture[str], how: tuple[str, ...]
) -> None:
    evil = "\x9b31m\x7f\u202e\x85"
    database = sqlite3.connect(kiyome.settings.parent / "kiyome.db")
    database.execute("UPDATE items SET mail_from = ?, facts = NULL", (f"a{evil}@example.jp",))
    database.commit()
    database.close()
    for command in (("show", kiyome.held), ("list",)):
        assert kiyome.run(items, *command, *how) == 0
        out = capsys.readouterr().out
        assert out.replace("\n", "").isprintable()
        if how:
            assert evil in str(json.loads(out)) or evil in json.dumps(json.loads(out), ensure_ascii=False)


def test_audit_verify_finds_a_changed_row(kiyome: Kiyome, capsys: pytest.CaptureFixture[str]) -> None:
    assert kiyome.run(audit, "verify") == 0
    capsys.readouterr()
    database = sqlite3.connect(kiyome.settings.parent / "kiyome.db")
    for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        database.execute(f'DROP TRIGGER "{trigger}"')
    database.execute("UPDATE audit SET actor = 'nobody' WHERE seq = 2")
    database.commit()
    database.close()
    assert kiyome.run(audit, "verify") == 1
    assert "Broken at row 2" in capsys.readouterr().err


def test_a_store_that_cannot_be_opened_is_one_line(kiyome: Kiyome) -> None:
    kiyome.settings.write_text(SETTINGS.replace("sqlite:///kiyome.db", "sqlite:////proc/kiyome.db"))
    with pytest.raises(SettingsError) as caught:
        kiyome.run(items, "list")
    assert str(caught.value).startswith("store: ")
    assert "\n" not in str(caught.value)


def test_audit_csv_cannot_run_a_formula(kiyome: Kiyome, capsys: pytest.CaptureFixture[str]) -> None:
    kiyome.run(items, "discard", kiyome.held, "--reason", "=HYPERLINK()")
    capsys.readouterr()
    assert kiyome.run(audit, "export", "--format", "csv") == 0
    cells = [cell.strip('"') for line in capsys.readouterr().out.splitlines() for cell in line.split(",")]
    assert not any(cell.startswith(("=", "+", "@")) for cell in cells)
