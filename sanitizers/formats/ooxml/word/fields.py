"""Fields, put together across runs, paragraphs and nesting: harmless ones go on, of others the last shown result stays.

A complex field (ECMA-376 part 1, 17.16.18) is begin, instruction, separator, result, end, each somewhere in a run;
other fields may stand in its instruction and in its result. Whatever is no piece of a field that was accepted as a
whole leaves the tree, so that no other reading of the same runs can make a field of what is left.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from sanitizers.formats.ooxml.allowed import XML, Fate, Grammar
from sanitizers.formats.ooxml.kinds import Trace
from sanitizers.formats.ooxml.namespaces import clark
from sanitizers.formats.ooxml.word import instructions, links, trees
from sanitizers.formats.ooxml.word.instructions import BROKEN, TANGLED
from sanitizers.formats.ooxml.word.trees import PARAGRAPH, RUN, RUN_PROPERTIES, TEXT

if TYPE_CHECKING:
    from sanitizers.formats.ooxml.work import PartWork

_CHARACTER: Final = clark("w:fldChar")
_TYPE: Final = clark("w:fldCharType")
_SIMPLE: Final = clark("w:fldSimple")
_INSTRUCTION: Final = clark("w:instr")
_CODE: Final = clark("w:instrText")
_DELETED_CODE: Final = clark("w:delInstrText")
_DELETED_TEXT: Final = clark("w:delText")
_TAB: Final = clark("w:tab")
_PIECES: Final = (_CHARACTER, _CODE, _DELETED_CODE)
_STORIES: Final = tuple(trees.named("body hdr ftr footnote endnote comment txbxContent"))
#: What the text of a story runs through; fields cross these freely.
_FLOW: Final = trees.named("p tbl tr tc sdt sdtContent hyperlink fldSimple ins del moveFrom moveTo dir bdo r")
_TABLE: Final = trees.named("tbl tr tc")
_FORMULAS: Final = trees.named("m:oMath m:oMathPara")
_TEXTS: Final = frozenset({TEXT, _CODE, _DELETED_CODE, _DELETED_TEXT})
#: What may stand in an instruction and says nothing in it.
_SILENT: Final = trees.named("lastRenderedPageBreak softHyphen")
_DEEPEST: Final = 60  # fields in fields
_LONGEST: Final = 30_000  # characters of an instruction
_CHANGES: Final = {clark("w:del"): "-", clark("w:moveFrom"): "-", clark("w:ins"): "+", clark("w:moveTo"): "+"}


class _Field:
    """A complex field that is being read."""

    def __init__(self, begin: XML, change: str) -> None:
        self.pieces: list[str | None] = []  # of the instruction; None: a field in it
        self.marks = [begin]  # begin, separator, end
        self.code: list[XML] = []  # elements with the text of its own instruction
        self.region: list[XML] = []  # all that stands between begin and separator, other fields included
        self.words: list[str] = []  # text of its result
        self.change = change  # tracked change in which it stands as a whole
        self.length = 0  # characters of its own instruction
        self.separated = False
        self.tangled = False  # something stands in the instruction that could make another one of it

    def is_whole(self, change: str) -> None:
        """A piece of it in this tracked change: all in the same, or accepting it makes another field."""
        self.tangled = self.tangled or change != self.change

    def say(self, text: str) -> None:
        """More literal text of the instruction."""
        self.length += len(text)
        if self.length > _LONGEST:
            self.tangled = True
        elif self.pieces and self.pieces[-1] is not None:
            self.pieces[-1] += text
        else:
            self.pieces.append(text)


def settle(root: XML, grammar: Grammar, work: "PartWork") -> None:
    """Leave only whole and harmless fields in the part."""
    for simple in list(root.iter(_SIMPLE)):
        _simple(simple, work)
    if next(root.iter(*_PIECES), None) is None:
        return
    kept: set[XML] = set()
    for story in root.iter(*_STORIES):
        if next(story.iter(*_PIECES), None) is not None:
            _Story(grammar, work, kept).read(story)
    for piece in list(root.iter(*_PIECES)):
        if piece not in kept:
            trees.leave_out(piece)


def _simple(field: XML, work: "PartWork") -> None:
    """w:fldSimple (17.16.19): its instruction is an attribute."""
    instruction = field.get(_INSTRUCTION) or ""
    trace = instructions.refusal([instruction])
    if trace is None and instructions.keyword(instruction) == "HYPERLINK":
        judged = links.of_field(instruction, trees.text_of(field), work)
        if judged.instruction is not None:
            field.set(_INSTRUCTION, judged.instruction)
            return
        if judged.beside:
            field.append(trees.run(judged.beside))
    elif trace is None:
        return
    else:
        work.met(trace)
    trees.unwrap(field)


class _Story:
    """One text with its fields: the body, a header, a note, a text box."""

    def __init__(self, grammar: Grammar, work: "PartWork", kept: set[XML]) -> None:
        self._grammar = grammar
        self._work = work
        self._kept = kept
        self._open: list[_Field] = []

    def read(self, story: XML) -> None:
        """Find its fields, and decide on each where it ends."""
        compiled = self._grammar.table.get(story.tag)
        if compiled is None:
            return
        for element, change, within in self._reached(story, compiled.children, "", within=False):
            if element.tag == _CHARACTER and within:
                self._character(element, change)
            else:
                self._content(element, change, within=within)
        for _ in self._open:
            self._work.met(BROKEN)

    def _reached(
        self, parent: XML, allowed: frozenset[str] | None, change: str, *, within: bool
    ) -> Iterator[tuple[XML, str, bool]]:
        """What stands in the runs, in order, as it will be written; in which change; whether in a paragraph."""
        for child in list(parent):
            tag = child.tag
            compiled = self._grammar.table.get(tag)
            if compiled is None or (allowed is not None and tag not in allowed):
                if self._grammar.left_out.get(tag) is Fate.UNWRAPPED:
                    yield from self._reached(child, allowed, change, within=within)
            elif tag in _FLOW:
                if tag == _SIMPLE:
                    yield child, change, within  # in the instruction of another field it would have a say
                inner = tag == PARAGRAPH or (within and tag not in _TABLE)
                yield from self._reached(child, compiled.children, change + _CHANGES.get(tag, ""), within=inner)
            elif (parent.tag == RUN and tag != RUN_PROPERTIES) or tag in _FORMULAS:
                yield child, change, within

    def _character(self, mark: XML, change: str) -> None:
        kind = mark.get(_TYPE)
        for field in self._open:
            if not field.separated:
                field.region.append(mark)
        if kind == "begin" and len(self._open) >= _DEEPEST:
            self._work.met(BROKEN)
            self._open[-1].tangled = True
        elif kind == "begin":
            if self._open and not self._open[-1].separated:
                self._open[-1].pieces.append(None)
                self._open[-1].is_whole(change)
            self._open.append(_Field(mark, change))
        elif not self._open:
            self._work.met(BROKEN)
        elif kind == "separate" and not self._open[-1].separated:
            field = self._open[-1]
            field.region.pop()
            field.separated = True
            field.marks.append(mark)
            field.is_whole(change)
        elif kind == "end":
            field = self._open.pop()
            if not field.separated:
                field.region.pop()
            field.marks.append(mark)
            field.is_whole(change)
            self._decide(field)

    def _content(self, element: XML, change: str, *, within: bool) -> None:
        for outer in self._open:
            if not outer.separated:
                outer.region.append(element)
            elif element.tag == TEXT:
                outer.words.append(element.text or "")
        field = self._open[-1] if self._open else None
        if field is None or field.separated:
            return
        if element.tag in _TEXTS and within:
            field.say(element.text or "")
            field.code.append(element)
            field.is_whole(change)
        elif element.tag == _TAB and within:
            field.say(" ")
        elif element.tag not in _SILENT:
            field.tangled = True

    def _decide(self, field: _Field) -> None:
        trace = instructions.refusal(field.pieces)
        if trace is None and field.tangled:
            trace = TANGLED
        if trace is not None:
            self._refuse(field, trace)
        elif instructions.keyword(field.pieces[0] or "") == "HYPERLINK":
            self._link(field)
        else:
            self._keep(field)

    def _keep(self, field: _Field) -> None:
        for element in field.code:
            element.tag = _DELETED_CODE if element.tag in {_DELETED_CODE, _DELETED_TEXT} else _CODE
        self._kept.update(field.marks)
        self._kept.update(field.code)

    def _refuse(self, field: _Field, trace: Trace | None) -> None:
        """Only its result stays; a field in whose instruction it stands would become another one, and goes as well."""
        if trace is not None:
            self._work.met(trace)
        for element in field.region:
            trees.leave_out(element)
        outer = self._open[-1] if self._open else None
        if outer is not None and not outer.separated:
            outer.tangled = True

    def _link(self, field: _Field) -> None:
        if len(field.pieces) != 1 or not field.code:
            self._refuse(field, TANGLED)
            return
        judged = links.of_field(field.pieces[0] or "", "".join(field.words), self._work)
        if judged.instruction is None:
            self._refuse(field, None)
            if judged.beside:
                field.marks[-1].addprevious(trees.run(judged.beside)[0])
            return
        first, *rest = field.code
        first.text = judged.instruction
        for element in rest:
            trees.leave_out(element)
        field.code = [first]
        self._keep(field)
