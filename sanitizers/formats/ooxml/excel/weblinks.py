"""Hyperlinks of cells (18.3.1.47): into the file as they are; out of it as the rules for links want it."""

from typing import Final

from lxml import etree

from sanitizers.formats.ooxml import values
from sanitizers.formats.ooxml.allowed import XML
from sanitizers.formats.ooxml.excel import workbook
from sanitizers.formats.ooxml.excel.notation import changed, table
from sanitizers.formats.ooxml.namespaces import clark
from sanitizers.formats.ooxml.work import PartWork

_HYPERLINK: Final = clark("x:hyperlink")
_ID: Final = clark("r:id")
_CELL: Final = clark("x:c")
_VALUE: Final = clark("x:v")
_TEXT: Final = clark("x:t")
_INLINE: Final = clark("x:is")
_PHONETIC: Final = clark("x:rPh")
_STRING: Final = clark("x:si")
#: A place in this file: a cell, a range, a name; no other file, no program.
_place: Final = values.matching(r"#?[^\\/*?\"<>|\[\]]{1,300}")


class Cells:
    """The words of the cells that links stand behind; cells that have gone by already have none here."""

    def __init__(self, root: XML, work: PartWork) -> None:
        wanted = {link.get("ref", "").partition(":")[0] for link in root.iter(_HYPERLINK)}
        self._cells = (
            {cell.get("r", ""): cell for cell in root.iter(_CELL) if cell.get("r") in wanted} if wanted else {}
        )
        self._strings: list[XML] | None = None
        self._work = work

    def words(self, place: str) -> str:
        """What a person sees there."""
        cell = self._cells.get(place)
        if cell is None:
            return ""
        value = cell.findtext(_VALUE) or ""
        kind = cell.get("t")
        if kind == "s" and (number := values.whole(value)) is not None:
            return self._string(number)
        inline = cell.find(_INLINE)
        return _said(inline) if inline is not None else value if kind == "str" else ""

    def add(self, place: str, words: str) -> None:
        """Write words behind those of the cell."""
        cell, said = self._cells.get(place), self.words(place)
        if cell is None or not said:
            return
        for child in list(cell):
            cell.remove(child)
        cell.set("t", "inlineStr")
        etree.SubElement(etree.SubElement(cell, _INLINE), _TEXT).text = said + words

    def _string(self, number: int) -> str:
        if self._strings is None:
            book = self._work.document.memory.get(workbook.WORKBOOK)
            root = book.neighbour("excel/strings") if isinstance(book, PartWork) else None
            self._strings = [] if root is None else list(root.iterchildren(clark("x:si")))
        return _said(self._strings[number]) if number < len(self._strings) else ""


def judge(root: XML, work: PartWork) -> None:
    """Give every hyperlink of the sheet its new relationship, or take it out."""
    cells = Cells(root, work)
    for link in list(root.iter(_HYPERLINK)):
        parent = link.getparent()
        if parent is not None and not _goes_on(link, cells, work):
            parent.remove(link)


def _goes_on(link: XML, cells: Cells, work: PartWork) -> bool:
    relationship = work.relationship(link.attrib.pop(_ID, ""))
    location = link.get("location")
    if relationship is None:
        return location is not None and _place(location) is not None
    if location is not None:
        del link.attrib["location"]  # what stands behind "#" in the address
    work.asked.add(relationship.id)
    if not relationship.outside or not relationship.is_hyperlink:
        return False
    if relationship.target.startswith("#"):
        if _place(relationship.target) is None:
            return False
        link.set("location", relationship.target[1:])
        return True
    place = link.get("ref", "").partition(":")[0]
    address = f"{relationship.target}#{location}" if location else relationship.target
    linked = work.hyperlink(address, cells.words(place) or link.get("display", ""))
    if linked.beside:
        cells.add(place, linked.beside)
    if linked.id is None:
        return False
    link.set(_ID, linked.id)
    return True


def _said(element: XML) -> str:
    """The text without its furigana."""
    return "".join(
        each.text or "" for each in element.iter(_TEXT) if (up := each.getparent()) is None or up.tag != _PHONETIC
    )


_TABLE: Final = table({
    "x:hyperlinks": "> hyperlink",
    "x:hyperlink": "ref=area location=text tooltip=text display=text",
})  # fmt: skip

LINKS: Final = {
    "x:hyperlinks": changed(_TABLE["x:hyperlinks"], needs=frozenset({"x:hyperlink"})),
    # `judge` has set the id, which is one of the new part.
    "x:hyperlink": changed(_TABLE["x:hyperlink"], attributes={"r:id": values.matching(r"rId[0-9]{1,9}")}),
}
