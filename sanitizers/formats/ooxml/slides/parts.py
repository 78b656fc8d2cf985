"""The kinds of parts that a presentation has."""

from typing import Final

from sanitizers.formats.ooxml.allowed import Grammar
from sanitizers.formats.ooxml.kinds import ROOT, Follow, PartKind, office
from sanitizers.formats.ooxml.slides import comments, presentation, remarks, settings, slide

_TYPE: Final = "application/vnd.openxmlformats-officedocument.presentationml"
_MICROSOFT: Final = "application/vnd.ms-powerpoint"
_MAIN: Final = (
    f"{_TYPE}.presentation.main+xml",
    f"{_TYPE}.slideshow.main+xml",
    f"{_TYPE}.template.main+xml",
    f"{_MICROSOFT}.presentation.macroenabled.main+xml",
    f"{_MICROSOFT}.slideshow.macroenabled.main+xml",
    f"{_MICROSOFT}.template.macroenabled.main+xml",
    f"{_MICROSOFT}.addin.macroenabled.main+xml",
)
_PRESENTATION: Final = frozenset({"slides/presentation"})
_SLIDE: Final = frozenset({"slides/slide"})


def _kind(name: str, file: str, grammar: Grammar, parents: frozenset[str], follow: Follow, type_: str) -> PartKind:
    return PartKind(
        f"slides/{name}",
        (office(type_),),
        (f"{_TYPE}.{type_}+xml".lower(),),
        parents,
        f"ppt/{file}.xml",
        f"{_TYPE}.{type_}+xml",
        grammar,
        follow=follow,
    )


def _modern(name: str, file: str, grammar: Grammar, parents: frozenset[str], relationship: str) -> PartKind:
    type_ = f"{_MICROSOFT}.{name.rpartition('-')[2]}+xml"
    return PartKind(
        f"slides/{name}", (relationship,), (type_,), parents, f"ppt/{file}.xml", type_, grammar, follow=Follow.ALWAYS
    )


_JUMPING: Final = frozenset({"slides/slide", "slides/layout", "slides/master"})

PARTS: Final = (
    PartKind(
        "slides/presentation",
        (office("officeDocument"),),
        _MAIN,
        frozenset({ROOT}),
        "ppt/presentation.xml",
        _MAIN[0],
        presentation.PRESENTATION,
        needed=True,
    ),
    _kind("slide", "slides/slide{}", slide.SLIDE, _PRESENTATION | _JUMPING, Follow.REFERENCED, "slide"),
    # A page of notes leads back to its slide.
    _kind("slide", "slides/slide{}", slide.SLIDE, frozenset({"slides/notes"}), Follow.ALWAYS, "slide"),
    _kind(
        "layout",
        "slideLayouts/slideLayout{}",
        slide.LAYOUT,
        frozenset({"slides/slide", "slides/master"}),
        Follow.ALWAYS,
        "slideLayout",
    ),
    _kind(
        "master",
        "slideMasters/slideMaster{}",
        slide.MASTER,
        frozenset({"slides/presentation", "slides/layout"}),
        Follow.ALWAYS,
        "slideMaster",
    ),
    _kind("notes", "notesSlides/notesSlide{}", slide.NOTES, _SLIDE, Follow.ALWAYS, "notesSlide"),
    _kind(
        "notes-master",
        "notesMasters/notesMaster{}",
        slide.NOTES_MASTER,
        frozenset({"slides/presentation", "slides/notes"}),
        Follow.ALWAYS,
        "notesMaster",
    ),
    _kind(
        "handout-master",
        "handoutMasters/handoutMaster{}",
        slide.HANDOUT_MASTER,
        _PRESENTATION,
        Follow.REFERENCED,
        "handoutMaster",
    ),
    _kind("show", "presProps", settings.SHOW, _PRESENTATION, Follow.ALWAYS, "presProps"),
    _kind("view", "viewProps", settings.VIEW, _PRESENTATION, Follow.ALWAYS, "viewProps"),
    _kind("table-styles", "tableStyles", settings.TABLE_STYLES, _PRESENTATION, Follow.ALWAYS, "tableStyles"),
    _kind("comments", "comments/comment{}", comments.COMMENTS, _SLIDE, Follow.ALWAYS, "comments"),
    _kind("authors", "commentAuthors", comments.AUTHORS, _PRESENTATION, Follow.ALWAYS, "commentAuthors"),
    _modern("modern-comments", "comments/modernComment{}", comments.MODERN_COMMENTS, _SLIDE, remarks.MODERN_COMMENTS),
    _modern("modern-authors", "authors", comments.MODERN_AUTHORS, _PRESENTATION, remarks.MODERN_AUTHORS),
)
