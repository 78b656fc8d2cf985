"""Types that are recognised and stay behind, with the reason in words that their reader understands."""

from collections.abc import Mapping
from typing import Final

import msgspec

from sanitizers.extensions import promised

UNKNOWN: Final = "application/octet-stream"


class Reason(msgspec.Struct, frozen=True):
    """Why nothing of a type goes on."""

    name: str  #: what the format is called
    english: str
    japanese: str


_NO_READER: Final = "no open reader of this format is known; ask the sender for a PDF"
_NO_READER_JA: Final = "読み取れる公開プログラムがないため。PDF で送り直してもらってください"
_UNPROVEN: Final = "no open reader of this format has proved itself; ask the sender for DXF or PDF"
_UNPROVEN_JA: Final = "信頼できる公開プログラムがないため。DXF か PDF で送り直してもらってください"

#: Detected type → why. Types that run or fetch are another list (`sanitizers.engine.NEVER_DELIVERED`).
BLOCKED: Final[Mapping[str, Reason]] = {
    "application/vnd.fujixerox.docuworks": Reason("DocuWorks", _NO_READER, _NO_READER_JA),
    "application/x-jww": Reason("Jw_cad (JWW)", _UNPROVEN, _UNPROVEN_JA),
    "application/x-jwc": Reason("Jw_cad (JWC)", _UNPROVEN, _UNPROVEN_JA),
    "image/vnd.dwg": Reason("AutoCAD (DWG)", _UNPROVEN, _UNPROVEN_JA),
    "application/vnd.ms-visio.drawing": Reason("Visio", _NO_READER, _NO_READER_JA),
    "application/vnd.visio": Reason("Visio", _NO_READER, _NO_READER_JA),
    "application/vnd.ms-xpsdocument": Reason("XPS", _NO_READER, _NO_READER_JA),
    "application/postscript": Reason(
        "PostScript", "a program as much as a page", "ページであると同時にプログラムであるため"
    ),
    "application/x-msaccess": Reason("Access", "a database with programs in it", "プログラムを含むデータベースのため"),
    "application/vnd.sqlite3": Reason("SQLite", "a database", "データベースのため"),
    **dict.fromkeys(
        ("font/otf", "font/ttf", "font/woff", "font/woff2"),
        Reason("fonts", "a font is read by the system itself", "フォントは OS 自身が読み込むため"),
    ),
}


def reason_of(detected_type: str, name: str) -> str:
    """The reason in English, for the report; "" for none. What nobody recognises goes by the ending of its name."""
    types = promised(name) if detected_type == UNKNOWN else {detected_type}
    found = next((BLOCKED[each] for each in sorted(types) if each in BLOCKED), None)
    return f"{found.name}: {found.english}" if found else ""
