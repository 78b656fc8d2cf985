"""`kiyome users` on a real store: who is made, changed and let back in; what is refused; all of it on record."""

import asyncio
import json
from pathlib import Path

import pytest

from gateway.__main__ import main
from gateway.settings import load_settings
from gateway.store.items import Store
from tests.unit.commands.test_items_and_audit import SETTINGS


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "gateway.toml"
    path.write_text(SETTINGS)
    return str(path)


def kiyome(config: str, action: str, *more: str, language: str = "en") -> int:
    return main(["users", action, *more, "--config", config, "--language", language])


def answer(capsys: pytest.CaptureFixture[str]) -> object:
    return json.loads(capsys.readouterr().out)


def record(config: str) -> list[tuple[str, str]]:
    async def rows() -> list[tuple[str, str]]:
        store = await Store.open(load_settings(Path(config)).store)
        found = [(row.action, row.detail) async for row in store.audit_rows()]
        await store.close()
        return found

    return asyncio.run(rows())


def test_an_account_from_beginning_to_end(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert kiyome(config, "add", "admin", "--role", "administrator") == 0
    assert "One-time password of admin" in capsys.readouterr().out
    more = (
        "--name",
        "山田",
        "--address",
        "Taro@city.example.jp",
        "--domains",
        "city.example.jp,town.example.jp",
        "--json",
    )
    assert kiyome(config, "add", "Taro", "--role", "operator", *more) == 0
    made = answer(capsys)
    assert isinstance(made, dict)
    assert (made["person"]["login"], made["person"]["address"]) == ("taro", "taro@city.example.jp")
    assert sorted(made["person"]["domains"]) == ["city.example.jp", "town.example.jp"]
    assert kiyome(config, "change", "taro", "--role", "auditor", "--domains", "*", "--state", "disabled", "--json") == 0
    changed = answer(capsys)
    assert isinstance(changed, dict)
    assert (changed["role"], changed["domains"], changed["state"], changed["name"]) == (
        "auditor",
        None,
        "disabled",
        "山田",
    )
    assert kiyome(config, "reset-password", "TARO", "--json") == 0
    again = answer(capsys)
    assert isinstance(again, dict)
    assert again["one_time_password"] != made["one_time_password"]
    assert kiyome(config, "reset-totp", "taro") == 0
    assert kiyome(config, "sessions", "taro", "--json") == 0
    assert kiyome(config, "end-sessions", "taro") == 0
    capsys.readouterr()
    assert kiyome(config, "list", "山田", language="ja") == 0
    listed = capsys.readouterr().out
    assert "監査者" in listed
    assert "admin" not in listed
    assert kiyome(config, "remove", "taro", "--yes") == 0
    rows = record(config)
    assert [action for action, _ in rows] == [
        "person_added",
        "person_added",
        "person_changed",
        "password_set",
        "totp_reset",
        "person_removed",
    ]
    assert not any(made["one_time_password"] in detail for _, detail in rows)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("add", "admin", "--role", "user", "--address", "a@city.example.jp"), "login is taken"),
        (("add", "a b", "--role", "operator"), "login cannot be used"),
        (("add", "taro", "--role", "user"), "no mail address"),
        (("add", "taro", "--role", "operator", "--domains", "-"), "no domain"),
        (("add", "taro", "--role", "operator", "--domains", ","), "no domain"),
        (("change", "nobody", "--role", "user"), "nobody"),
        (("change", "admin", "--role", "operator"), "last active administrator"),
        (("change", "admin", "--state", "disabled"), "last active administrator"),
        (("remove", "admin", "--yes"), "last active administrator"),
        (("reset-password", "nobody"), "nobody"),
        (("sessions", "nobody"), "nobody"),
    ],
)
def test_what_is_refused_says_why_and_changes_nothing(
    config: str, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    assert kiyome(config, "add", "admin", "--role", "administrator") == 0
    assert kiyome(config, *arguments) == 1
    assert words in capsys.readouterr().err
    assert len(record(config)) == 1
