"""What a manuscript is made of; frozen data."""

from enum import StrEnum

import msgspec


class Section(StrEnum):
    """Where words stand in a document; the words of a page's head and foot, and the rest, follow behind the body."""

    BODY = "body"
    HEADER = "header"  # also footers, where a format does not tell them apart
    FRAME = "frame"  # text in boxes on the page
    NOTE = "note"  # footnotes and endnotes


class Paragraph(msgspec.Struct, frozen=True):
    """One paragraph: tabs stay, a line break inside it is LF."""

    text: str
    new_page: bool = False  #: it begins a page


class Table(msgspec.Struct, frozen=True):
    """Rows of cells; a row may be shorter than others."""

    rows: tuple[tuple[str, ...], ...]


Block = Paragraph | Table


class Manuscript(msgspec.Struct, frozen=True):
    """A whole document."""

    body: tuple[Block, ...]
    headers: tuple[Block, ...] = ()
    frames: tuple[Block, ...] = ()
    notes: tuple[Block, ...] = ()
    title: str = ""
    author: str = ""
