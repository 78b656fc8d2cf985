"""Conditional formats, checks of input and sparklines: each goes on when the formulas in it do."""

from collections.abc import Iterator
from typing import Final

from sanitizers.formats.ooxml.allowed import XML
from sanitizers.formats.ooxml.excel import cells, formulas
from sanitizers.formats.ooxml.excel.conditionrows import CONDITIONS, CONDITIONS_2010, SPARKLINES
from sanitizers.formats.ooxml.excel.notation import changed
from sanitizers.formats.ooxml.namespaces import clark
from sanitizers.formats.ooxml.work import PartWork
from sanitizers.model import Action

_FORMULAS: Final = frozenset(map(clark, ("x:formula", "x:formula1", "x:formula2", "xm:f")))
_VALUE: Final = clark("x:cfvo")
#: What the harm belonged to, instead of "a formula … its value stays".
_WORDS: Final = {
    clark("x:cfRule"): "a conditional format with a formula",
    clark("x14:cfRule"): "a conditional format with a formula",
    clark("x:dataValidation"): "a check of input with a formula",
    clark("x14:dataValidation"): "a check of input with a formula",
    clark("x14:sparklineGroup"): "a small chart in a cell (sparkline) of a range",
    clark("x14:sparkline"): "a small chart in a cell (sparkline) of a range",
}


def _with_formulas(element: XML, work: PartWork) -> XML | None:
    """The element, when every formula in it goes on."""
    for holder, text in _formulas(element):
        judged = formulas.of(work.document).judge(text.removeprefix("="))
        if judged.harm is not None:
            words = judged.harm.words.replace("a formula", _WORDS[element.tag]).removesuffix("; its value stays")
            where = cells.sheet_of(work).title
            work.found(judged.harm.threat, judged.harm.severity, Action.REMOVED, where, words)
            return None
        if holder is not None and judged.text is not None:
            holder.text = judged.text
    return element


def _formulas(element: XML) -> Iterator[tuple[XML | None, str]]:
    for each in element.iter():
        if each.tag in _FORMULAS and each.text:
            yield each, each.text
        elif each.tag == _VALUE:
            yield None, each.get("val") or "0"


RULES: Final = {
    **CONDITIONS_2010,
    **SPARKLINES,
    **CONDITIONS,
    "x:conditionalFormatting": changed(CONDITIONS["x:conditionalFormatting"], needs=frozenset({"x:cfRule"})),
    "x:cfRule": changed(CONDITIONS["x:cfRule"], treat=_with_formulas),
    "x:dataValidations": changed(CONDITIONS["x:dataValidations"], needs=frozenset({"x:dataValidation"})),
    "x:dataValidation": changed(CONDITIONS["x:dataValidation"], treat=_with_formulas),
    "x14:conditionalFormattings": changed(
        CONDITIONS_2010["x14:conditionalFormattings"], needs=frozenset({"x14:conditionalFormatting"})
    ),
    "x14:conditionalFormatting": changed(
        CONDITIONS_2010["x14:conditionalFormatting"], needs=frozenset({"x14:cfRule"})
    ),
    "x14:cfRule": changed(CONDITIONS_2010["x14:cfRule"], treat=_with_formulas),
    "x14:dataValidations": changed(CONDITIONS_2010["x14:dataValidations"], needs=frozenset({"x14:dataValidation"})),
    "x14:dataValidation": changed(CONDITIONS_2010["x14:dataValidation"], treat=_with_formulas),
    "x14:sparklineGroups": changed(SPARKLINES["x14:sparklineGroups"], needs=frozenset({"x14:sparklineGroup"})),
    "x14:sparklineGroup": changed(SPARKLINES["x14:sparklineGroup"], treat=_with_formulas),
}  # fmt: skip
