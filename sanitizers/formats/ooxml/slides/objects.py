"""Embedded objects, controls, ink, 3D models: the picture that shows them takes their place on the slide."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Final

from lxml import etree

from sanitizers.formats.ooxml import values
from sanitizers.formats.ooxml.allowed import XML, PartFailed
from sanitizers.formats.ooxml.kinds import office
from sanitizers.formats.ooxml.namespaces import NAMESPACES, clark
from sanitizers.formats.ooxml.parsing import parsed
from sanitizers.formats.ooxml.relationships import Relationship
from sanitizers.formats.ooxml.slides.remarks import drop
from sanitizers.formats.ooxml.work import PartWork

_CHOICE: Final = clark("mc:Choice")
_ALTERNATE: Final = clark("mc:AlternateContent")
#: Where one of these stands in an alternative, the fallback with the picture is the one to take.
_OBJECTS: Final = tuple(map(clark, ("p:oleObj", "p:control", "p:contentPart", "am3d:model3d")))

_FRAME: Final = clark("p:graphicFrame")
_OLE: Final = clark("p:oleObj")
_CONTROLS: Final = clark("p:controls")
_CONTROL: Final = clark("p:control")
_PICTURE: Final = clark("p:pic")
_TREE: Final = clark("p:spTree")
_NAMED: Final = clark("p:cNvPr")
_FRAME_PLACE: Final = clark("p:xfrm")
_PLACE: Final = clark("a:xfrm")
_SHAPE_PROPERTIES: Final = clark("p:spPr")
_BLIP: Final = clark("a:blip")
_EMBED: Final = clark("r:embed")
_MARK: Final = "kiyome"  #: begins ids of relationships that are none of the source


def replace(root: XML, work: PartWork) -> None:
    """Change the tree of a slide: pictures where objects were. What these were is told by their relationships."""
    for choice in list(root.iter(_CHOICE)):
        if any(choice.find(f".//{name}") is not None for name in _OBJECTS):
            drop(choice)
    pictures = _Pictures(root, work)
    for frame in list(root.iter(_FRAME)):
        ole = frame.find(f".//{_OLE}")
        if ole is not None:
            _exchange(frame, pictures.of(ole, frame))
    _controls(root, pictures)


def _controls(root: XML, pictures: "_Pictures") -> None:
    tree = root.find(f".//{_TREE}")
    controls = root.find(f".//{_CONTROLS}")
    if tree is None or controls is None:
        return
    tree.extend([picture for control in controls.iter(_CONTROL) for picture in pictures.of(control, None)])


def _exchange(frame: XML, pictures: list[XML]) -> None:
    parent = frame.getparent()
    if parent is None:
        return
    for picture in pictures:
        frame.addprevious(picture)
    parent.remove(frame)


class _Pictures:
    """The pictures that show objects: in the slide itself, or in the VML drawing of old versions."""

    def __init__(self, root: XML, work: PartWork) -> None:
        self._work = work
        numbers = [values.whole(each.get("id")) or 0 for each in root.iter(_NAMED)]
        self._next = max(numbers, default=1) + 1
        self._vml: dict[str, str] | None = None

    def of(self, element: XML, frame: XML | None) -> list[XML]:
        """The picture for p:oleObj or p:control, with the name and place of its frame; none when nothing shows it."""
        own = element.find(f".//{_PICTURE}")
        picture = deepcopy(own) if own is not None else self._drawn(element.get("spid", ""))
        if picture is None:
            return []
        self._name(picture, element, frame)
        if frame is not None:
            _place(picture, frame)
        return [picture]

    def _name(self, picture: XML, element: XML, frame: XML | None) -> None:
        named = picture.find(f".//{_NAMED}")
        if named is None:
            return
        source = None if frame is None else frame.find(f".//{_NAMED}")
        number = None if source is None else source.get("id")
        if number is None:
            number, self._next = str(self._next), self._next + 1
        named.set("id", number)
        if not named.get("name"):
            named.set("name", (None if source is None else source.get("name")) or element.get("name", ""))
        # Animations and descriptions go by the frame.
        if source is not None and source.get("descr"):
            named.set("descr", source.get("descr", ""))

    def _drawn(self, shape: str) -> XML | None:
        if self._vml is None:
            self._vml = dict(_drawn(self._work))
        target = self._vml.get(shape)
        if target is None:
            return None
        id_ = f"{_MARK}{len(self._work.relationships)}"
        self._work.relationships[id_] = Relationship(id_, office("image"), target, outside=False)
        return _picture(id_)


def _place(picture: XML, frame: XML) -> None:
    """The size and place of the frame: the picture of an object has its own only by chance."""
    xfrm = frame.find(_FRAME_PLACE)
    properties = picture.find(_SHAPE_PROPERTIES)
    if xfrm is None or properties is None:
        return
    for old in properties.findall(_PLACE):
        properties.remove(old)
    placed = deepcopy(xfrm)
    placed.tag = _PLACE
    properties.insert(0, placed)


def _picture(id_: str) -> XML:
    picture = etree.fromstring(
        f'<p:pic xmlns:p="{NAMESPACES["p"]}" xmlns:a="{NAMESPACES["a"]}">'
        "<p:nvPicPr><p:cNvPr/><p:cNvPicPr/><p:nvPr/></p:nvPicPr>"
        "<p:blipFill><a:blip/><a:stretch><a:fillRect/></a:stretch></p:blipFill>"
        '<p:spPr><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></p:spPr></p:pic>'
    )
    for blip in picture.iter(_BLIP):
        blip.set(_EMBED, id_)
    return picture


def _drawn(work: PartWork) -> Iterator[tuple[str, str]]:
    """Shape id → name of the picture, from the VML drawings of the slide."""
    package = work.document.package
    for relationship in list(work.relationships.values()):
        if relationship.type != office("vmlDrawing") or relationship.outside or relationship.target not in package:
            continue
        try:
            root = parsed(package.own(relationship.target))
            known = package.relationships(relationship.target)
        except PartFailed:
            continue
        for data in root.iter(clark("v:imagedata")):
            shape = data.getparent()
            image = known.get(data.get(clark("o:relid")) or data.get(clark("r:id"), ""))
            if shape is not None and image is not None and not image.outside:
                yield shape.get("id", ""), image.target
                yield shape.get(clark("o:spid"), ""), image.target
