"""The page that somebody sees instead of a file, in the language of their browser: what, why, whom to ask."""

from collections.abc import Mapping
from enum import StrEnum
from html import escape
from typing import Final

import msgspec

from gateway.model import Item
from sanitizers.model import Outcome, Threat

MOST_REASONS: Final = 8
LANGUAGES: Final = ("ja", "en")


#: Short phrases for what was found, by language.
Threats = Mapping[str, Mapping[Threat, str]]


class Why(StrEnum):
    """What the page is about."""

    HELD = "held"
    LOCKED = "locked"
    DISCARDED = "discarded"
    BUSY = "busy"
    TOO_LARGE = "too_large"
    ENCODED = "encoded"
    PARTIAL = "partial"
    FORM = "form"
    FAILED = "failed"


class Words(msgspec.Struct, frozen=True):
    """Heading and sentence, Japanese then English."""

    heading: tuple[str, str]
    sentence: tuple[str, str]
    status: int = 403


WORDS: Final[Mapping[Why, Words]] = {
    Why.HELD: Words(
        ("このファイルはお渡しできません", "This file was blocked"),
        (
            "安全な形に作り直せない内容があったため、ファイルを止めました。原本は保管されており、管理者が確認できます。",
            "It holds something that cannot be made safe. The original is kept, and an administrator can look at it.",
        ),
    ),
    Why.LOCKED: Words(
        ("パスワード付きのファイルはお渡しできません", "This file is behind a password"),
        (
            "中身を確認できないため、ファイルを止めました。パスワードを添えて、下記にお問い合わせください。",
            "Nobody can look inside, so it was stopped. Please ask below, and bring the password.",
        ),
    ),
    Why.DISCARDED: Words(
        ("このファイルは破棄されました", "This file was discarded"),
        (
            "管理者が確認し、お渡ししないと決めました。",
            "An administrator looked at it and decided that it does not go on.",
        ),
    ),
    Why.BUSY: Words(
        ("ファイルを無害化しています", "This file is being examined"),
        (
            "もう少し時間がかかります。しばらくしてから、同じ操作をもう一度してください。結果をすぐにお渡しします。",
            "It takes a little longer. Please try again in a moment; the result will then be there at once.",
        ),
        503,
    ),
    Why.TOO_LARGE: Words(
        ("ファイルが大きすぎます", "This file is too large"),
        ("確認できる大きさの上限を超えています。", "It is larger than what can be examined here."),
    ),
    Why.ENCODED: Words(
        ("圧縮されて届いたため確認できません", "This was sent in a compressed form"),
        (
            "通信の途中で圧縮された内容は確認できません。プロキシーの設定(Accept-Encoding)を管理者にお尋ねください。",
            "What is compressed on its way cannot be examined. Please tell an administrator: no Accept-Encoding.",
        ),
    ),
    Why.PARTIAL: Words(
        ("ファイルの一部だけでは確認できません", "A piece of a file cannot be examined"),
        (
            "一部分だけのダウンロード(再開など)はできません。始めからダウンロードしてください。",
            "A download cannot be taken up in the middle. Please begin it anew.",
        ),
    ),
    Why.FORM: Words(
        ("この送信はお通しできません", "This upload was blocked"),
        (
            "フォームでの送信の中身を確認できませんでした。",
            "What was sent with the form could not be examined.",
        ),
    ),
    Why.FAILED: Words(
        ("今は確認できません", "This cannot be examined just now"),
        (
            "無害化の装置が一時的に使えません。しばらくしてから、もう一度お試しください。",
            "The sanitising gateway is out of order for the moment. Please try again later.",
        ),
        503,
    ),
}
_ITEM: Final = ("受付番号", "Item")
_NAME: Final = ("ファイル名", "File name")
_REASONS: Final = ("見つかったもの", "What was found")
_CONTACT: Final = ("お問い合わせ先", "Contact")
_WITHHELD: Final = frozenset({Outcome.BLOCKED, Outcome.LOCKED, Outcome.REMOVED})

_STYLE: Final = (
    "body{font-family:sans-serif;max-width:40em;margin:3em auto;padding:0 1em;line-height:1.7;color:#222}"
    "h1{font-size:1.4em;border-left:.4em solid #b3261e;padding-left:.6em}"
    "dt{font-weight:bold;margin-top:.6em}dd{margin:0}"
)


def preferred_language(accept_language: str, first: str) -> str:
    """ "ja" or "en", by the browser's wish (RFC 9110 section 12.5.4); `first` when it wishes neither."""
    wishes: list[tuple[float, str]] = []
    for each in accept_language[:1_000].split(","):
        tag, _, weight = each.partition(";")
        language = tag.strip().lower().partition("-")[0]
        if language in LANGUAGES:
            wishes.append((-_weight(weight), language))
    return min(wishes, key=lambda wish: wish[0])[1] if wishes else first


def _weight(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


class Pages:
    """Writes the pages; `threats` names what was found, by language."""

    def __init__(self, contact: str, threats: Threats) -> None:
        self._contact = contact
        self._threats = threats

    def write(self, why: Why, language: str, item: Item | None = None, name: str = "") -> bytes:
        """The page as UTF-8."""
        at = LANGUAGES.index(language)
        words = WORDS[why]
        rows: list[tuple[str, list[str]]] = []
        if name:
            rows.append((_NAME[at], [name]))
        if item is not None:
            rows.append((_ITEM[at], [item.id]))
            rows.append((_REASONS[at], self._found(item, language)))
        if self._contact:
            rows.append((_CONTACT[at], [self._contact]))
        shown = "".join(_row(label, texts) for label, texts in rows if texts)
        heading = escape(words.heading[at])
        return (
            f'<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="utf-8"><title>{heading}</title>'
            f"<style>{_STYLE}</style></head><body><h1>{heading}</h1><p>{escape(words.sentence[at])}</p>"
            f"<dl>{shown}</dl><p>清め Kiyome</p></body></html>\n"
        ).encode("utf-8", "replace")

    def _found(self, item: Item, language: str) -> list[str]:
        """In the order of the report, each once: the part's name, and what was met in it."""
        words = self._threats[language]
        found: dict[str, None] = {}
        for part in item.report.parts if item.report else ():
            for threat in dict.fromkeys(each.threat for each in part.findings if part.outcome in _WITHHELD):
                found[f"{part.name or part.detected_type}: {words[threat]}"] = None
        return list(found)[:MOST_REASONS]


def _row(label: str, texts: list[str]) -> str:
    return f"<dt>{escape(label)}</dt>" + "".join(f"<dd>{escape(text)}</dd>" for text in texts)
