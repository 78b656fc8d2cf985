"""WordprocessingML: the kinds of parts that a text document may have (ECMA-376 part 1, 11.3)."""

from typing import Final

from sanitizers.formats.ooxml.allowed import Grammar
from sanitizers.formats.ooxml.kinds import ROOT, Follow, PartKind, office
from sanitizers.formats.ooxml.word import definitions, settings, story

_TYPE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml."
_DOCUMENT: Final = frozenset({"word/document"})


def _part(name: str, grammar: Grammar, *, many: bool = False) -> PartKind:
    """A part that the document refers to; its name, relationship type and content type are the same word."""
    return PartKind(
        f"word/{name}",
        (office(name),),
        (f"{_TYPE}{name.lower()}+xml",),
        _DOCUMENT,
        f"word/{name}{{}}.xml" if many else f"word/{name}.xml",
        f"{_TYPE}{name}+xml",
        grammar,
        follow=Follow.REFERENCED if many else Follow.ALWAYS,
    )


PARTS: Final[tuple[PartKind, ...]] = (
    PartKind(
        "word/document",
        (office("officeDocument"),),
        (
            f"{_TYPE}document.main+xml",
            f"{_TYPE}template.main+xml",
            "application/vnd.ms-word.document.macroenabled.main+xml",
            "application/vnd.ms-word.template.macroenabledtemplate.main+xml",
        ),
        frozenset({ROOT}),
        "word/document.xml",
        f"{_TYPE}document.main+xml",
        story.DOCUMENT,
        needed=True,
    ),
    _part("styles", definitions.STYLES),
    _part("numbering", definitions.NUMBERING),
    _part("fontTable", definitions.FONTS),
    _part("settings", settings.SETTINGS),
    _part("header", story.HEADER, many=True),
    _part("footer", story.FOOTER, many=True),
    _part("footnotes", story.FOOTNOTES),
    _part("endnotes", story.ENDNOTES),
    _part("comments", story.COMMENTS),
)
