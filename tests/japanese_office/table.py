"""The page docs/office-features.md, made from the features that the tests look for.

Written by `python -m tests.japanese_office.table`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.japanese_office import in_sheets, in_slides, in_words
from tests.japanese_office.features import Feature, State

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "office-features.md"
#: Title, features, formats.
FAMILIES: Final = (
    ("文書 / Text documents", in_words.FEATURES, ("docx", "odt", "doc", "rtf")),
    ("表計算 / Spreadsheets", in_sheets.FEATURES, ("xlsx", "ods", "xls")),
    ("プレゼンテーション / Presentations", in_slides.FEATURES, ("pptx", "odp", "ppt")),
)
_HEAD: Final = """# 日本語の Office 文書で残るもの / What stays of Japanese Office documents

文書を無害化したあとに、日本語組版や帳票の機能が残るかどうかの一覧です。LibreOffice で作った文書と、
Word・Excel・PowerPoint が書くとおりに組み立てた文書を実際に無害化し、機能ごとに前後の値を比べた結果です。
この頁はその試験の表から作られ、試験の結果と食い違えば試験が失敗します。

- ○ 同じ値で残る、△ 一部が、または別の形で残る(備考)、× 残らない(備考)、
  — その形式にない、または試験用の文書を書く LibreOffice が書けない
- docx・xlsx・pptx・odt・ods・odp は同じ形式のまま作り直します。1 頁目の見た目も前後で比べています
  (SSIM 0.97 以上)。
- doc・xls・ppt・rtf は LibreOffice で docx・xlsx・pptx に変換し、それを無害化します。△ と × は
  この変換、または LibreOffice が試験用の文書を書くときに起きるもので、LibreOffice 7.4 での結果です。
- 外字(私用領域の文字)は文字コードのまま残ります。見えるかどうかは、
  受け取る側にその外字があるかどうかによります。

Which features of Japanese typesetting and of forms stay when a document is cleaned. Documents made with LibreOffice,
and others built as Word, Excel and PowerPoint write them, are cleaned, and each feature's values before and after are
compared. The page is made from the table of those tests, which fail when it no longer says what they find.

- ○ kept with the same values, △ kept in part or otherwise (notes), × not kept (notes), — not in this format, or not
  written by the LibreOffice that makes the tests' files
- docx, xlsx, pptx, odt, ods and odp are rebuilt as what they are. Their first pages look the same before and after
  (SSIM 0.97 or more).
- doc, xls, ppt and rtf are converted by LibreOffice to docx, xlsx and pptx, and cleaned as such. △ and × come of this
  conversion, or of LibreOffice writing the tests' own file; they are those of LibreOffice 7.4.
- Private-use characters (外字) stay as they are coded; whether they are seen depends on the reader's own fonts.
"""


def page() -> str:
    """The whole page."""
    return "\n".join((_HEAD, *(line for family in FAMILIES for line in _family(*family))))


def _family(title: str, features: tuple[Feature, ...], formats: tuple[str, ...]) -> Iterator[str]:
    yield f"## {title}\n"
    yield f"| 機能 / Feature | {' | '.join(formats)} | 備考 / Notes |"
    yield f"|---|{':-:|' * len(formats)}---|"
    for feature in features:
        signs = (_sign(feature.expected(format_)) for format_ in formats)
        yield f"| {feature.ja}<br>{feature.en} | {' | '.join(signs)} | {_notes(feature)} |"
    yield ""


def _sign(state: State | None) -> str:
    return state.value if state else "—"


def _notes(feature: Feature) -> str:
    """What is the same for several formats is said once."""
    formats: dict[tuple[str, str], list[str]] = {}
    for format_, told in feature.otherwise.items():
        formats.setdefault((told.ja, told.en), []).append(format_)
    return "<br>".join(f"{', '.join(names)}: {ja} / {en}" for (ja, en), names in formats.items())


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
