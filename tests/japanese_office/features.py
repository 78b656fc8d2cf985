"""What a feature is, where it stands in a file of each format, and how it is read from there."""

import io
import re
import zipfile
from collections.abc import Mapping
from enum import Enum
from typing import Final, NamedTuple
from urllib.parse import unquote

from lxml import etree

from sanitizers.formats.odf.namespaces import NAMESPACES as ODF
from sanitizers.formats.ooxml.namespaces import NAMESPACES as OOXML

#: Old formats, and what they become.
OLD: Final = {"doc": "docx", "rtf": "docx", "xls": "xlsx", "ppt": "pptx"}
_FALLBACK = f"{{{OOXML['mc']}}}Fallback"
_SWITCHES = {"true": "1", "on": "1", "false": "0", "off": "0"}
_NUMBERS = re.compile(r"\d+")


class State(Enum):
    """What becomes of a feature; the sign in the table."""

    KEPT = "○"
    PARTLY = "△"
    LOST = "×"


class Place(NamedTuple):
    """Values in a package."""

    part: str  #: pattern of the names of parts
    path: str  #: XPath: attributes, texts, elements, or one string
    pick: str = ".+"  #: pattern of what of a value counts, where programs write the same in several ways


class Otherwise(NamedTuple):
    """What becomes of a feature that is not kept as it was, and why."""

    state: State
    ja: str
    en: str


class Feature(NamedTuple):
    """A row of the table."""

    ja: str
    en: str
    places: Mapping[str, tuple[Place, ...]]  #: by today's format
    otherwise: Mapping[str, Otherwise] = {}  #: by format; where there is nothing, it is kept

    def expected(self, format_: str) -> State | None:
        """None: files of this format have no such thing."""
        if OLD.get(format_, format_) not in self.places:
            return None
        return self.otherwise[format_].state if format_ in self.otherwise else State.KEPT


def lost(ja: str, en: str) -> Otherwise:
    return Otherwise(State.LOST, ja, en)


def partly(ja: str, en: str) -> Otherwise:
    return Otherwise(State.PARTLY, ja, en)


CONVERTED: Final = lost("LibreOffice が変換で落とす", "LibreOffice drops it when it converts")


def became(before: list[str], after: list[str], format_: str) -> State:
    """Of a converted file, each value has to be there, wherever and however often."""
    if format_ not in OLD:
        return State.KEPT if before == after else State.PARTLY if set(before) & set(after) else State.LOST
    left = set(before) - set(after)
    return State.KEPT if not left else State.PARTLY if left != set(before) else State.LOST


def values(package: bytes, places: tuple[Place, ...]) -> list[str]:
    """What stands there, in the order of parts and of the document."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        parts = {name: archive.read(name) for name in sorted(archive.namelist(), key=_by_number)}
    return [
        picked[0]
        for place in places
        for name, content in parts.items()
        if re.fullmatch(place.part, name)
        for value in _at(content, place.path)
        if (picked := re.search(place.pick, value, re.DOTALL))
    ]


def _by_number(name: str) -> tuple[str, int]:
    numbers = _NUMBERS.findall(name)
    return _NUMBERS.sub("", name), int(numbers[-1]) if numbers else 0


def _at(content: bytes, path: str) -> list[str]:
    root = etree.fromstring(content)
    for fallback in root.findall(f".//{_FALLBACK}"):
        fallback.getparent().remove(fallback)
    spaces = ODF if "opendocument" in root.tag else OOXML
    found = root.xpath(path, namespaces={prefix: space for prefix, space in spaces.items() if prefix != "xml"})
    return [found] * bool(found) if isinstance(found, str) else [_shown(each) for each in found]


def _shown(each: etree._Element | str) -> str:
    """An element without what names its neighbours: ids of relationships."""
    if isinstance(each, str):
        if not each.is_attribute:
            return str(each)
        return f"{etree.QName(each.attrname).localname}={_SWITCHES.get(each, unquote(each))}"
    told = sorted(
        f" {etree.QName(key).localname}={_SWITCHES.get(value, value)}"
        for key, value in each.items()
        if OOXML["r"] not in key
    )
    return f"<{etree.QName(each).localname}{''.join(told)}>{each.text or ''}{''.join(_shown(child) for child in each)}"
