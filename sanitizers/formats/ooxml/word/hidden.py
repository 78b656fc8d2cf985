"""Hidden text and hidden rows: kept or removed by rule, always reported (ECMA-376 part 1, 17.3.2.41, 17.4.20)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from sanitizers.formats.ooxml.allowed import XML
from sanitizers.formats.ooxml.kinds import Trace
from sanitizers.formats.ooxml.namespaces import clark
from sanitizers.formats.ooxml.word import trees
from sanitizers.formats.ooxml.word.trees import RUN, RUN_PROPERTIES, TEXT, VAL
from sanitizers.model import Action, Severity, Threat
from sanitizers.rules import Remarks

if TYPE_CHECKING:
    from sanitizers.formats.ooxml.work import PartWork

_ACTIONS: Final = {Remarks.KEPT: Action.NOTED, Remarks.REMOVED: Action.REMOVED}
_TEXT: Final = {
    rule: Trace(Threat.HIDDEN_CONTENT, Severity.WARNING, "hidden text", action) for rule, action in _ACTIONS.items()
}
_ROWS: Final = {
    rule: Trace(Threat.HIDDEN_CONTENT, Severity.WARNING, "hidden rows of a table", action)
    for rule, action in _ACTIONS.items()
}
_VANISH: Final = clark("w:vanish")
_HIDDEN: Final = clark("w:hidden")
_ROW: Final = clark("w:tr")
_STYLE: Final = clark("w:style")
_STYLE_ID: Final = clark("w:styleId")
_BASED_ON: Final = clark("w:basedOn")
_RUN_STYLE: Final = clark("w:rStyle")
_PARAGRAPH_STYLE: Final = clark("w:pStyle")
#: Pieces of fields stay: an instruction is never shown, and half a field would be worse.
_STAY: Final = trees.named("rPr fldChar instrText delInstrText")
_MEMORY: Final = "word: styles that hide"


def remember_styles(work: "PartWork") -> None:
    """Which styles hide what is set in them; asked once, by the main document."""
    styles = work.neighbour("word/styles")
    hiding: set[str] = set()
    if styles is not None and next(styles.iter(_VANISH), None) is not None:
        based = {style.get(_STYLE_ID) or "": style for style in styles.iter(_STYLE)}
        hiding = {name for name in based if _hides(name, based)}
    work.document.memory[_MEMORY] = frozenset(hiding)


def _hides(name: str, styles: dict[str, XML]) -> bool:
    """By itself, or by the style that it is based on."""
    for _ in range(20):  # Word itself follows no more than that
        style = styles.get(name)
        if style is None:
            return False
        vanish = style.find(f"{RUN_PROPERTIES}/{_VANISH}")
        if vanish is not None:
            return trees.is_on(vanish)
        base = style.find(_BASED_ON)
        name = (base.get(VAL) or "") if base is not None else ""
    return False


def settle(root: XML, work: "PartWork") -> None:
    """Tell of hidden text and rows, and do with them as the rules say."""
    rule = work.rules.office_remarks
    hiding = work.document.memory.get(_MEMORY)
    styles = hiding if isinstance(hiding, frozenset) else frozenset[str]()
    for run in dict.fromkeys((*_marked(root), *_styled(root, styles))):
        if not any((each.text or "").strip() for each in run.iter(TEXT)):
            continue
        work.met(_TEXT[rule])
        if rule is Remarks.REMOVED:
            for child in [each for each in run if each.tag not in _STAY]:
                run.remove(child)
    for flag in list(root.iter(_HIDDEN)):
        row = next(flag.iterancestors(_ROW), None)
        if row is None or not trees.is_on(flag):
            continue
        work.met(_ROWS[rule])
        if rule is Remarks.REMOVED:
            trees.leave_out(row)


def _marked(root: XML) -> Iterator[XML]:
    for vanish in root.iter(_VANISH):
        properties = vanish.getparent()
        run = properties.getparent() if properties is not None and properties.tag == RUN_PROPERTIES else None
        if run is not None and run.tag == RUN and trees.is_on(vanish):
            yield run


def _styled(root: XML, hiding: frozenset[str]) -> Iterator[XML]:
    if not hiding:
        return
    for style in root.iter(_RUN_STYLE, _PARAGRAPH_STYLE):
        above = style.getparent()
        owner = above.getparent() if above is not None else None
        if style.get(VAL) not in hiding or owner is None:
            continue
        for run in (owner,) if owner.tag == RUN else owner.iterchildren(RUN):
            vanish = run.find(f"{RUN_PROPERTIES}/{_VANISH}")
            if vanish is None or trees.is_on(vanish):
                yield run
