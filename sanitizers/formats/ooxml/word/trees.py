"""Small moves in the tree of a source part: leave out, unwrap, and the choice between alternatives made beforehand."""

from typing import Final

from lxml import etree

from sanitizers.formats.ooxml.allowed import XML, Grammar, goes_beside
from sanitizers.formats.ooxml.namespaces import NAMESPACES, clark

_ALTERNATE: Final = clark("mc:AlternateContent")
_CHOICE: Final = clark("mc:Choice")
_FALLBACK: Final = clark("mc:Fallback")
_PERCENT: Final = NAMESPACES["wp14"]
_OFF: Final = frozenset({"0", "false", "off", "f"})


def named(words: str) -> frozenset[str]:
    """Names of elements: "p tbl m:oMath", those without a prefix with w:."""
    return frozenset(clark(word if ":" in word else f"w:{word}") for word in words.split())


VAL: Final = clark("w:val")
RUN: Final = clark("w:r")
RUN_PROPERTIES: Final = clark("w:rPr")
TEXT: Final = clark("w:t")
PARAGRAPH: Final = clark("w:p")


def leave_out(element: XML) -> None:
    """Take an element and what is in it out of the tree."""
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def unwrap(element: XML) -> None:
    """Put what is in an element in its place."""
    parent = element.getparent()
    if parent is None:
        return
    for child in list(element):
        element.addprevious(child)
    parent.remove(element)


def is_on(flag: XML) -> bool:
    """A switch such as w:vanish (ST_OnOff): on unless it says that it is off."""
    return flag.get(VAL) not in _OFF


def text_of(element: XML) -> str:
    """The text in its runs."""
    return "".join(each.text or "" for each in element.iter(TEXT))


def run(text: str) -> XML:
    """A run with this text."""
    made = etree.Element(RUN)
    words = etree.SubElement(made, TEXT)
    words.text = text
    words.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    return made


def choose(root: XML, grammar: Grammar) -> None:
    """ECMA-376 part 3, 7.5, done beforehand, so that what is worked out over the tree sees what will be written."""
    for alternate in list(root.iter(_ALTERNATE)):
        known = [each for each in alternate if _is_known(each, grammar)]
        if known and goes_beside(known[0], grammar) is not None:
            continue
        for child in list(next((each for each in known if not _is_percent(each)), known[0])) if known else ():
            alternate.addprevious(child)
        leave_out(alternate)


def _is_known(branch: XML, grammar: Grammar) -> bool:
    required = _required(branch)
    understood = bool(required) and all(space in grammar.understood for space in required)
    return branch.tag == _FALLBACK or (branch.tag == _CHOICE and understood)


def _is_percent(branch: XML) -> bool:
    """A place in percent of the page comes with its twin in absolute measure, which every program knows."""
    return _PERCENT in _required(branch)


def _required(branch: XML) -> list[str | None]:
    return [branch.nsmap.get(prefix) for prefix in (branch.get("Requires") or "").split()]
