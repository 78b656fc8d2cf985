"""Goes through the tags of a drawing and lets on what the tables allow, each text freed of what hides or leads out."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from sanitizers.formats.cad import allowed
from sanitizers.formats.cad.codes import COMMENT, EXTENDED, KINDS, Kind
from sanitizers.formats.cad.tags import Tag
from sanitizers.links import strip_deceptive_controls
from sanitizers.model import Action, Finding, Severity, Threat

Entity = list[Tag]

_UNFIT: Final = re.compile(r'[<>/\\":;?=`|\x00-\x1f]')  # AutoCAD takes these in no name
_FONT: Final = re.compile(r"[\w@ .+-]{1,64}")
_PAPER: Final = re.compile(r"[\w ().+-]{1,64}")
_FIELD: Final = "%<"  # begins a field, which AutoCAD works out
_CONTROLS: Final = re.compile("[\x00-\x1f\x7f-\x9f]")
_EXTERNAL_BLOCK: Final = 4 | 8 | 16 | 32 | 64  # flags of a block that is another drawing
_TYPE: Final = re.compile(r"[A-Z0-9_]{1,40}")
_USUAL_FONT: Final = "txt"
_NUMBER: Final = re.compile(r"[0-9A-Fa-f]{1,16}")
_HANDLE = 5
_NOTHING: Final = frozenset({"", "."})
_GROUP, _SUBCLASS, _SPACE_PLOT = 102, 100, "AcDbPlotSettings"

Told = tuple[Threat, Severity, str]
COMMENTS: Final = (Threat.METADATA, Severity.NOTE, "comments")
PROGRAM_DATA: Final = (Threat.METADATA, Severity.NOTE, "data that other programs attached")
PEOPLE: Final = (Threat.METADATA, Severity.NOTE, "names of people and places in the settings of the drawing")
LINK: Final = (Threat.EXTERNAL_REFERENCE, Severity.NOTE, "a hyperlink on something drawn")
XREF: Final = (Threat.EXTERNAL_REFERENCE, Severity.WARNING, "a block that is another drawing (xref)")
PLOTTER: Final = (Threat.METADATA, Severity.NOTE, "names of plotters and of files for plotting")
FONT: Final = (Threat.EXTERNAL_REFERENCE, Severity.WARNING, "a font named by a path")
FIELD: Final = (Threat.ACTIVE_CONTENT, Severity.WARNING, "a field in a text")


class Sieve:
    """One drawing on its way through."""

    def __init__(self) -> None:
        self._met: Counter[Told] = Counter()
        self._cleaned: dict[str, str] = {}

    def entities(self, tags: Iterable[Tag]) -> Iterator[tuple[str, Entity]]:
        """Section, and one structure at a time; each begins with a tag of code 0."""
        section = ""
        for entity in _structures(tags):
            kind = entity[0].value
            if kind == "SECTION":
                section = entity[1].value.upper() if len(entity) > 1 else ""
                yield from self._section(section, entity)
            elif kind == "ENDSEC":
                section = ""
            elif section in allowed.ALLOWED and (kept := self._entity(section, kind, entity)):
                yield section, kept

    def findings(self) -> tuple[Finding, ...]:
        """One for each kind of thing that stays behind."""
        return tuple(
            Finding(threat, severity, Action.REMOVED, "drawing", f"{detail} ({times})" if times > 1 else detail)
            for (threat, severity, detail), times in self._met.items()
        )

    def met(self, told: Told) -> None:
        """Count something."""
        self._met[told] += 1

    def _section(self, section: str, entity: Entity) -> Iterator[tuple[str, Entity]]:
        if section in allowed.DROPPED_SECTIONS:
            self.met(allowed.DROPPED_SECTIONS[section])
        elif section == "HEADER":
            yield section, [*self._variables(entity[2:])]

    def _variables(self, tags: Entity) -> Iterator[Tag]:
        """Those of the table; the version is told apart from them."""
        keep, name = False, ""
        for tag in tags:
            if tag.code == 9:
                name = tag.value.lstrip("$").upper()
                keep = name in allowed.HEADER
            elif name in allowed.SAYING and tag.value.strip() not in _NOTHING:
                self.met(PEOPLE)
            kind = KINDS[tag.code]
            if keep and (tag.code == 9 or kind in {Kind.FLOAT, Kind.INT_16}):
                yield tag

    def _entity(self, section: str, kind: str, entity: Entity) -> Entity:
        if kind not in allowed.ALLOWED[section]:
            self._tell(kind)
            return []
        if section == "TABLES" and kind == "TABLE" and len(entity) > 1 and entity[1].value not in allowed.TABLES:
            return []
        return [entity[0], *self._tags(kind, self._own(entity))]

    def _tell(self, kind: str) -> None:
        if kind in allowed.DROPPED:
            self.met(allowed.DROPPED[kind])
        elif kind not in allowed.SILENT:
            shown = kind if _TYPE.fullmatch(kind) else "unnamed"
            self.met((Threat.UNSUPPORTED, Severity.NOTE, f"entities that are not kept: {shown}"))

    def _own(self, entity: Entity) -> Iterator[Tag]:
        """Without what programs attach: groups in braces, extended data, raw data."""
        inside = False
        for tag in entity[1:]:
            if tag.code == _GROUP:
                inside = tag.value.startswith("{")
            elif tag.code >= EXTENDED:
                if tag.code == EXTENDED + 1:
                    self.met(LINK if tag.value.upper() == allowed.HYPERLINK else PROGRAM_DATA)
            elif tag.code == COMMENT:
                self.met(COMMENTS)
            elif not inside and KINDS[tag.code] is not Kind.BINARY:
                yield tag

    def _tags(self, kind: str, tags: Iterator[Tag]) -> Iterator[Tag]:
        subclass = ""
        for tag in tags:
            if tag.code == _SUBCLASS:
                subclass = tag.value
            if KINDS[tag.code] is not Kind.TEXT:
                yield self._flags(tag) if kind == "BLOCK" and tag.code == 70 else tag
            elif (value := self._text(kind, subclass, tag)) is not None:
                yield Tag(tag.code, value)

    def _flags(self, tag: Tag) -> Tag:
        flags = int(tag.value)
        if flags & _EXTERNAL_BLOCK:
            self.met(XREF)
        return Tag(tag.code, str(flags & ~_EXTERNAL_BLOCK & 0x7FFF))

    def _text(self, kind: str, subclass: str, tag: Tag) -> str | None:
        """The text as it may go on; None: the tag goes."""
        if tag.code == _SUBCLASS:
            return tag.value if tag.value.isascii() and tag.value.isalnum() else None
        if tag.code == _HANDLE and kind != "DIMSTYLE":
            return tag.value.strip() if _NUMBER.fullmatch(tag.value.strip()) else None
        if kind == "BLOCK" and tag.code == 1:
            return None  # where an external drawing is
        if kind == "LAYOUT" and subclass == _SPACE_PLOT:
            return self._of_plot(tag)
        return self._font(tag.value) if kind == "STYLE" and tag.code in {3, 4} else self._words(kind, tag)

    def _words(self, kind: str, tag: Tag) -> str | None:
        text = self._clean(tag.value)
        if tag.code in allowed.NAMES or (kind in {"BLOCK", "DICTIONARY", "LAYOUT"} and tag.code in {1, 3}):
            return _UNFIT.sub("_", text)[:255] if kind != "MTEXT" or tag.code != 2 else None
        return text if kind in allowed.WORDED or "\\\\" not in text else None

    def _of_plot(self, tag: Tag) -> str:
        if tag.code == 4 and _PAPER.fullmatch(tag.value):
            return tag.value
        if tag.value:
            self.met(PLOTTER)
        return ""

    def _font(self, value: str) -> str:
        if not value or _FONT.fullmatch(value):
            return value
        self.met(FONT)
        last = re.split(r"[\\/:]", value)[-1]
        return last if _FONT.fullmatch(last) else _USUAL_FONT

    def _clean(self, text: str) -> str:
        if text.isascii() and text.isprintable():
            return self._without_field(text)
        clean = self._cleaned.get(text)
        if clean is None:
            clean, findings = strip_deceptive_controls(text)
            for found in findings:
                self.met((found.threat, found.severity, re.sub(r"^[0-9]+ ", "", found.detail)))
            clean = self._cleaned[text] = _CONTROLS.sub(" ", clean)
        return self._without_field(clean)

    def _without_field(self, text: str) -> str:
        if _FIELD not in text:
            return text
        self.met(FIELD)
        return text.replace(_FIELD, "% <")


def _structures(tags: Iterable[Tag]) -> Iterator[Entity]:
    entity: Entity = []
    for tag in tags:
        if tag.code == 0:
            if entity:
                yield entity
            entity = []
        if entity or tag.code == 0:
            entity.append(tag)
    if entity:
        yield entity
