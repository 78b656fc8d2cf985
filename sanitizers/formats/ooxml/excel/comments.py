"""Comments (18.7) and threaded comments ([MS-XLSX] 2.1.39): kept or removed by rule, always told of."""

from typing import Final

from sanitizers.formats.ooxml.allowed import XML, Fate, Grammar
from sanitizers.formats.ooxml.excel.notation import changed, extensions, table
from sanitizers.formats.ooxml.excel.richtext import RICH_TEXT
from sanitizers.formats.ooxml.kinds import Trace
from sanitizers.formats.ooxml.work import PartWork
from sanitizers.model import Action, Severity, Threat

_NOTED: Final = Trace(Threat.HIDDEN_CONTENT, Severity.NOTE, "comments", Action.NOTED)


def _begin(_: XML, work: PartWork) -> None:
    work.met(_NOTED)


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
        ),
        "xltc:extLst": Fate.SILENT,
    },
    default="xltc",
)
