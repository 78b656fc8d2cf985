"""Writes docs/formats.md from the code: which formats are rebuilt, converted or blocked, and under which rule.

    .venv/bin/python -m tools.formats            print the page
    .venv/bin/python -m tools.formats --write    write it

A test compares the page with what this makes.
"""

import sys
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import msgspec

from sanitizers.blocked import BLOCKED
from sanitizers.extensions import ENDINGS
from sanitizers.job import Sanitizer
from sanitizers.parts import ENCRYPTED, NEVER_DELIVERED, RULES_THAT_REMOVE
from sanitizers.registry import FILE_SANITIZERS, VERIFIERS
from sanitizers.rules import Profile

PAGE = Path(__file__).resolve().parents[1] / "docs" / "formats.md"


class Tier(StrEnum):
    """What becomes of a file."""

    REBUILT = "rebuilt"
    CONVERTED = "converted"
    TEXT = "text"
    BLOCKED = "blocked"
    NEVER = "never"


TITLES = {
    Tier.REBUILT: (
        "Rebuilt / 再構築",
        "A new file of the same type, of allow-listed content alone.",
        "同じ形式の新しいファイルを、許可した内容だけで作ります。",
    ),
    Tier.CONVERTED: (
        "Converted / 変換",
        "A new file of another type takes its place; what it is stands with the sanitizer.",
        "別の形式の新しいファイルになります。何になるかは無害化エンジンの説明にあります。",
    ),
    Tier.TEXT: (
        "Words alone / 文字だけ",
        "Its words go on, as a Word file or as text by rule; layout and pictures do not.",
        "文字だけを、規則により Word 文書かテキストにします。レイアウトと画像は残りません。",
    ),
    Tier.BLOCKED: (
        "Blocked / 通さない",
        "Recognised, and left behind with the reason in the notice; a file of an unknown type is blocked as well.",
        "見分けた上で通さず、理由を通知に書きます。不明な形式も通しません。",
    ),
    Tier.NEVER: (
        "Never delivered / 決して渡さない",
        "What runs, fetches or installs when it is opened: met in a mail, a likely attack.",
        "開くだけで実行・取得・導入されるもの。メールにあれば攻撃とみなします。",
    ),
}
#: What a sanitizer makes of its types by the rules as shipped, where that is not what it may write.
USUALLY = {"legacy": Tier.CONVERTED, "ichitaro": Tier.TEXT, "hwp": Tier.TEXT}
HEAD = """# Formats / 対応形式

Written by `tools/formats.py` from the code; a test keeps it so. What each sanitizer does, and does not do, is in
[sanitizers.md](sanitizers.md), the rules in [configuration.md](configuration.md). Content decides the type, no name.
この表はプログラムから作られます。種類は名前ではなく内容で決まります。
"""


class Row(NamedTuple):
    """One line of a table."""

    endings: str
    type: str
    told: str


def tier_of(sanitizer: Sanitizer, media_type: str) -> Tier:
    """Rebuilt where somebody reads that type again after it was written; converted where nobody has to."""
    return USUALLY.get(sanitizer.name) or (Tier.REBUILT if media_type in VERIFIERS else Tier.CONVERTED)


def rows() -> dict[Tier, list[Row]]:
    """All types that the code knows by name."""
    found: dict[Tier, list[Row]] = {tier: [] for tier in Tier}
    owned: set[str] = set()
    for sanitizer in FILE_SANITIZERS:
        for media_type in sanitizer.types:
            owned.add(media_type)
            told = f"[{sanitizer.name}](sanitizers.md#{sanitizer.name}){_rule(sanitizer)}"
            found[tier_of(sanitizer, media_type)].append(_row(media_type, told))
    for media_type, reason in BLOCKED.items():
        found[Tier.BLOCKED].append(_row(media_type, f"{reason.name}: {reason.english} / {reason.japanese}"))
    for media_type in (ENCRYPTED | NEVER_DELIVERED) - owned:
        told = "encrypted / 暗号化されている" if media_type in ENCRYPTED else ""
        found[Tier.BLOCKED if media_type in ENCRYPTED else Tier.NEVER].append(_row(media_type, told))
    return {tier: sorted(set(each), key=lambda row: row.type) for tier, each in found.items()}


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for tier, each in rows().items():
        title, english, japanese = TITLES[tier]
        parts.append(f"## {title}\n\n{english}\n{japanese}\n")
        parts.append("\n".join(_table(tier, each)) + "\n")
    return "\n".join(parts)


def _row(media_type: str, told: str) -> Row:
    endings = ", ".join(ENDINGS.get(media_type, ()))
    return Row(endings or "–", f"`{media_type}`", told)


def _rule(sanitizer: Sanitizer) -> str:
    name = RULES_THAT_REMOVE.get(sanitizer.name)
    if name is None:
        return ""
    default = msgspec.to_builtins(getattr(Profile(), name))
    return f', rule `{name}`, as shipped `"{default}"`'


def _table(tier: Tier, each: Iterable[Row]) -> list[str]:
    if tier is Tier.NEVER:
        return ["| endings / 拡張子 | type / 種類 |", "|---|---|", *(f"| {row.endings} | {row.type} |" for row in each)]
    last = "why / 理由" if tier is Tier.BLOCKED else "by / 担当"
    head = [f"| endings / 拡張子 | type / 種類 | {last} |", "|---|---|---|"]
    return [*head, *(f"| {row.endings} | {row.type} | {row.told} |" for row in each)]


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        sys.stdout.write(page())
