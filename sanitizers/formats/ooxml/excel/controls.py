"""Form controls, ActiveX controls and embedded objects of a sheet: what they showed is drawn, nothing of them acts.

The old drawing of a sheet (VML, ECMA-376 part 4, 19.4) knows of each where it stood, its picture and its words.
"""

import re
from typing import Final

import msgspec
from lxml import etree

from sanitizers.formats.ooxml.allowed import XML, PartFailed, Related
from sanitizers.formats.ooxml.drawing.vml import DRAWN_ANEW
from sanitizers.formats.ooxml.kinds import PartKind, Trace, office
from sanitizers.formats.ooxml.namespaces import NAMESPACES, clark
from sanitizers.formats.ooxml.parsing import parsed
from sanitizers.formats.ooxml.relationships import Relationship, Written
from sanitizers.formats.ooxml.work import PartWork
from sanitizers.model import Action, Severity, Threat

_CONTROL: Final = Trace(Threat.ACTIVE_CONTENT, Severity.NOTE, "a form control; what it showed stays", Action.REPLACED)
_OBJECT: Final = Trace(
    Threat.EMBEDDED_OBJECT, Severity.NOTE, "a picture of an object or control stays", Action.REPLACED
)

_MOST: Final = 2_000  #: of one sheet that are drawn
_PIXEL: Final = 9_525  #: EMU, at 96 pixels per inch
_ID: Final = clark("r:id")
_DRAWING: Final = clark("x:drawing")
_LEGACY: Final = clark("x:legacyDrawing")
#: What stands behind x:drawing (18.3.1.99).
_BEHIND: Final = tuple(
    map(clark, ("x:legacyDrawing", "x:legacyDrawingHF", "x:drawingHF", "x:picture", "x:oleObjects", "x:controls",
                "x:webPublishItems", "x:tableParts", "x:extLst"))
)  # fmt: skip
_SPREADSHEET: Final = Related(frozenset({"drawing/spreadsheet"}))
_CLIENT: Final = clark("xvml:ClientData")
_ANCHOR: Final = clark("xvml:Anchor")
_CHECKED: Final = clark("xvml:Checked")
_WORDS: Final = clark("v:textbox")
_PICTURE: Final = clark("v:imagedata")
_RELATION: Final = clark("o:relid")
_BLANKS: Final = re.compile(r"\s+")
_HIDDEN: Final = re.compile(r"visibility\s*:\s*hidden", re.IGNORECASE)

#: Kind of control → what stands before its words, unchecked and checked ([MS-OI29500] 2.1.1803, ST_ObjectType).
_MARKS: Final = {
    "Checkbox": ("☐ ", "☑ "),
    "Radio": ("○ ", "◉ "),
    "Button": ("", ""),
    "Drop": ("", ""),
    "List": ("", ""),
    "Edit": ("", ""),
    "EditBox": ("", ""),
    "Label": ("", ""),
    "GBox": ("", ""),
    "Spin": ("", ""),
    "Scroll": ("", ""),
    "Dialog": ("", ""),
}
_FRAMED: Final = frozenset({"Button", "Drop", "List", "Edit", "EditBox", "GBox", "Spin", "Scroll", "Dialog"})


class Shown(msgspec.Struct, frozen=True):
    """One of them as it was seen."""

    place: tuple[int, ...]  #: first column, pixels into it, first row, pixels into it; then the same of its end
    words: str
    is_framed: bool
    picture: str  #: source name of its picture, "" for none


def show(root: XML, work: PartWork, kind: PartKind | None) -> None:
    """Settle the drawing of a sheet: the one that it has, or a new one where there is something to show."""
    shown = [each for legacy in root.iterchildren(_LEGACY) for each in _shown(legacy.get(_ID, ""), work)][:_MOST]
    drawing, *others = [*root.iter(_DRAWING)] or [None]
    for other in others:
        _remove(other)
    relationship = None if drawing is None else work.relationship(drawing.get(_ID, ""))
    if drawing is not None and relationship is not None:
        work.document.memory[_key(relationship.target)] = shown
        id_ = work.related(relationship.id, _SPREADSHEET)
        if id_ is not None:
            drawing.set(_ID, id_)
            return
    _remove(drawing)
    if shown and kind is not None:
        _insert(root, work.refer(_new(shown, work, kind)))


def _remove(element: XML | None) -> None:
    parent = None if element is None else element.getparent()
    if element is not None and parent is not None:
        parent.remove(element)


def draw(root: XML, work: PartWork) -> None:
    """Add to a drawing what the sheet remembered for it."""
    shown = work.document.memory.get(_key(work.source))
    numbers = [each.get("id", "0") for each in root.iter(clark("xdr:cNvPr"))]
    first = max((int(number) for number in numbers if number.isdecimal() and len(number) < 10), default=0)
    for number, each in enumerate(shown if isinstance(shown, list) else [], start=first + 1):
        root.append(etree.fromstring(_anchored(each, number, _picture(each, number, work))))


def _key(source: str) -> str:
    return f"excel/shown {source.lower()}"


def _shown(id_: str, work: PartWork) -> list[Shown]:
    relationship = work.relationship(id_)
    package = work.document.package
    if relationship is None or relationship.outside or relationship.target not in package:
        return []
    try:
        root = parsed(package.own(relationship.target))
        pictures = package.relationships(relationship.target)
    except PartFailed:
        return []
    found: list[Shown] = []
    drawn: set[str] = set()
    for client in root.iter(_CLIENT):
        shape = client.getparent()
        kind = client.get("ObjectType", "")
        place = _place(client.findtext(_ANCHOR) or "")
        if shape is None or place is None or kind not in {"Pict", *_MARKS} or _HIDDEN.search(shape.get("style", "")):
            continue
        image = shape.find(_PICTURE)
        picture = None if image is None else pictures.get(image.get(_RELATION, ""))
        file = "" if picture is None or picture.outside or picture.type != office("image") else picture.target
        if file or kind != "Pict":
            work.met(_OBJECT if file else _CONTROL)
            found.append(Shown(place, "" if file else _said(shape, client, kind), kind in _FRAMED, file))
            if kind == "Pict":
                drawn.add(shape.get("id", ""))
    work.document.memory[f"{DRAWN_ANEW}{relationship.target.lower()}"] = frozenset(drawn)
    return found


def _place(text: str) -> tuple[int, ...] | None:
    numbers = [word.strip() for word in text.split(",")]
    if len(numbers) != 8 or not all(word.isdecimal() and len(word) < 8 for word in numbers):
        return None
    return tuple(map(int, numbers))


def _said(shape: XML, client: XML, kind: str) -> str:
    box = shape.find(_WORDS)
    words = "" if box is None else _BLANKS.sub(" ", "".join(box.itertext())).strip()
    is_checked = (client.findtext(_CHECKED) or "0").strip() not in {"0", ""}
    return _MARKS[kind][is_checked] + words


def _picture(shown: Shown, number: int, work: PartWork) -> str:
    """The id of its picture, as if the drawing had always had it; "" for none."""
    if not shown.picture or shown.picture not in work.document.package:
        return ""
    id_ = f"shown{number}"
    work.relationships[id_] = Relationship(id_, office("image"), shown.picture, outside=False)
    return id_


def _new(shown: list[Shown], work: PartWork, kind: PartKind) -> Written:
    """A drawing for a sheet that has none."""
    own = work.document.add(kind, etree.Element(clark("xdr:wsDr")))
    work.document.memory[_key(own.source)] = shown
    return Written(kind.relationships[0], own.file)


def _insert(root: XML, id_: str) -> None:
    drawing = etree.Element(_DRAWING)
    drawing.set(_ID, id_)
    behind = next((child for child in root if child.tag in _BEHIND), None)
    if behind is None:
        root.append(drawing)
    else:
        behind.addprevious(drawing)


_SPACES: Final = " ".join(f'xmlns:{prefix}="{NAMESPACES[prefix]}"' for prefix in ("xdr", "a", "r"))


def _anchored(shown: Shown, number: int, picture: str) -> str:
    inside = _drawn_picture(number, picture) if picture else _drawn_words(shown, number)
    ends = "".join(
        f"<xdr:{name}><xdr:col>{column}</xdr:col><xdr:colOff>{x * _PIXEL}</xdr:colOff>"
        f"<xdr:row>{row}</xdr:row><xdr:rowOff>{y * _PIXEL}</xdr:rowOff></xdr:{name}>"
        for name, (column, x, row, y) in (("from", shown.place[:4]), ("to", shown.place[4:]))
    )
    return f"<xdr:twoCellAnchor {_SPACES}>{ends}{inside}<xdr:clientData/></xdr:twoCellAnchor>"


def _drawn_picture(number: int, picture: str) -> str:
    return (
        f'<xdr:pic><xdr:nvPicPr><xdr:cNvPr id="{number}" name="Picture {number}"/><xdr:cNvPicPr/></xdr:nvPicPr>'
        f'<xdr:blipFill><a:blip r:embed="{picture}"/><a:stretch><a:fillRect/></a:stretch></xdr:blipFill>'
        '<xdr:spPr><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></xdr:spPr></xdr:pic>'
    )


def _drawn_words(shown: Shown, number: int) -> str:
    words = shown.words.replace("&", "&amp;").replace("<", "&lt;")
    line = '<a:ln w="9525"><a:solidFill><a:srgbClr val="808080"/></a:solidFill></a:ln>' if shown.is_framed else ""
    return (
        f'<xdr:sp macro="" textlink=""><xdr:nvSpPr><xdr:cNvPr id="{number}" name="Text {number}"/>'
        '<xdr:cNvSpPr txBox="1"/></xdr:nvSpPr>'
        f'<xdr:spPr><a:prstGeom prst="rect"><a:avLst/></a:prstGeom><a:noFill/>{line}</xdr:spPr>'
        '<xdr:txBody><a:bodyPr wrap="square" lIns="0" tIns="0" rIns="0" bIns="0" anchor="ctr"/><a:lstStyle/>'
        f'<a:p><a:r><a:rPr sz="900"/><a:t>{words}</a:t></a:r></a:p></xdr:txBody></xdr:sp>'
    )
