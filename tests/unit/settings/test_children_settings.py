"""[children]: whom a child becomes, and which walls may be missing."""

import os
from pathlib import Path

import pytest

from gateway.settings import SettingsError, load_settings
from sanitizers.confinement.enclosures import Wall

GOOD = """
hostname = "kiyome.example.jp"
accepted_domains = ["city.example.jp"]

[[listeners]]
name = "internet"
segment = "internet"
direction = "inbound"
host = "127.0.0.1"
port = 2525

[[routes]]
domain = "city.example.jp"
host = "mail.example.jp"

[children]
"""


def problems_of(tmp_path: Path, line: str) -> list[str]:
    path = tmp_path / "gateway.toml"
    path.write_text(GOOD + line)
    try:
        load_settings(path)
    except SettingsError as error:
        return [problem.removeprefix(f"{path}: ") for problem in error.problems]
    return []


def test_nothing_is_accepted_unless_it_is_named(tmp_path: Path) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text(GOOD)
    assert load_settings(path).children.accept_missing_walls == ()
    path.write_text(GOOD + 'accept_missing_walls = ["files", "user"]\n')
    assert load_settings(path).children.accept_missing_walls == (Wall.FILES, Wall.USER)


def test_a_wall_that_does_not_exist_is_told_with_those_that_do(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, 'accept_missing_walls = ["landlock"]')
    key, _, words = problem.partition(": ")
    assert key == "children.accept_missing_walls[0]"
    assert words == "'landlock' is not one of user, no_new_privileges, files, system_calls, limits"


def test_a_wall_is_named_once(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, 'accept_missing_walls = ["files", "files"]')
    assert problems == ['children.accept_missing_walls: "files" is given 2 times']


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ("no-such-user", 'children.user: there is no user "no-such-user" on this system'),
        ("no\\u0000body", 'children.user: there is no user "no\0body" on this system'),
        ("root", 'children.user: "root" is root or in its group; name one without rights, such as "nobody"'),
    ],
)
def test_root_needs_somebody_to_become(user: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert problems_of(tmp_path, f'user = "{user}"') == [words]
    assert problems_of(tmp_path, 'user = "nobody"') == []


def test_an_ordinary_user_becomes_nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert problems_of(tmp_path, 'user = "no-such-user"') == []
