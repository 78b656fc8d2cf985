"""The docs keep up with the code: what exists is documented, what is documented exists, and no link is broken."""

import argparse
import re
import tomllib
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin

import msgspec
import pytest

from gateway.__main__ import build_parser
from gateway.settings import Secret, Settings
from gateway.web.routes import ROUTES
from sanitizers.registry import BODY_SANITIZERS, FILE_SANITIZERS
from sanitizers.rules import Rules

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "samples" / "README.md"])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
ROW = re.compile(r"^\| `([a-z_.]+)` \| (.+?) \|", re.MULTILINE)


def read(name: str) -> str:
    return (ROOT / name).read_text()


def struct_of(kind: Any) -> type[msgspec.Struct] | None:
    candidates = (kind, *get_args(kind)) if get_origin(kind) in {tuple, dict, UnionType} else (kind,)
    return next((each for each in candidates if isinstance(each, type) and issubclass(each, msgspec.Struct)), None)


def keys(kind: type[msgspec.Struct], where: str = "") -> dict[str, msgspec.structs.FieldInfo]:
    """Every key with its path; a secret is one key."""
    found: dict[str, msgspec.structs.FieldInfo] = {}
    for field in msgspec.structs.fields(kind):
        inner = struct_of(field.type)
        if inner and inner is not Secret:
            found |= keys(inner, f"{where}{field.encode_name}.")
        else:
            found[f"{where}{field.encode_name}"] = field
    return found


ALL_KEYS = keys(Settings) | keys(Rules)


def documented_default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "required"
    value = msgspec.to_builtins(field.default)
    if value is None:
        return "made" if field.name == "report_key" else "none"
    return f"`{msgspec.json.encode(value).decode()}`"


@pytest.mark.parametrize("key", ALL_KEYS)
def test_every_key_is_documented_with_its_default(key: str) -> None:
    rows = dict(ROW.findall(read("docs/configuration.md")))
    assert rows.get(key) == documented_default(ALL_KEYS[key])


def test_no_key_is_documented_that_does_not_exist() -> None:
    assert set(dict(ROW.findall(read("docs/configuration.md")))) == set(ALL_KEYS)


def test_every_key_stands_in_the_shipped_files_with_a_comment() -> None:
    for name, kind in (("config/gateway.toml", Settings), ("config/rules.toml", Rules)):
        lines = read(name).splitlines()
        for key in keys(kind):
            last = key.rpartition(".")[2]
            assert any(re.match(rf"(?:# )?{last} = ", line) for line in lines), f"{name}: {key}"


def test_every_limit_says_what_happens_at_it() -> None:
    page = read("docs/limits.md")
    for key in ALL_KEYS:
        if key.startswith(("limits.", "budget.", "retention.", "delivery.")):
            assert f"`{key}`" in page, key


def commands(parser: argparse.ArgumentParser, name: str = "kiyome") -> list[str]:
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not groups:
        return [name]
    return [each for sub, inner in groups[0].choices.items() for each in commands(inner, f"{name} {sub}")]


@pytest.mark.parametrize("command", commands(build_parser()))
def test_every_command_is_documented_in_the_table(command: str) -> None:
    assert f"| `{command}" in read("docs/operation.md")


@pytest.mark.parametrize("command", commands(build_parser()))
def test_every_option_of_the_docs_exists(command: str) -> None:
    parser = build_parser()
    for word in command.split()[1:]:
        group = next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
        parser = group.choices[word]
    known = {option for action in parser._actions for option in action.option_strings}
    for line in read("docs/operation.md").splitlines():
        if line.startswith(f"| `{command}"):
            assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", line)) <= known, line


@pytest.mark.parametrize("route", ROUTES)
def test_every_route_is_documented(route: str) -> None:
    assert any(f"`{route}`" in page.read_text() for page in (ROOT / "docs").glob("*.md"))


@pytest.mark.parametrize("sanitizer", [*BODY_SANITIZERS, *FILE_SANITIZERS], ids=lambda each: each.name)
def test_every_sanitizer_is_documented_with_its_limitations(sanitizer: Any) -> None:
    page = read("docs/sanitizers.md")
    assert f"## {sanitizer.name}\n" in page
    for owned in sanitizer.types:
        assert f"`{owned}`" in page
    for limitation in sanitizer.limitations:
        assert f"- {limitation}\n" in page


def test_every_dependency_has_a_reason() -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    page = read("docs/decisions.md").lower()
    for requirement in [*project["dependencies"], *project["optional-dependencies"]["test"]]:
        name = re.match(r"[a-z0-9-]+", requirement)
        assert name
        assert name[0].removeprefix("pytest-") in page, requirement


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        if not target.startswith(("https://", "#")):
            assert (page.parent / target.partition("#")[0]).exists(), target


PUBLISHED = sorted(
    path
    for pattern in (
        "*.md",
        "docs/**/*.md",
        "config/*",
        "tools/*",
        "Makefile",
        "Dockerfile",
        "*.yaml",
        "*.lock",
        "*.toml",
    )
    for path in ROOT.glob(pattern)
)


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_published_names_a_machine(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"/(?:work|home|root|Users)/", text)
    assert not re.search(r"(?:--index-url|--extra-index|--find-links|file://)", text)


def test_locks_hold_hashes_and_no_host() -> None:
    for lock in ROOT.glob("*.lock"):
        text = lock.read_text()
        assert "://" not in text, lock.name
        pinned = re.findall(r"^[a-z0-9][\w.\[\]-]*==\S+", text, re.MULTILINE)
        assert pinned
        assert all(f"{pin}" in text for pin in pinned)
        assert len(re.findall(r"^[a-z0-9].*\\$", text, re.MULTILINE)) == len(pinned), lock.name


def test_the_tests_lock_pins_what_the_running_lock_pins() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^([a-z0-9][\w.\[\]-]*==[^\s;]+)", read(name), re.MULTILINE))

    assert pins("requirements.lock") <= pins("requirements-test.lock")


def shown_commands(name: str) -> list[str]:
    return [
        line.strip().partition("  ")[0]
        for line in read(name).splitlines()
        if re.match(r"    (?:make|\.venv|kiyome) ?", line)
    ]


def test_both_readmes_show_the_same_commands_and_links() -> None:
    assert shown_commands("README.md") == shown_commands("README.ja.md")
    assert shown_commands("README.md")[:2] == ["make run", ".venv/bin/kiyome samples send"]
    english, japanese = (
        [re.sub(r"\.(?:ja|en)\.", ".", link) for link in LINK.findall(read(name)) if "README" not in link]
        for name in ("README.md", "README.ja.md")
    )
    assert sorted(english) == sorted(japanese)


def test_the_makefile_has_what_the_readme_shows() -> None:
    targets = set(re.findall(r"^(\w+):", read("Makefile"), re.MULTILINE))
    for name in ("README.md", "README.ja.md"):
        assert set(re.findall(r"(?:^    |`)make (\w+)", read(name), re.MULTILINE)) <= targets


def test_the_changelog_has_an_unreleased_section() -> None:
    assert "\n## Unreleased\n" in read("CHANGELOG.md")


def test_the_first_line_of_each_room_says_its_purpose() -> None:
    for package in ("gateway", "sanitizers"):
        for path in (ROOT / package).rglob("*.py"):
            assert path.read_text().startswith('"""'), path
