"""The words of the pages in Japanese and English: a table for each room, so that neither language falls behind."""

from collections.abc import Iterator, Mapping

from gateway.web.wording import (
    account,
    actors,
    api,
    audit,
    frame,
    item,
    items,
    mailbox,
    manual,
    oidc,
    overview,
    people,
    problems,
    recipients,
    rules,
    signing_in,
    system,
    transfers,
    trying,
)
from gateway.web.wording.actors import actor_words
from gateway.web.wording.findings import finding_said
from gateway.web.wording.states import enum_word, symbol

JA, EN = "ja", "en"
LANGUAGES = (JA, EN)

#: The rooms; a key stands in one of them only.
TABLES: tuple[Mapping[str, tuple[str, str]], ...] = (
    frame.WORDS,
    api.WORDS,
    problems.WORDS,
    signing_in.WORDS,
    oidc.WORDS,
    account.WORDS,
    people.WORDS,
    overview.WORDS,
    items.WORDS,
    item.WORDS,
    transfers.WORDS,
    trying.WORDS,
    rules.WORDS,
    audit.WORDS,
    system.WORDS,
    recipients.WORDS,
    manual.WORDS,
    mailbox.WORDS,
    actors.WORDS,
)

__all__ = ["EN", "JA", "LANGUAGES", "TABLES", "WORDS", "actor_said", "enum_word", "finding_said", "symbol", "word"]


def _all() -> Iterator[tuple[str, tuple[str, str]]]:
    seen: set[str] = set()
    for table in TABLES:
        if seen & table.keys():
            raise ValueError(f"words in two tables: {sorted(seen & table.keys())}")
        seen |= table.keys()
        yield from table.items()


WORDS: dict[str, tuple[str, str]] = dict(_all())


def word(key: str, language: str, **values: object) -> str:
    """A phrase of WORDS with its values filled in; a key that is not there is a programming error.

    "(s)" in English is for every `count` but one.
    """
    japanese, english = WORDS[key]
    phrase = japanese if language == JA else english.replace("(s)", "" if str(values.get("count")) == "1" else "s")
    return phrase.format(**values) if values else phrase


def actor_said(actor: str, language: str) -> str:
    """Who did something, as a person says it; the record itself keeps the exact name."""
    key, name = actor_words(actor)
    return word(key, language, name=name) if key else actor
