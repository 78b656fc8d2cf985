"""Parts with text: document, headers, footers, notes, comments (ECMA-376 part 1, 17.2, 17.10, 17.11, 17.13.4)."""

from typing import TYPE_CHECKING, Final

from sanitizers.formats.ooxml import values
from sanitizers.formats.ooxml.allowed import XML, Element, Entry, Grammar
from sanitizers.formats.ooxml.drawing import UNDERSTOOD
from sanitizers.formats.ooxml.word import (
    controls,
    drawings,
    fields,
    hidden,
    instructions,
    links,
    marks,
    mathematics,
    notes,
    objects,
    paragraphs,
    remarks,
    tables,
    text,
    trees,
)
from sanitizers.formats.ooxml.word.notation import names, rows, table

if TYPE_CHECKING:
    from sanitizers.formats.ooxml.work import PartWork


_SIMPLE_FIELD: Final = Element(
    attributes={
        "w:instr": instructions.allowed,  # `fields.py` has unwrapped all that may not go on
        "w:fldLock": values.boolean,
        "w:dirty": values.boolean,
    },
    required=frozenset({"w:instr"}),
    unwrap=True,
    children=names("w", "$inline"),
)

#: What text is made of, wherever it stands.
ELEMENTS: Final[dict[str, Entry]] = {
    **drawings.ELEMENTS,
    **mathematics.ELEMENTS,
    **text.ELEMENTS,
    **paragraphs.ELEMENTS,
    **tables.ELEMENTS,
    **marks.ELEMENTS,
    **controls.ELEMENTS,
    "w:fldSimple": _SIMPLE_FIELD,
}


def _begin(root: XML, work: "PartWork") -> None:
    grammar = work.kind.grammar
    assert grammar is not None  # noqa: S101 - this is one of its functions
    trees.choose(root, grammar)
    notes.keep_referred(root, work)
    objects.settle(root, work)
    remarks.settle(root, work)
    hidden.settle(root, work)
    fields.settle(root, grammar, work)
    links.settle(root, work)
    notes.remember(root, work)


def _begin_document(root: XML, work: "PartWork") -> None:
    hidden.remember_styles(work)
    objects.tell_frames(work)
    _begin(root, work)


DOCUMENT: Final = Grammar(
    "w:document",
    {
        **ELEMENTS,
        **table({
            "w:document": "w:conformance=silent > background body",
            "w:body": "> $blocks sectPr",
        }),
    },
    begin=_begin_document,
    understood=UNDERSTOOD,
)  # fmt: skip
HEADER: Final = Grammar("w:hdr", {**ELEMENTS, **rows("hdr", "> $blocks")}, begin=_begin)
FOOTER: Final = Grammar("w:ftr", {**ELEMENTS, **rows("ftr", "> $blocks")}, begin=_begin)
FOOTNOTES: Final = Grammar(
    "w:footnotes",
    {**ELEMENTS, **table({"w:footnotes": "> footnote", "w:footnote": "id=number type > $blocks"})},
    begin=_begin,
)
ENDNOTES: Final = Grammar(
    "w:endnotes",
    {**ELEMENTS, **table({"w:endnotes": "> endnote", "w:endnote": "id=number type > $blocks"})},
    begin=_begin,
)
COMMENTS: Final = Grammar(
    "w:comments",
    {
        **ELEMENTS,
        **table({
            "w:comments": "> comment",
            "w:comment": "id=number author=name date=date initials=name w16du:dateUtc=silent > $blocks",
        }),
    },
    begin=_begin,
)  # fmt: skip
