"""What a field is told to do (ECMA-376 part 1, 17.16): what may go on, and what is said of the rest."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from sanitizers.formats.ooxml.kinds import Trace
from sanitizers.model import Action, Severity, Threat

#: Keywords → why they may go on: they work on this document and the clock alone.
_HARMLESS_ROWS: Final = {
    "PAGE NUMPAGES SECTION SECTIONPAGES NUMWORDS NUMCHARS": "counts in this document",
    "FILENAME FILESIZE REVNUM EDITTIME TITLE": "facts about this file",
    "DATE TIME CREATEDATE SAVEDATE PRINTDATE": "a date, in the Japanese calendar too",
    "REF PAGEREF NOTEREF STYLEREF SEQ LISTNUM AUTONUM AUTONUMLGL AUTONUMOUT": "places in this document",
    "TOC TC INDEX XE TOA TA": "lists made of this document",
    "FORMTEXT FORMCHECKBOX FORMDROPDOWN": "form fields",
    "EQ SYMBOL ADVANCE BIDIOUTLINE SHAPE": "how something is set: EQ makes furigana and enclosed characters",
    "IF COMPARE =": "a result worked out of what stands in it",
    "DISPLAYBARCODE": "a bar code drawn of the text that stands in it",
    "HYPERLINK": "by the rules for links; see `fields.py`",
}
HARMLESS: Final = frozenset(word for words in _HARMLESS_ROWS for word in words.split())


def _traces(words: str, trace: Trace) -> dict[str, Trace]:
    return {
        word: trace._replace(words=f"{trace.words}: {word}; its last result stays", action=Action.REPLACED)
        for word in words.split()
    }


#: Keyword → what is said when its last result takes its place.
REFUSED: Final = {
    **_traces(
        "DDE DDEAUTO",
        Trace(Threat.ACTIVE_CONTENT, Severity.DANGER, "a field that starts another program"),
    ),
    **_traces(
        "MACROBUTTON GOTOBUTTON PRINT ADDIN CONTROL HTMLCONTROL HTMLACTIVEX",
        Trace(Threat.ACTIVE_CONTENT, Severity.WARNING, "a field that runs something"),
    ),
    **_traces(
        "AUTOTEXT AUTOTEXTLIST GLOSSARY QUOTE SET ASK FILLIN",
        Trace(Threat.ACTIVE_CONTENT, Severity.WARNING, "a field that puts text together"),
    ),
    **_traces(
        "LINK INCLUDETEXT INCLUDEPICTURE INCLUDE IMPORT RD DATABASE",
        Trace(Threat.EXTERNAL_REFERENCE, Severity.WARNING, "a field that fetches something from outside"),
    ),
    **_traces(
        "EMBED OBJECT",
        Trace(Threat.EMBEDDED_OBJECT, Severity.NOTE, "a field around an embedded object"),
    ),
    **_traces(
        "MERGEFIELD MERGEREC MERGESEQ NEXT NEXTIF SKIPIF ADDRESSBLOCK GREETINGLINE MERGEBARCODE",
        Trace(Threat.EXTERNAL_REFERENCE, Severity.NOTE, "a field of a mail merge"),
    ),
    **_traces(
        "AUTHOR LASTSAVEDBY COMMENTS KEYWORDS SUBJECT TEMPLATE DOCPROPERTY DOCVARIABLE INFO USERNAME USERADDRESS"
        " USERINITIALS PRIVATE BARCODE BIBLIOGRAPHY CITATION",
        Trace(Threat.METADATA, Severity.NOTE, "a field that shows data that do not go on"),
    ),
}
UNKNOWN: Final = Trace(
    Threat.UNSUPPORTED, Severity.NOTE, "a field of an unknown kind; its last result stays", Action.REPLACED
)
BROKEN: Final = Trace(Threat.MALFORMED, Severity.NOTE, "pieces of a field that make no whole", Action.REMOVED)
TANGLED: Final = Trace(
    Threat.DECEPTION,
    Severity.WARNING,
    "a field whose instruction is put together by others; its last result stays",
    Action.REPLACED,
)

#: The keyword, and what must follow it: a blank, a switch, a quotation mark or nothing.
_KEYWORD: Final = re.compile(r"\s*+(?:(=)|([A-Za-z]+)(?=[\s\\\"“”]|\Z))")
_WORD: Final = re.compile(r"\s*+(?:[\"“”]((?:\\.|[^\"“”\\])*)[\"“”]|\\([A-Za-z@#*!])|([^\s\"“”]+))", re.DOTALL)
_UNPRINTABLE: Final = re.compile(r"[\"“”\\\x00-\x1f]")


class Target(NamedTuple):
    """Where a HYPERLINK leads."""

    address: str  #: "" for a place in this document
    anchor: str


def keyword(instruction: str) -> str:
    """Its keyword, upper case; "" where it begins with none."""
    found = _KEYWORD.match(instruction)
    return (found[1] or found[2]).upper() if found else ""


def refusal(pieces: Sequence[str | None]) -> Trace | None:
    """Why a field does not go on; None: it may.

    pieces: the literal text of its instruction in order; None stands for a field inside it. The keyword must be literal
    and end before the first of those, so that no result of another field can become part of it.
    """
    first = pieces[0] if pieces else None
    if first is None:
        return UNKNOWN if not pieces else TANGLED
    word = keyword(first)
    if word in REFUSED:
        return REFUSED[word]
    if word not in HARMLESS:
        return UNKNOWN if len(pieces) == 1 else TANGLED
    if len(pieces) > 1 and word != "=" and not first.strip()[len(word) :] and first.rstrip() == first:
        return TANGLED
    return None


def allowed(instruction: str) -> str | None:
    """The check of an attribute with an instruction."""
    return instruction if refusal([instruction]) is None else None


def target(instruction: str) -> Target | None:
    """Where a HYPERLINK of one literal piece leads; None: nowhere that could be said."""
    begin = _KEYWORD.match(instruction)
    if begin is None:
        return None
    address = anchor = ""
    switch = ""
    for word in _WORD.finditer(instruction, begin.end()):
        quoted, letter, plain = word.groups()
        if letter is not None:
            switch = letter.lower()
            continue
        text = _unescaped(quoted) if quoted is not None else plain
        if switch == "l":
            anchor = text
        elif switch not in {"o", "t", "s"} and not address:
            address = text
        switch = ""
    return Target(address, anchor) if address or anchor else None


def hyperlink(where: Target) -> str | None:
    """The instruction for it, written anew; None: it cannot be said in one."""
    if any(_UNPRINTABLE.search(part) for part in where):
        return None
    address = f' "{where.address}"' if where.address else ""
    anchor = f' \\l "{where.anchor}"' if where.anchor else ""
    return f" HYPERLINK{address}{anchor} "


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
