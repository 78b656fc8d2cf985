"""Defined names (18.2.5): of cells, values and harmless formulas of this file; none that runs by itself."""

import re
from typing import Final

from sanitizers.formats.ooxml import values
from sanitizers.formats.ooxml.allowed import XML
from sanitizers.formats.ooxml.excel import formulas
from sanitizers.formats.ooxml.kinds import Trace
from sanitizers.formats.ooxml.namespaces import clark
from sanitizers.formats.ooxml.work import PartWork
from sanitizers.model import Action, Severity, Threat

_AUTOMATIC: Final = Trace(
    Threat.ACTIVE_CONTENT, Severity.DANGER, "a name that runs a macro by itself when the file is opened or closed"
)
_MACRO: Final = Trace(Threat.ACTIVE_CONTENT, Severity.WARNING, "a name of a macro or a function of one")
_HIDDEN: Final = Trace(Threat.HIDDEN_CONTENT, Severity.NOTE, "names that no list shows", Action.NOTED)

# Excel runs every name that begins so, whatever follows, in any case (ECMA-376 part 1, 18.2.5; [MS-XLS] 2.4.150).
_AUTO: Final = re.compile(r"(?:_xlnm\s*\.?\s*)?auto[_ ]?(?:open|close|activate|deactivate)", re.IGNORECASE)
#: What Excel itself hides: the range of a filter, and names that stand for functions of newer versions.
_OWN_HIDDEN: Final = ("_xlnm.", "_xlfn.", "_xlchart.", "_xlcn.", "_xleta.", "_xlpm.")
_LAMBDA: Final = re.compile(r"\s*(?:_xlfn\.)?LAMBDA\s*\(", re.IGNORECASE)
_ON: Final = frozenset({"1", "true", "on", "t"})
_ROUNDS: Final = 10  #: names that use names that use names …; an error is shown where one is left over
_NAME: Final = clark("x:definedName")


def settle(root: XML, work: PartWork, places: dict[int, int]) -> None:
    """Take the names out of the workbook that do not go on. `places`: old number of a sheet → new."""
    judge = formulas.of(work.document)
    waiting = [each for each in list(root.iter(_NAME)) if not _is_taken_out(each, work, places)]
    for each in waiting:
        if _LAMBDA.match(each.text or ""):
            judge.learn(each.get("name", ""))
    for _ in range(_ROUNDS):
        gone = [each for each in waiting if not _goes_on(each, work)]
        if not gone:
            break
        for each in gone:
            judge.lose(each.get("name", ""))
            _take_out(each)
        waiting = [each for each in waiting if each.getparent() is not None]
    for each in waiting:
        if _is_on(each, "hidden") and not each.get("name", "").lower().startswith(_OWN_HIDDEN):
            work.met(_HIDDEN, each.get("name", ""))


def _goes_on(name: XML, work: PartWork) -> bool:
    judged = formulas.of(work.document).judge((name.text or "").removeprefix("="))
    if judged.harm is None:
        return True
    harm = judged.harm
    words = harm.words.replace("a formula", "a name for a formula").removesuffix("; its value stays")
    work.found(harm.threat, harm.severity, Action.REMOVED, name.get("name", ""), words)
    return False


def _is_taken_out(name: XML, work: PartWork, places: dict[int, int]) -> bool:
    """Whether it goes for what it is; else its sheet's number is set right."""
    words = name.get("name", "")
    trace = _harm(name, words)
    stated = name.get("localSheetId")
    sheet = values.whole(stated)
    if trace is not None:
        work.met(trace, words)
    elif stated is None or sheet in places:
        if sheet is not None:
            name.set("localSheetId", str(places[sheet]))
        if not words.lower().startswith("_xlfn."):  # "#NAME?": left by older programs for functions they do not know
            return False
    if trace is not None or not words.lower().startswith("_xl"):
        formulas.of(work.document).lose(words)
    _take_out(name)
    return True


def _take_out(name: XML) -> None:
    parent = name.getparent()
    if parent is not None:
        parent.remove(name)


def _harm(name: XML, words: str) -> Trace | None:
    if _AUTO.match(words.strip()):
        return _AUTOMATIC
    if any(_is_on(name, key) for key in ("function", "vbProcedure", "xlm")):
        return _MACRO
    return None


def _is_on(element: XML, key: str) -> bool:
    return (element.get(key) or "").strip().lower() in _ON
