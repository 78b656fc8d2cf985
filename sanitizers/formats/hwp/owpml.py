"""A section of an HWPX document (KS X 6101): paragraphs with runs of words, and what hangs from them."""

from typing import Any, Final

from sanitizers.manuscript import Draft
from sanitizers.manuscript import Section as Place
from sanitizers.model import Severity, Threat

XML = Any

_PARAGRAPH, _RUN, _WORDS, _TABLE, _ROW, _CELL = "p", "run", "t", "tbl", "tr", "tc"
_WRITTEN: Final = {"tab": "\t", "lineBreak": "\n", "nbSpace": "\u00a0", "fwSpace": "\u3000", "hyphen": "-"}
_PLACES: Final = {
    "header": Place.HEADER, "footer": Place.HEADER, "masterPage": Place.HEADER,
    "footNote": Place.NOTE, "endNote": Place.NOTE,
    "drawText": Place.FRAME, "caption": Place.FRAME,
}  # fmt: skip
_DROPPED: Final = {
    "pic": (Threat.EMBEDDED_OBJECT, Severity.NOTE, "objects", "a picture"),
    "ole": (Threat.EMBEDDED_OBJECT, Severity.WARNING, "objects", "an embedded object (OLE)"),
    "video": (Threat.EMBEDDED_OBJECT, Severity.WARNING, "objects", "a video"),
    "hiddenComment": (Threat.HIDDEN_CONTENT, Severity.NOTE, "text", "a hidden comment"),
    "memo": (Threat.HIDDEN_CONTENT, Severity.NOTE, "text", "a memo"),
    "fieldBegin": (Threat.EXTERNAL_REFERENCE, Severity.NOTE, "fields", "what a field refers to"),
}
_SCRIPT: Final = "script"  # of an equation


class Section:
    """One section."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    def read(self, root: XML) -> None:
        """All of its words into the draft; libxml2 bounds how deep it nests."""
        for child in root:
            self._any(child, Place.BODY)

    def _any(self, element: XML, place: Place) -> None:
        name = _name(element)
        if name in _DROPPED:
            self._draft.met(*_DROPPED[name])
            return
        if name == _PARAGRAPH:
            self._paragraph(element, place)
        elif name == _TABLE:
            self._table(element, place)
        elif name == _SCRIPT:
            self._draft.paragraph(element.text or "", place)
        else:
            for child in element:
                self._any(child, _PLACES.get(name, place))

    def _paragraph(self, element: XML, place: Place) -> None:
        runs = [run for run in element if _name(run) == _RUN]
        hanging = [child for run in runs for child in run if _name(child) != _WORDS]
        text = "".join(_words(child) for run in runs for child in run if _name(child) == _WORDS)
        if text.strip() or not hanging:
            self._draft.paragraph(text, place)
        for child in hanging:
            self._any(child, place)

    def _table(self, element: XML, place: Place) -> None:
        rows = [[self._cell(cell) for cell in row if _name(cell) == _CELL] for row in element if _name(row) == _ROW]
        for child in element:
            if _name(child) != _ROW:
                self._any(child, place)
        self._draft.table(rows, place)

    def _cell(self, cell: XML) -> str:
        lines: list[str] = []
        for element in cell.iter():
            name = _name(element)
            if name == _PARAGRAPH:
                lines.append("")
            elif name == _WORDS:
                lines[-1:] = ["".join((*lines[-1:], _words(element)))]
            elif name in _DROPPED:
                self._draft.met(*_DROPPED[name])
        return "\n".join(lines)


def _name(element: XML) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _words(element: XML) -> str:
    pieces = [element.text or ""]
    for child in element:
        pieces += (_WRITTEN.get(_name(child), ""), child.tail or "")
    return "".join(pieces)
