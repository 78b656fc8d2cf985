"""The words of the pages: both languages, none missing, none for nothing, and no text outside the tables."""

import re
from pathlib import Path

import pytest

from gateway.access.model import PasswordState, PersonState, Source
from gateway.access.rights import Right, Role
from gateway.model import ItemState, RecipientState
from gateway.web.api.problem import STATUS
from gateway.web.pages.items import OPTIONS, SAID
from gateway.web.wording import LANGUAGES, TABLES, WORDS, enum_word, states, word
from sanitizers.model import Action, Outcome, Severity, Threat
from sanitizers.rules import Verdict

JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
#: Text between tags of a template, after everything Jinja has gone.
TEXT = re.compile(r">([^<>]*)<")
#: What is the same in every language: the name, the other language's own name, signs.
SAME_EVERYWHERE = re.compile(r"清め|Kiyome|openapi\.json|English|日本語|SHA-256|\bB\b|[^\w\s]|[A-Z0-9]|\s")


def templates(project: Path) -> list[Path]:
    return sorted((project / "gateway" / "web" / "templates").rglob("*.html"))


def sources(project: Path) -> str:
    """Everything that can name a word."""
    folders = [project / "gateway" / each for each in ("web", "access", "commands")]
    paths = [path for folder in folders for path in folder.rglob("*") if path.suffix in {".py", ".html"}]
    return "".join(path.read_text() for path in paths if path.parent.name != "wording")


@pytest.mark.parametrize(
    ("table", "members"),
    [
        (states.STATES, ItemState),
        (states.RECIPIENT_STATES, RecipientState),
        (states.OUTCOMES, Outcome),
        (states.SEVERITIES, Severity),
        (states.ACTIONS, Action),
        (states.THREATS, Threat),
        (states.VERDICTS, Verdict),
        (states.ROLES, Role),
        (states.RIGHTS, Right),
        (states.PERSON_STATES, PersonState),
        (states.PASSWORD_STATES, PasswordState),
        (states.SOURCES, Source),
    ],
)
def test_every_member_of_an_enum_has_words(table: dict[object, object], members: type) -> None:
    assert set(table) == set(members)


def test_every_choice_of_the_search_form_has_words() -> None:
    chosen = {f"{name}.{member.value}" for name, members in OPTIONS.items() if name not in SAID for member in members}
    assert chosen - WORDS.keys() == set()


def test_enums_are_said_in_both_languages() -> None:
    assert [enum_word(Role.APPROVER, language) for language in LANGUAGES] == ["承認者", "approver"]


def test_a_key_is_in_one_table_and_says_something_in_both_languages() -> None:
    assert sum(map(len, TABLES)) == len(WORDS)
    for key, (japanese, english) in WORDS.items():
        assert japanese.strip(), key
        assert english.strip(), key
        assert not JAPANESE.search(english), key


def test_both_languages_are_filled_in_with_the_same_values() -> None:
    for key, (japanese, english) in WORDS.items():
        assert set(re.findall(r"\{(\w+)\}", japanese)) == set(re.findall(r"\{(\w+)\}", english)), key


def test_one_item_is_no_items() -> None:
    assert [word("count_exact", "en", count=count) for count in (1, "1", 2, "1,000")] == [
        "1 item",
        "1 item",
        "2 items",
        "1,000 items",
    ]


def test_every_word_that_a_template_says_is_there(project: Path) -> None:
    for path in templates(project):
        for key in re.findall(r"""\bt\(["']([\w.]+)["']""", path.read_text()):
            if not key.endswith(("_", ".")):
                assert key in WORDS, f"{path.name}: {key}"


def test_every_kind_of_problem_has_words() -> None:
    for kind in STATUS:
        assert word(f"problem_{kind}", "ja") != word(f"problem_{kind}", "en")


def test_no_template_holds_a_text_of_its_own(project: Path) -> None:
    for path in templates(project):
        page = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", path.read_text(), flags=re.DOTALL)
        page = re.sub(r"<code>[^<]*</code>", "<code></code>", page)  # what is typed is the same in every language
        found = [text for text in TEXT.findall(page) if SAME_EVERYWHERE.sub("", text)]
        assert not found, f"{path.name}: {found}"


def test_pages_ask_nothing_of_other_hosts_and_run_nothing_inline(project: Path) -> None:
    for path in (project / "gateway" / "web").rglob("*"):
        if path.suffix in {".html", ".css", ".js"}:
            text = re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.DOTALL).replace(
                '"http://www.w3.org/2000/svg"', ""
            )
            assert not re.search(r"""["'(=]\s*(?:https?:)?//\w|<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=""", text), (
                path.name
            )


def test_nothing_is_trusted_as_markup_but_our_own_documents_and_the_qr_code(project: Path) -> None:
    """A text that stands in the template itself may be; nothing that comes from elsewhere."""
    trusted = [
        (path.name, said)
        for path in templates(project)
        for said in re.findall(r"""("[^"]*"|[\w.]+)\s*\|\s*safe\b""", path.read_text())
        if not said.startswith('"')
    ]
    assert trusted == [("manual.html", "document.html"), ("second_factor.html", "offer.picture")]
    assert "Markup(" not in sources(project)
