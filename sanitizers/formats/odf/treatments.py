"""What is done with single elements before they are written: links, pictures, objects, events, forms, data sources."""

from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Final

from lxml import etree

from sanitizers.formats.odf import attributes, dropped
from sanitizers.formats.odf.namespaces import clark
from sanitizers.formats.odf.parsing import XML

if TYPE_CHECKING:
    from sanitizers.formats.odf.work import Work


class Fate(Enum):
    """What becomes of an element."""

    WRITTEN = "written"
    UNWRAPPED = "unwrapped"  # only what is in it
    DROPPED = "dropped"


Treat = Callable[[XML, "Work"], Fate]

_HREF: Final = clark("xlink:href")
_SPAN: Final = clark("text:span")
_IMAGE: Final = clark("draw:image")
_OBJECT: Final = clark("draw:object")
_TABLE: Final = clark("table:table")
_OLE: Final = clark("draw:object-ole")
_BINARY: Final = clark("office:binary-data")
_STYLE_NAME: Final = clark("text:style-name")
_LISTENER: Final = clark("presentation:event-listener")
_ACTION: Final = clark("presentation:action")
_URL: Final = clark("text:url")
#: Steps of a slide show (ODF 1.3 part 3, 19.369); the others run, play or show something else.
_HARMLESS_ACTIONS: Final = frozenset(attributes.CLOSED["presentation:action"].split())
_OTHER_SOURCES: Final = tuple(
    clark(f"table:{name}")
    for name in ("database-source-sql", "database-source-query", "database-source-table", "source-service")
)
_CODE: Final = ("source-code", "library-linked", "library-embedded", "module")
_DESCRIPTIONS: Final = frozenset({clark("svg:title"), clark("svg:desc")})
_SHOWN_BESIDE_OBJECT: Final = frozenset({_IMAGE, clark("draw:text-box"), _TABLE, _OBJECT})


# Links


def _link(element: XML, work: "Work") -> Fate:
    """text:a: its words stay, as a link or as they are."""
    address = element.get(_HREF) or ""
    if work.inside(element, address):
        return Fate.WRITTEN
    href = work.document.hrefs.judge(address, "".join(element.itertext()))
    work.census.add(href.findings)
    if href.address:
        work.addresses[element] = href.address
        return Fate.WRITTEN
    style = element.get(_STYLE_NAME)
    element.tag = _SPAN
    element.attrib.clear()
    if style:
        element.set(_STYLE_NAME, style)
    if href.beside:
        _append(element, href.beside)
    return Fate.WRITTEN


def _append(element: XML, text: str) -> None:
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text


def _area(element: XML, work: "Work") -> Fate:
    """draw:a, and a place on a picture: what it is around stays."""
    address = element.get(_HREF) or ""
    if work.inside(element, address):
        return Fate.WRITTEN
    href = work.document.hrefs.judge(address, "")
    work.census.add(href.findings)
    if href.address:
        work.addresses[element] = href.address
        return Fate.WRITTEN
    return Fate.UNWRAPPED if element.tag == clark("draw:a") else Fate.DROPPED


def _bibliography(element: XML, work: "Work") -> Fate:
    """The address of a source that is quoted stands in an attribute of its own; no program follows it by itself."""
    address = element.attrib.pop(_URL, "")
    if address:
        href = work.document.hrefs.judge(address, "")
        work.census.add(href.findings)
    return Fate.WRITTEN


# Pictures and objects


def _frame(element: XML, work: "Work") -> Fate:
    """A frame shows one of what is in it: what must not go on is replaced by the picture that stands beside it."""
    showed = _shows(element)
    kept = element.find(_TABLE) is not None  # a table of a slide has a picture of itself, too
    for child in element.findall(_OBJECT):
        address = work.object(child)
        if address is None:
            element.remove(child)
        else:
            kept = True
            _empty(child)
            work.addresses[child] = address
    for child in element.findall(_OLE):
        work.met(dropped.OLE)
        work.use(child.get(_HREF) or "")
        element.remove(child)
    for picture in element.findall(_IMAGE):
        _picture_in_frame(element, picture, work, replacement=kept)
    if not any(child.tag in _SHOWN_BESIDE_OBJECT for child in element) and showed:
        picture = etree.SubElement(element, _IMAGE)
        element.insert(0, picture)
        work.addresses[picture] = work.document.pictures.placeholder(work.folder)
    return Fate.WRITTEN


def _shows(element: XML) -> bool:
    """Whether a frame holds more than its title and description."""
    return any(child.tag not in _DESCRIPTIONS for child in element)


def _picture_in_frame(frame: XML, picture: XML, work: "Work", *, replacement: bool) -> None:
    address = work.picture(picture, replacement=replacement)
    _empty_binary(picture)
    if address is None:
        frame.remove(picture)
    else:
        work.addresses[picture] = address


def _image(element: XML, work: "Work") -> Fate:
    """Those of frames have their address by now."""
    return Fate.WRITTEN if element in work.addresses else _filling(element, work)


def _object(element: XML, work: "Work") -> Fate:
    """Only a frame can hold one."""
    if element in work.addresses:
        return Fate.WRITTEN
    work.met(dropped.OBJECT)
    return Fate.DROPPED


def _filling(element: XML, work: "Work") -> Fate:
    """A picture of a style (background, bullet, filling): without it the style does without."""
    if not element.get(_HREF) and element.find(_BINARY) is None:
        return Fate.WRITTEN
    address = work.picture(element, replacement=False, background=True)
    _empty_binary(element)
    if address is None:
        return Fate.DROPPED
    work.addresses[element] = address
    return Fate.WRITTEN


def _empty(element: XML) -> None:
    for child in list(element):
        element.remove(child)


def _empty_binary(element: XML) -> None:
    for child in element.findall(_BINARY):
        element.remove(child)


# Scripts and events


def scripts(element: XML, work: "Work") -> None:
    """office:scripts: told of where there is any code in it; never written."""
    for inner in element.iter(etree.Element):
        local = inner.tag.rpartition("}")[2]
        if local == "event-listener" and not _is_harmless(inner):
            work.met(dropped.LISTENER)
        elif local in _CODE or (local == "script" and (inner.text or "").strip()):
            work.met(dropped.MACRO)


def _listeners(element: XML, work: "Work") -> Fate:
    """office:event-listeners: only steps of a slide show stay."""
    for listener in list(element):
        if not _is_harmless(listener):
            work.met(dropped.LISTENER)
            element.remove(listener)
    return Fate.WRITTEN if len(element) else Fate.DROPPED


def _listener(element: XML, work: "Work") -> Fate:
    if not _is_harmless(element):
        work.met(dropped.LISTENER)
        return Fate.DROPPED
    work.inside(element, element.get(_HREF) or "")
    return Fate.WRITTEN


def _is_harmless(listener: XML) -> bool:
    action = listener.get(_ACTION) or ""
    address = listener.get(_HREF) or ""
    return listener.tag == _LISTENER and action in _HARMLESS_ACTIONS and address[:1] in {"", "#"}


# Forms


def _form(element: XML, work: "Work") -> Fate:
    if element.get(_HREF):
        work.met(dropped.SUBMISSION, element.get(_HREF) or "")
        del element.attrib[_HREF]
    if element.get(clark("form:datasource")) or element.get(clark("form:command")):
        work.met(dropped.DATA)
    return Fate.WRITTEN


def _control(element: XML, work: "Work") -> Fate:
    if element.get(_HREF):
        work.met(dropped.SUBMISSION, element.get(_HREF) or "")
        del element.attrib[_HREF]
    return Fate.WRITTEN


# Data from elsewhere


def _section_source(element: XML, work: "Work") -> Fate:
    if element.get(_HREF):
        work.met(dropped.LINKED, element.get(_HREF) or "")
        return Fate.DROPPED
    return Fate.WRITTEN


def _pivot(element: XML, work: "Work") -> Fate:
    """A pivot table of this file's cells stays; one of a database goes, its cells stay."""
    if any(element.find(source) is not None for source in _OTHER_SOURCES):
        work.met(dropped.DATA)
        return Fate.DROPPED
    return Fate.WRITTEN


def _chart(element: XML, work: "Work") -> Fate:
    """Its data are its own (".") or the document's ("..")."""
    if element.get(_HREF) in {".", ".."}:
        work.addresses[element] = element.get(_HREF) or "."
    elif element.get(_HREF):
        work.met(dropped.LINKED, element.get(_HREF) or "")
    return Fate.WRITTEN


def _font(element: XML, work: "Work") -> Fate:
    for source in element.findall(clark("svg:font-face-src")):
        if source.find(f".//{clark('svg:font-face-uri')}") is not None:
            work.met(dropped.FONT)
        element.remove(source)
    return Fate.WRITTEN


TREATMENTS: Final[dict[str, Treat]] = {
    "text:a": _link,
    "draw:a": _area,
    "draw:area-rectangle": _area,
    "draw:area-circle": _area,
    "draw:area-polygon": _area,
    "text:bibliography-mark": _bibliography,
    "draw:frame": _frame,
    "draw:image": _image,
    "draw:object": _object,
    "draw:fill-image": _filling,
    "style:background-image": _filling,
    "text:list-level-style-image": _filling,
    "office:event-listeners": _listeners,
    "presentation:event-listener": _listener,
    "form:form": _form,
    "form:button": _control,
    "text:section-source": _section_source,
    "table:data-pilot-table": _pivot,
    "chart:chart": _chart,
    "style:font-face": _font,
}
