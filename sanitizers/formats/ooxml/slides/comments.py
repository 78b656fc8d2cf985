"""Comments of PowerPoint up to 2019 (ECMA-376 part 1, 19.4) and of the versions since ([MS-PPTX] 2.6.10)."""

from typing import Final

import msgspec
from lxml import etree

from sanitizers.formats.ooxml import values
from sanitizers.formats.ooxml.allowed import XML, Element, Entry, Fate, Grammar
from sanitizers.formats.ooxml.drawing.extensions import extensions
from sanitizers.formats.ooxml.drawing.notation import table
from sanitizers.formats.ooxml.drawing.shared import SHARED
from sanitizers.formats.ooxml.kinds import Trace
from sanitizers.formats.ooxml.namespaces import NAMESPACES, clark
from sanitizers.formats.ooxml.work import ANYBODY, PartWork
from sanitizers.model import Severity, Threat
from sanitizers.rules import Author

_ACCOUNT: Final = Trace(Threat.METADATA, Severity.NOTE, "accounts of people who wrote comments")


def _person(element: XML, work: PartWork) -> XML:
    if work.rules.office_author is Author.REMOVED:
        element.set("name", ANYBODY)
        element.set("initials", ANYBODY[0])
    return element


_OLD: Final[dict[str, Entry]] = {
    **SHARED,
    **extensions("p"),
    **table(
        {
            "p:cmLst": "> cm",
            "p:cm": "authorId=number dt=date idx=number > pos text extLst",
            "p:pos": "x=number y=number",
            "p:text": "words",
            "p15:threadingInfo": "timeZoneBias=number > parentCm",
            "p15:parentCm": "authorId=number idx=number",
            "p:cmAuthorLst": "> cmAuthor",
        }
    ),
    "p:cmAuthor": msgspec.structs.replace(
        table({"p:cmAuthor": "id=number name=name initials=name lastIdx=number clrIdx=number > extLst"})["p:cmAuthor"],
        treat=_person,
    ),
    "p15:presenceInfo": _ACCOUNT,
}
COMMENTS: Final = Grammar("p:cmLst", _OLD)
AUTHORS: Final = Grammar("p:cmAuthorLst", _OLD)

_COMMENT: Final = clark("p188:cm")
_SLIDE: Final = clark("pc:sldMk")


def _anchored(root: XML, _: PartWork) -> None:
    """A comment on a shape or on words becomes one on the slide: shapes are named by numbers that do not go on."""
    for comment in root.iter(_COMMENT):
        slide = comment.find(f".//{_SLIDE}")
        for child in list(comment):
            if isinstance(child.tag, str) and child.tag.endswith("MkLst"):
                comment.remove(child)
        if slide is not None:
            comment.insert(0, _anchor(slide))


def _anchor(slide: XML) -> XML:
    space = NAMESPACES["pc"]
    anchor = etree.Element(f"{{{space}}}sldMkLst", nsmap={"pc": space})
    etree.SubElement(anchor, f"{{{space}}}docMk")
    anchor.append(slide)
    return anchor


_MODERN: Final[dict[str, Entry]] = {
    **SHARED,
    **extensions("p"),
    **table(
        {
            "p188:cmLst": "> cm",
            "p188:cm": (
                "id=guid authorId=guid status created=date startDate=date dueDate=date complete=number "
                "priority=number title=text > pc:sldMkLst pos replyLst txBody"
            ),
            "p188:replyLst": "> reply",
            "p188:reply": "id=guid authorId=guid status created=date > txBody",
            "p188:txBody": "> a:bodyPr a:lstStyle a:p",
            "p188:pos": "x=number y=number",
            "pc:sldMkLst": "> docMk sldMk",
            "pc:docMk": "",
            "pc:sldMk": "cId=number sldId=number",
            "p188:authorLst": "> author",
        }
    ),
    # Both are required by the schema; what they say of an account is not carried on.
    "p188:author": Element(
        attributes={
            **dict.fromkeys(("id",), values.guid),
            **dict.fromkeys(("name", "initials"), values.name),
            **dict.fromkeys(("userId", "providerId"), Fate.SILENT),
        },
        fixed={"userId": "", "providerId": "None"},
        children=frozenset(),
        treat=_person,
    ),
    "p188:extLst": Fate.SILENT,
}
MODERN_COMMENTS: Final = Grammar("p188:cmLst", _MODERN, default="p188", begin=_anchored)
MODERN_AUTHORS: Final = Grammar("p188:authorLst", _MODERN, default="p188")
