"""What is known while one HTML body is read: where text goes, how it is seen, what was met."""

from collections.abc import Callable
from dataclasses import dataclass, field

from selectolax.lexbor import LexborNode

from sanitizers.formats.html.page import Page, Tape
from sanitizers.formats.html.tables import Table
from sanitizers.links import HostsMet
from sanitizers.markup.census import Census, HiddenText
from sanitizers.markup.sight.declarations import Values
from sanitizers.markup.sight.stylesheet import StyleSheet
from sanitizers.markup.sight.visibility import PAGE, Sight
from sanitizers.rules import Links

Attributes = dict[str, str | None]
Leave = Callable[[], None]  #: what to do when the end of an element is reached

MAX_TABLES = 50  #: tables inside each other; one nested deeper is read as plain blocks


@dataclass(slots=True)
class Numbering:
    """An open list: what stands before its next item."""

    ordered: bool
    next: int = 1
    step: int = 1
    style: str = "1"  #: as the type attribute of ol: 1 a A i I
    bare: bool = False  #: list-style: none


@dataclass(slots=True)
class Element:
    """An element as its handler sees it."""

    tag: str
    attributes: Attributes
    says: Values  #: its CSS declarations, the cascade applied
    node: LexborNode

    def value(self, name: str) -> str:
        """An attribute, "" when it is missing or empty."""
        return self.attributes.get(name) or ""


@dataclass(slots=True)
class Reading:
    """The state of one walk over one document."""

    links: Links
    quirks: bool  #: the document has no doctype
    tape: Tape = field(default_factory=Tape)
    page: Page = field(init=False)
    census: Census = field(default_factory=lambda: Census("HTML"))
    hidden: HiddenText = field(default_factory=HiddenText)
    hosts: HostsMet = field(default_factory=HostsMet)
    sheet: StyleSheet = field(default_factory=StyleSheet)
    sight: Sight = PAGE
    lists: list[Numbering] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    base: str = ""  #: the address that relative links start from
    pictures: int = 0  #: images met that a reader would have seen
    options: int = 0  #: of the list of choices being read, so far
    muted: bool = False  #: inside a drawing, where only some text is seen

    def __post_init__(self) -> None:
        self.page = Page(self.tape)

    def text(self, raw: str) -> None:
        """A text node."""
        sight = self.sight
        if sight.hidden:
            self.hidden.met(sight.hidden, raw)
        elif self.muted:
            return
        elif not sight.spaces:
            self.page.text(raw)
        elif sight.spaces == "pre":
            self.page.lines_of(raw)
        else:
            self._text_with_line_ends(raw)

    def _text_with_line_ends(self, raw: str) -> None:
        first, *others = raw.replace("\r\n", "\n").split("\n")
        self.page.text(first)
        for line in others:
            self.page.end_line()
            self.page.text(line)

    def write(self, words: str) -> None:
        """Words of ours or from an attribute, unless nobody would see them here."""
        if not self.sight.hidden and not self.muted:
            self.page.write(words)
