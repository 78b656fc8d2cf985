"""What a person may look at of an item without opening it (画面転送): wishes, and the views that come back."""

from enum import StrEnum
from typing import Final, TypeAlias

import msgspec

from sanitizers.budget import MEBIBYTE

FIELDS: Final = 500  #: header fields of one mail
FIELD_CHARACTERS: Final = 4_000  #: of a value
TEXT_CHARACTERS: Final = 200_000  #: of all texts before together, and of the text after
TEXTS: Final = 200
RUNS: Final = 20_000
MOST_PAGES: Final = 20  #: in one view
NARROWEST, WIDEST = 100, 2_000  #: pixels of a page
TALLEST: Final = 6_000
PAGE_PIXELS: Final = 8_000_000
PAGE_BYTES: Final = 6 * MEBIBYTE
PAGES_BYTES: Final = 24 * MEBIBYTE  #: of all in one view; the rest is asked for again
LAST_PAGE: Final = 1_000_000
TREE_PARTS: Final = 10_000


class Shown(StrEnum):
    """What is to be shown."""

    HEADERS = "headers"  # header fields, as they came and as they went out
    TEXTS = "texts"  # the words of the bodies, as they came and as they went out
    DIFFERENCE = "difference"  # between the two
    TREE = "tree"  # the parts of the original
    PAGES = "pages"  # pictures of the pages of one part of the original
    CLEAN_PART = "clean_part"  # one file of the clean mail, to be downloaded


class ViewWish(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One wish. `path`, `first`, `count`, `width` are for pages; `sha256` and `nth` for a clean part."""

    shown: Shown
    path: str = ""  #: of the part, as in the report
    first: int = 1  #: page, counted from 1
    count: int = 1  #: pages, at most MOST_PAGES
    width: int = 1_000  #: pixels, NARROWEST to WIDEST
    sha256: str = ""  #: of the file, in hexadecimal digits
    nth: int = 0  #: of several files with the same content


class Why(StrEnum):
    """Why there is nothing to show."""

    NO_SUCH_PART = "no_such_part"
    NO_PICTURE = "no_picture"  # pages of this type are not drawn
    ENCRYPTED = "encrypted"
    UNREADABLE = "unreadable"  # broken, or refused by the program that draws it
    TOO_MUCH = "too_much"  # time, memory or another limit
    NOT_A_MAIL = "not_a_mail"
    NOTHING_CLEAN = "nothing_clean"  # nothing of the item may go on
    ENDED = "ended"  # the confined process ended abnormally, or did not keep to what was agreed
    GONE = "gone"  # the bytes were removed at the end of their retention
    BUSY = "busy"  # too many people look at the same time


class _View(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    pass


class NoView(_View, frozen=True, tag_field="view", tag="none"):
    """Nothing to show, and the reason."""

    why: Why
    detail: str = ""  #: for administrators, English, <= 500 characters


class Field(_View, frozen=True):
    """One header field."""

    name: str
    value: str  #: decoded, one line; what cannot be seen is written as [U+202E]
    raw: str = ""  #: as it stood there, where that differs
    cut: bool = False  #: longer than is shown


class Headers(_View, frozen=True, tag_field="view", tag="headers"):
    """Of the mail itself, in their order."""

    before: tuple[Field, ...]
    after: tuple[Field, ...]  #: () when nothing may go on
    more: int = 0  #: fields that came and are not shown


class Words(_View, frozen=True):
    """One body as it came."""

    path: str
    type: str  #: detected
    text: str  #: its words, LF for line ends; hidden ones are there, too; what cannot be seen is written as [U+202E]
    source: str = ""  #: of HTML, as it was written
    cut: bool = False


class Texts(_View, frozen=True, tag_field="view", tag="texts"):
    """The bodies in reading order, and the body that went out."""

    before: tuple[Words, ...]
    after: str
    cut: bool = False  #: `after` is longer than is shown


class Side(StrEnum):
    """Where a run of text stands."""

    SAME = "same"
    REMOVED = "removed"  # only before
    ADDED = "added"  # only after


class Run(_View, frozen=True):
    """A stretch of text."""

    side: Side
    text: str


class Difference(_View, frozen=True, tag_field="view", tag="difference"):
    """Text before and after, as runs in reading order."""

    runs: tuple[Run, ...]
    left_out: tuple[str, ...] = ()  #: paths of bodies that say the same as another one
    cut: bool = False  #: the texts are longer than was compared


class TreePart(_View, frozen=True):
    """One part of the original."""

    path: str
    name: str
    claimed_type: str
    detected_type: str
    size: int  #: bytes
    drawn: bool  #: whether there are pictures of its pages


class Tree(_View, frozen=True, tag_field="view", tag="tree"):
    """Parents before children."""

    parts: tuple[TreePart, ...]


class Page(_View, frozen=True):
    """The picture of one page."""

    number: int
    width: int  #: pixels
    height: int
    png: bytes


class Pages(_View, frozen=True, tag_field="view", tag="pages"):
    """Consecutive pages of a part; fewer than were asked for when they are large or there are no more."""

    path: str
    type: str  #: detected
    total: int  #: pages of the part
    pages: tuple[Page, ...]


class CleanPart(_View, frozen=True, tag_field="view", tag="clean_part"):
    """One file of the clean mail."""

    name: str  #: safe
    type: str  #: media type
    data: bytes


View: TypeAlias = NoView | Headers | Texts | Difference | Tree | Pages | CleanPart

OF_WISH: Final[dict[Shown, type]] = {
    Shown.HEADERS: Headers,
    Shown.TEXTS: Texts,
    Shown.DIFFERENCE: Difference,
    Shown.TREE: Tree,
    Shown.PAGES: Pages,
    Shown.CLEAN_PART: CleanPart,
}

_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
_MACROS: Final = "macroenabled.12"
_ODF: Final = "application/vnd.oasis.opendocument"
#: Documents that a converter makes a PDF of: the extension by which it chooses its reader.
CONVERTED: Final[dict[str, str]] = {
    f"{_OFFICE}.wordprocessingml.document": "docx",
    f"application/vnd.ms-word.document.{_MACROS}": "docx",
    f"{_OFFICE}.spreadsheetml.sheet": "xlsx",
    f"application/vnd.ms-excel.sheet.{_MACROS}": "xlsx",
    f"{_OFFICE}.presentationml.presentation": "pptx",
    f"application/vnd.ms-powerpoint.presentation.{_MACROS}": "pptx",
    f"application/vnd.ms-excel.sheet.binary.{_MACROS}": "xlsb",
    f"{_ODF}.text": "odt",
    f"{_ODF}.spreadsheet": "ods",
    f"{_ODF}.presentation": "odp",
    f"{_ODF}.graphics": "odg",
    "application/msword": "doc",
    "application/vnd.ms-excel": "xls",
    "application/vnd.ms-powerpoint": "ppt",
    "application/rtf": "rtf",
}
PDF: Final = "application/pdf"
MAIL: Final = "message/rfc822"
#: Types of letters alone that are not called text/.
LETTERS: Final = frozenset(
    {
        "application/hta",
        "application/json",
        "application/pgp-keys",
        "application/pgp-signature",
        "application/x-desktop",
        "application/x-mswinurl",
        "application/xhtml+xml",
        "application/xml",
        MAIL,
    }
)
PICTURES: Final = frozenset(
    {
        "image/avif",
        "image/bmp",
        "image/emf",
        "image/gif",
        "image/heic",
        "image/jp2",
        "image/jpeg",
        "image/png",
        "image/svg+xml",
        "image/tiff",
        "image/vnd.adobe.photoshop",
        "image/vnd.microsoft.icon",
        "image/webp",
        "image/wmf",
        "image/x-jp2-codestream",
    }
)


def is_drawn(detected_type: str) -> bool:
    """Whether there are pictures of the pages of such a part."""
    letters = detected_type.startswith("text/") or detected_type in LETTERS
    return letters or detected_type == PDF or detected_type in CONVERTED or detected_type in PICTURES
