"""What the writer and the treatments of one document ask for: pictures, objects, links, formulas, a place to tell."""

from typing import TYPE_CHECKING, Final

from sanitizers.formats.odf import dropped, formulas
from sanitizers.formats.odf.formulas import Verdict
from sanitizers.formats.odf.namespaces import clark
from sanitizers.formats.odf.parsing import XML
from sanitizers.formats.odf.values import INSIDE
from sanitizers.markup.census import Census, Kind

if TYPE_CHECKING:
    from sanitizers.formats.odf.document import Document

_HREF: Final = clark("xlink:href")
_TOLD: Final = {
    Verdict.REACHES_OUT: dropped.REACHING_FORMULA,
    Verdict.UNKNOWN: dropped.UNKNOWN_FORMULA,
    Verdict.LEFT_SHEET: dropped.LEFT_FORMULA,
}


class Work:
    """One document of a file: the file's own, or an object's in it."""

    def __init__(self, document: "Document", source: str, folder: str, depth: int) -> None:
        self.document = document
        self.source = source  #: folder in the source: "" or "Object 1/"
        self.folder = folder  #: folder in the new file
        self.depth = depth  #: documents around this one
        self.addresses: dict[XML, str] = {}  #: element → what xlink:href it is written with; nothing else gives one
        self.left_sheets: frozenset[str] = frozenset()
        self._formulas: dict[str, str | None] = {}

    @property
    def census(self) -> Census:
        """Of the whole file."""
        return self.document.census

    def met(self, kind: Kind, example: str = "") -> None:
        """One more of this kind."""
        self.document.census.met(kind, example)

    def met_address(self, element: XML, address: str) -> None:
        """An address on an element that may have none."""
        if address not in {".", "..", "#"}:
            self.met(dropped.ADDRESS_IN_VALUE, f"{element.tag.rpartition('}')[2]}: {address}")

    def formula(self, written: str) -> str | None:
        """The formula or condition as it goes on; None: it does not, what it gave stays."""
        if written not in self._formulas:
            self._formulas[written] = self._judged(written)
        return self._formulas[written]

    def _judged(self, written: str) -> str | None:
        verdict = formulas.judge(written, self.left_sheets)
        if verdict is not Verdict.KEPT:
            self.met(_TOLD[verdict], written)
            return None
        for address in formulas.links_in(written):
            if not address.startswith("#"):
                href = self.document.hrefs.judge(address, "")
                self.census.add(href.findings)
                if not href.address:
                    return None
        return written

    def inside(self, element: XML, address: str) -> bool:
        """Whether the address is a place in the same document; then the element is written with it."""
        if not address.startswith("#") or INSIDE.fullmatch(address) is None:
            return False
        self.addresses[element] = address
        return True

    def picture(self, element: XML, *, replacement: bool, background: bool = False) -> str | None:
        """See `Pictures.of`."""
        return self.document.pictures.of(self, element, replacement=replacement, background=background)

    def object(self, element: XML) -> str | None:
        """The address of the clean document that an object holds; None, with a finding: it holds none."""
        return self.document.object(self, element)

    def use(self, address: str) -> None:
        """A part of the source that is told of elsewhere."""
        self.document.package.use(self.source, address)
