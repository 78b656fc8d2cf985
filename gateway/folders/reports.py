"""The report that stands in a folder instead of a result: what happened, why, and what a person can do."""

import unicodedata
from enum import Enum

import msgspec

from gateway.model import Item, ItemState
from sanitizers.model import Action, Outcome

ENDING = ".report.txt"
_MOST_LINES = 20
_LINE_END = "\r\n"  # read on Windows


class Refusal(Enum):
    """Why a file was not taken; it stays where it is."""

    UNREADABLE = "unreadable"
    NOT_A_FILE = "not_a_file"
    LONG_PATH = "long_path"
    TOO_LARGE = "too_large"
    OTHER_FILE_SYSTEM = "other_file_system"


class _Words(msgspec.Struct, frozen=True):
    """One case: the first line, and what can be done."""

    first: str  #: field {name}
    advice: str  #: field {contact}


_REFUSED: dict[Refusal, tuple[_Words, _Words]] = {
    Refusal.UNREADABLE: (
        _Words(
            "無害化システムがファイルを読み取れないため、受け付けていません: {name}",
            "ファイルのアクセス権を確認してください。読み取れるようになれば、自動で受け付けます。",
        ),
        _Words(
            "The file was not taken, because Kiyome may not read it: {name}",
            "Look at the rights of the file. As soon as it can be read it is taken.",
        ),
    ),
    Refusal.NOT_A_FILE: (
        _Words(
            "通常のファイルではない(リンク、デバイス、パイプなど)ため、受け付けていません: {name}",
            "リンクではなく、ファイルそのものを置いてください。",
        ),
        _Words(
            "Not taken, because it is no ordinary file (a link, device or pipe): {name}",
            "Put the file itself into the folder, not a link to it.",
        ),
    ),
    Refusal.LONG_PATH: (
        _Words(
            "フォルダー名とファイル名が長すぎるため、受け付けていません: {name}",
            "フォルダー名かファイル名を短くしてください。",
        ),
        _Words(
            "Not taken, because the names of its folders and of itself are too long: {name}",
            "Shorten the names.",
        ),
    ),
    Refusal.TOO_LARGE: (
        _Words(
            "ファイルが大きすぎるため、受け付けていません: {name}",
            "ファイルを分けるか、{contact}に上限の変更を相談してください。",
        ),
        _Words(
            "Not taken, because it is too large: {name}",
            "Split it, or ask {contact} whether the limit can be raised.",
        ),
    ),
    Refusal.OTHER_FILE_SYSTEM: (
        _Words(
            "別のファイルシステムにあるため、受け付けていません: {name}",
            "監視フォルダーの中に別の共有やディスクをマウントしないでください。",
        ),
        _Words(
            "Not taken, because it lies on another file system than the folder: {name}",
            "Mount no other share or disk inside a watched folder.",
        ),
    ),
}
_WITHOUT_RESULT: dict[ItemState, tuple[_Words, _Words]] = {
    ItemState.HELD: (
        _Words(
            "無害化できないか規則に該当したため、ファイルを保留しました: {name}",
            "必要な場合は、受付番号を添えて{contact}にご連絡ください。担当者が確かめて解放すると、結果が出力フォルダーに"
            "届きます。パスワード付きのファイルは、パスワードを外して入れ直すこともできます。",
        ),
        _Words(
            "The file could not be sanitised, or a rule applied, and is held: {name}",
            "If it is needed, give the item number to {contact}. Once somebody has checked and released it, the result"
            " comes to the out-folder. A file behind a password can also be put in again without one.",
        ),
    ),
    ItemState.DISCARDED: (
        _Words("担当者がファイルを破棄しました: {name}", "事情は、受付番号を添えて{contact}にお尋ねください。"),
        _Words("The file was discarded by an administrator: {name}", "Ask {contact} why; give the item number."),
    ),
    ItemState.EXPIRED: (
        _Words(
            "保留の期限が過ぎたため、ファイルは届きません: {name}",
            "まだ必要な場合は、ファイルをもう一度入れてください。",
        ),
        _Words(
            "The file was held until its time was over, and will not come: {name}",
            "If it is still needed, put it in again.",
        ),
    ),
}
_NOBODY = ("システムの管理者", "your administrator")


def refused(reason: Refusal, name: str, contact: str) -> bytes:
    """Of a file that was not taken. The same every time, so that it can be known again."""
    lines = _both(_REFUSED[reason], name, contact)
    return _text(lines)


def without_result(item: Item, name: str, contact: str) -> bytes:
    """Of an item that is held, discarded or expired; `name` as people read it."""
    first_ja, first_en, *advice = _both(_WITHOUT_RESULT[item.state], name, contact)
    held = item.state is ItemState.HELD
    reason = f"理由 / reason: {item.decision.reason}" if held and item.decision else ""
    number = f"受付番号 / item: {item.id}"
    # Some systems show the first line alone.
    head = f"{first_ja} ({'、'.join(filter(None, (number, reason)))})"
    return _text([head, first_en, "", *_findings(item), *advice])


def _both(words: tuple[_Words, _Words], name: str, contact: str) -> list[str]:
    return [
        *(each.first.format(name=name) for each in words),
        *(each.advice.format(contact=contact or nobody) for each, nobody in zip(words, _NOBODY, strict=True)),
    ]


def _findings(item: Item) -> list[str]:
    """What stopped it, part by part."""
    if item.report is None:
        return []
    stopped = [
        f"- {part.name or part.detected_type}: {found.detail}"
        for part in item.report.parts
        for found in part.findings
        if part.outcome in {Outcome.BLOCKED, Outcome.LOCKED} or found.action is Action.BLOCKED
    ]
    more = [f"- … +{len(stopped) - _MOST_LINES}"] if len(stopped) > _MOST_LINES else []
    return ["検知 / findings:", *stopped[:_MOST_LINES], *more, ""] if stopped else []


def _text(lines: list[str]) -> bytes:
    return "".join(_printed(line) + _LINE_END for line in lines).encode()


def _printed(line: str) -> str:
    """Names and details come from files: nothing in them may begin a line or turn its direction."""
    return "".join(each if unicodedata.category(each)[0] != "C" else "\ufffd" for each in line)
