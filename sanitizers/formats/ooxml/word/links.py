"""Links of a text document: w:hyperlink and HYPERLINK fields, by the rules for links."""

from typing import TYPE_CHECKING, Final, NamedTuple

from sanitizers.formats.ooxml.allowed import XML
from sanitizers.formats.ooxml.namespaces import clark
from sanitizers.formats.ooxml.word import instructions, trees
from sanitizers.formats.ooxml.word.instructions import UNKNOWN, Target

if TYPE_CHECKING:
    from sanitizers.formats.ooxml.work import PartWork

_HYPERLINK: Final = clark("w:hyperlink")
_ID: Final = clark("r:id")
_ANCHOR: Final = clark("w:anchor")


class JudgedField(NamedTuple):
    """What becomes of a HYPERLINK field."""

    instruction: str | None  #: written anew; None: only its result stays
    beside: str = ""  #: text to be written behind its words


def settle(root: XML, work: "PartWork") -> None:
    """Give every w:hyperlink (17.16.22) a new relationship, or leave only its words."""
    for link in list(root.iter(_HYPERLINK)):
        _settle(link, work)


def _settle(link: XML, work: "PartWork") -> None:
    id_ = link.attrib.pop(_ID, None)
    relationship = work.relationship(str(id_)) if id_ is not None else None
    if relationship is not None and relationship.target.startswith("#"):
        link.set(_ANCHOR, relationship.target[1:])
    elif relationship is not None and relationship.outside and relationship.is_hyperlink:
        _leave_file(link, relationship.target, work)
        return
    elif relationship is not None and relationship.outside:
        work.document.leave_outside(work, relationship)
    if link.get(_ANCHOR) is None:
        trees.unwrap(link)


def _leave_file(link: XML, address: str, work: "PartWork") -> None:
    linked = work.hyperlink(address, trees.text_of(link))
    if linked.id is not None:
        link.set(_ID, linked.id)
        return
    if linked.beside:
        link.append(trees.run(linked.beside))
    trees.unwrap(link)


def of_field(instruction: str, words: str, work: "PartWork") -> JudgedField:
    """A HYPERLINK field with one literal instruction."""
    where = instructions.target(instruction)
    if where is None:
        work.met(UNKNOWN)
        return JudgedField(None)
    if not where.address:
        return JudgedField(instructions.hyperlink(where))
    href = work.document.hrefs.judge(where.address, words)
    for finding in href.findings:
        work.found(finding.threat, finding.severity, finding.action, finding.where, finding.detail)
    if not href.address:
        return JudgedField(None, href.beside)
    return JudgedField(instructions.hyperlink(Target(href.address, where.anchor)))
