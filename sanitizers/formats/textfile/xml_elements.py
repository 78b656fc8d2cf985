"""Elements and attributes inside XML that a program acts upon, and what of them may stay."""

import re
from collections import Counter
from typing import Final

from lxml import etree

from sanitizers.model import Action, Severity, Threat

XHTML: Final = "http://www.w3.org/1999/xhtml"
SVG: Final = "http://www.w3.org/2000/svg"
XINCLUDE: Final = ("http://www.w3.org/2001/XInclude", "http://www.w3.org/2003/XInclude")
MATHML: Final = "http://www.w3.org/1998/Math/MathML"

# Root elements by namespace that Windows opens in a program that does more than show XML, and what to
# call the program. Detection tells most of them by their first bytes.
OPENED_BY_PROGRAMS: Final = {
    XHTML: "a browser",
    SVG: "a browser",
    "http://schemas.microsoft.com/office/word/2003/wordml": "Word",
    "http://schemas.microsoft.com/office/2006/xmlPackage": "Word, Excel or PowerPoint",
    "urn:schemas-microsoft-com:office:spreadsheet": "Excel",
    "urn:oasis:names:tc:opendocument:xmlns:office:1.0": "LibreOffice",
    "http://openoffice.org/2000/office": "LibreOffice",
    "http://schemas.microsoft.com/visio/2003/core": "Visio",
    "http://schemas.microsoft.com/project": "Project",
}

# XHTML in feeds, schemas and style sheets: words and their shape. An element that is not here leaves its words behind.
_XHTML_WORDS: Final = """
a abbr address article aside b blockquote body br caption cite code col colgroup dd del details dfn div dl dt em
figcaption figure footer h1 h2 h3 h4 h5 h6 head header hr html i ins kbd li main mark nav ol p pre q rp rt ruby s samp
section small span strong sub summary sup table tbody td tfoot th thead time title tr u ul var wbr
"""
_XHTML_ELEMENTS: Final = frozenset(_XHTML_WORDS.split())
_XHTML_ATTRIBUTES: Final = frozenset(
    "id class title lang dir colspan rowspan scope datetime cite href hreflang start type align valign".split()  # noqa: SIM905
)
_SAFE_LINK: Final = re.compile(r"\s*(?:https?:|mailto:|#|[^:\s]*\Z|[^:/?#\s]*[/?#])", re.IGNORECASE)
_SCRIPT_LINK: Final = re.compile(r"(?:javascript|vbscript|livescript|mocha):", re.IGNORECASE)
_BLANKS: Final = re.compile(r"[\x00-\x20]+")

_SCRIPT: Final = (Threat.ACTIVE_CONTENT, Severity.DANGER, Action.REMOVED, "a script element")
_KML: Final = ("http://www.opengis.net/kml/2.2", "http://earth.google.com/kml/2.0", "http://earth.google.com/kml/2.1",
               "http://earth.google.com/kml/2.2")  # fmt: skip
_FETCHED: Final = (Threat.EXTERNAL_REFERENCE, Severity.WARNING, Action.REMOVED, "an inclusion of another document")
# Taken out with everything in them. "{*}" is any namespace, none included.
_REMOVED: Final = (
    *((f"{{*}}{name}", _SCRIPT) for name in ("script", "Script", "SCRIPT")),
    *((f"{{{space}}}*", _FETCHED) for space in XINCLUDE),
    *(
        (f"{{{XHTML}}}{name}", (Threat.ACTIVE_CONTENT, Severity.WARNING, Action.REMOVED, "an active HTML element"))
        for name in "style iframe frame frameset object embed applet link meta base template noscript svg math".split()  # noqa: SIM905
    ),
    (f"{{{SVG}}}*", (Threat.ACTIVE_CONTENT, Severity.WARNING, Action.REMOVED, "a drawing (SVG) inside XML")),
    *(
        (
            f"{{{space}}}{name}",
            (Threat.EXTERNAL_REFERENCE, Severity.WARNING, Action.REMOVED, "a map layer from elsewhere"),
        )
        for space in _KML
        for name in ("NetworkLink", "NetworkLinkControl")
    ),
)


def clean_elements(root: etree._Element, kinds: Counter[tuple[Threat, Severity, Action, str]]) -> None:
    """Take out of a tree what acts when it is opened; the root stays."""
    for pattern, what in _REMOVED:
        count = sum(element is not root for element in root.iter(pattern))
        if count:
            kinds[what] += count
            etree.strip_elements(root, pattern, with_tail=False)
    for element in root.iter("*"):
        _clean_attributes(element, kinds)
    strange = [str(each.tag) for each in root.iter(f"{{{XHTML}}}*") if _local(str(each.tag)) not in _XHTML_ELEMENTS]
    if strange:
        unwrapped = (Threat.ACTIVE_CONTENT, Severity.NOTE, Action.REMOVED, "an HTML element that is not on the list")
        kinds[unwrapped] += len(strange)
        etree.strip_tags(root, *set(strange))


def _local(tag: str) -> str:
    return tag.rpartition("}")[2].lower()


def _clean_attributes(element: etree._Element, kinds: Counter[tuple[Threat, Severity, Action, str]]) -> None:
    attributes = element.attrib
    if not attributes:
        return
    space = element.tag.partition("}")[0][1:] if element.tag[0] == "{" else ""
    for name, value in attributes.items():
        if space == XHTML and not _fits_xhtml(str(name), str(value)):
            kinds[
                Threat.ACTIVE_CONTENT, Severity.NOTE, Action.REMOVED, "an HTML attribute that is not on the list"
            ] += 1
        elif space == MATHML and str(name).lower().startswith("on"):
            kinds[Threat.ACTIVE_CONTENT, Severity.DANGER, Action.REMOVED, "an event attribute"] += 1
        elif ":" in value and _SCRIPT_LINK.match(_BLANKS.sub("", str(value)[:100])):
            kinds[Threat.ACTIVE_CONTENT, Severity.DANGER, Action.REMOVED, "a link that runs a script"] += 1
        else:
            continue
        del attributes[name]


def _fits_xhtml(name: str, value: str) -> bool:
    if name.startswith("{http://www.w3.org/XML/1998/namespace}"):
        return True
    return name.lower() in _XHTML_ATTRIBUTES and (name.lower() not in {"href", "cite"} or bool(_SAFE_LINK.match(value)))
