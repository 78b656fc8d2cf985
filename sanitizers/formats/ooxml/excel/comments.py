"""Comments (18.7) and threaded comments ([MS-XLSX] 2.1.39): kept or removed by rule, always told of."""

from typing import Final

from sanitizers.formats.ooxml import values
from sanitizers.formats.ooxml.allowed import XML, Fate, Grammar
from sanitizers.formats.ooxml.excel.notation import changed, extensions, table
from sanitizers.formats.ooxml.excel.richtext import RICH_TEXT
from sanitizers.formats.ooxml.kinds import Trace
from sanitizers.formats.ooxml.namespaces import clark
from sanitizers.formats.ooxml.work import PartWork
from sanitizers.model import Action, Severity, Threat

_NOTED: Final = Trace(Threat.HIDDEN_CONTENT, Severity.NOTE, "comments", Action.NOTED)


_AUTHOR: Final = clark("x:author")
_COMMENT: Final = clark("x:comment")
_TEXT: Final = clark("x:t")
_NUMBER: Final = "authorId"


def _begin(root: XML, work: PartWork) -> None:
    work.met(_NOTED)
    authors = list(root.iter(_AUTHOR))
    names = [each.text or "" for each in authors]
    for author, name in zip(authors, names, strict=True):
        author.text = work.person(name)
    for comment in root.iter(_COMMENT):
        number = values.whole(comment.get(_NUMBER))
        first = next(comment.iter(_TEXT), None)
        if number is not None and number < len(names) and first is not None:
            _signed(first, names[number], work)


def _signed(words: XML, name: str, work: PartWork) -> None:
    """Excel begins the text of a comment with its author: "山田 太郎:"."""
    rest = (words.text or "").removeprefix(name)
    if name and rest != words.text and rest.startswith(":"):
        words.text = work.person(name) + rest


def _person(element: XML, work: PartWork) -> XML:
    element.set("displayName", work.person(element.get("displayName", "")))
    return element


COMMENTS: Final = Grammar(
    "x:comments",
    {
        **RICH_TEXT,
        **table({
            "x:comments": "> authors commentList extLst",
            "x:authors": "> author",
            "x:author": "words",
            "x:commentList": "> comment",
            "x:comment": "ref=area authorId=n guid=guid shapeId=n > text commentPr",
            "x:text": "> t r rPh phoneticPr",
        }),
        **extensions(),
        "x:commentPr": Fate.SILENT,  # how a control holds it
    },
    default="x",
    begin=_begin,
)  # fmt: skip

_THREADS: Final = table({
    "xltc:ThreadedComments": "> threadedComment",
    "xltc:threadedComment": "ref=area dT=date personId=guid id=guid parentId=guid done=flag > text",
    "xltc:text": "words",
    "xltc:personList": "> person",
    "xltc:person": "displayName=text id=guid",
})  # fmt: skip

THREADED: Final = Grammar(
    "xltc:ThreadedComments",
    {
        **_THREADS,
        "xltc:threadedComment": changed(
            _THREADS["xltc:threadedComment"], children=frozenset({"xltc:text", "xltc:mentions", "xltc:extLst"})
        ),
        "xltc:mentions": Fate.SILENT,  # accounts; the names stand in the text
        "xltc:extLst": Fate.SILENT,
    },
    default="xltc",
)

#: Who wrote them: the name that is shown, no account.
PERSONS: Final = Grammar(
    "xltc:personList",
    {
        **_THREADS,
        "xltc:person": changed(
            _THREADS["xltc:person"],
            attributes={"userId": Fate.SILENT, "providerId": Fate.SILENT},
            fixed={"userId": "", "providerId": "None"},
            treat=_person,
        ),
        "xltc:extLst": Fate.SILENT,
    },
    default="xltc",
)
