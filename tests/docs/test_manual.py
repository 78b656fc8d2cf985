"""The operator's manual keeps up with the pages: names that it quotes stand there, both languages say the same."""

import importlib
import re
import struct
from pathlib import Path

import pytest

from gateway.web.desk import SECTIONS
from gateway.web.wording import LANGUAGES, WORDS, word
from gateway.web.wording.states import _ENUM_WORDS

DOCS = Path(__file__).resolve().parents[2] / "docs"
QUOTED = {"ja": re.compile(r"「\*\*(.+?)\*\*」"), "en": re.compile(r'"\*\*(.+?)\*\*"')}
MOST_BYTES = 150_000
SHOWN = re.compile(r"!\[(.*?)\]\(pictures/([a-z-]+)\.(\w\w)\.png\)")


def manual(language: str) -> str:
    return (DOCS / f"manual.{language}.md").read_text()


def shape(language: str) -> list[str]:
    """Its headings by level, tables by their rows, and pictures, in order."""
    found = []
    for line in manual(language).splitlines():
        if heading := re.match(r"(#+) (\d*)", line):
            found.append(heading[1] + heading[2])
        elif picture := SHOWN.match(line):
            found.append(picture[2])
        elif line.startswith("|"):
            found.append("|")
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_name_that_is_quoted_stands_on_a_page(language: str) -> None:
    at = LANGUAGES.index(language)
    known = {both[at] for both in WORDS.values()} | {words[at + 1] for words in _ENUM_WORDS.values()}
    quoted = set(QUOTED[language].findall(manual(language)))
    assert len(quoted) > 60
    assert quoted - known == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_else_is_bold(language: str) -> None:
    """So that no name escapes the test above."""
    assert re.findall(r"\*\*(.+?)\*\*", QUOTED[language].sub("", manual(language))) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_the_menu_is_described(language: str) -> None:
    quoted = set(QUOTED[language].findall(manual(language)))
    assert {word(section.word, language) for section in SECTIONS} - quoted == set()


def test_both_languages_have_the_same_chapters_tables_and_pictures() -> None:
    assert shape("ja") == shape("en")


def test_both_languages_quote_the_same_words() -> None:
    """Chapter by chapter; the same Japanese word may be two in English, and the other way round."""
    for japanese, english in zip(manual("ja").split("\n## "), manual("en").split("\n## "), strict=True):
        quoted = QUOTED["ja"].findall(japanese), QUOTED["en"].findall(english)
        enums = [words[1:] for words in _ENUM_WORDS.values()]
        pairs = {*WORDS.values(), *enums}
        for name in quoted[0]:
            assert {pair[1] for pair in pairs if pair[0] == name} & set(quoted[1]), (japanese[:20], name)
        for name in quoted[1]:
            assert {pair[0] for pair in pairs if pair[1] == name} & set(quoted[0]), (english[:20], name)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_picture_is_there_is_described_and_is_small(language: str) -> None:
    shown = SHOWN.findall(manual(language))
    there = {path.name for path in (DOCS / "pictures").glob(f"*.{language}.png")}
    assert {f"{name}.{of}.png" for _, name, of in shown} == there
    for description, name, of in shown:
        assert of == language, name
        assert len(description) > 10, name
        data = (DOCS / "pictures" / f"{name}.{of}.png").read_bytes()
        assert len(data) <= MOST_BYTES, name
        assert struct.unpack(">I", data[16:20]) == (1280,), name


def test_the_tool_takes_exactly_these_pictures() -> None:
    pytest.importorskip("playwright.async_api", reason="Playwright is not installed")
    pictures = importlib.import_module("tools.pictures").PICTURES
    names = {f"{name}.{language}.png" for name in pictures for language in LANGUAGES}
    assert {path.name for path in (DOCS / "pictures").iterdir()} == names


def test_chapters_are_counted_and_levels_are_not_skipped() -> None:
    for language in LANGUAGES:
        lines = [line for line in manual(language).splitlines() if line.startswith("#")]
        assert [line.startswith("# ") for line in lines] == [True] + [False] * (len(lines) - 1)
        chapters = [line for line in lines if line.startswith("## ")]
        assert [line.split()[1] for line in chapters] == [f"{number}." for number in range(1, len(chapters) + 1)]
        assert not [line for line in lines if line.startswith("####")]
