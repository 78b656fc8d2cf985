"""From the source package to the new one: from the root along allow-listed relationships, part by part."""

import re
from collections import deque
from collections.abc import Mapping
from typing import Final

from sanitizers.budget import MEBIBYTE
from sanitizers.counting import Census
from sanitizers.formats.ooxml import allowed, contenttypes, properties, relationships
from sanitizers.formats.ooxml.allowed import XML, Grammar, PartFailed
from sanitizers.formats.ooxml.kinds import (
    ANYWHERE,
    BROKEN_PART,
    DROPPED,
    MISSING_PART,
    ROOT,
    UNKNOWN_PART,
    UNREFERENCED,
    Carry,
    Follow,
    PartKind,
    Trace,
    outside,
)
from sanitizers.formats.ooxml.media import Media
from sanitizers.formats.ooxml.parsing import elements, parsed, skeleton
from sanitizers.formats.ooxml.parts import PARTS
from sanitizers.formats.ooxml.relationships import HYPERLINK, Relationship, Written
from sanitizers.formats.ooxml.source import PACKAGE, Package
from sanitizers.formats.ooxml.work import PartWork
from sanitizers.job import Job
from sanitizers.links.targets import Kind as TargetKind
from sanitizers.links.targets import read_target
from sanitizers.markup.addresses import Hrefs
from sanitizers.model import Action, CannotSanitize, Severity, Threat
from sanitizers.zipped import Anomaly, Packing
from sanitizers.zipped import written as zipped

HELD: Final = (
    4 * MEBIBYTE
)  #: larger parts are read a second time when they are written, so that not all are in memory at once

#: Main part → media type of the new file.
MEDIA_TYPES: Final = {
    "word/document": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "excel/workbook": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "slides/presentation": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}


def rows(kinds: tuple[PartKind, ...]) -> dict[str, tuple[PartKind, ...]]:
    """Kinds of parts by the relationship types that lead to them."""
    found: dict[str, tuple[PartKind, ...]] = {}
    for kind in kinds:
        for type_ in kind.relationships:
            found[type_] = (*found.get(type_, ()), kind)
    return found


#: A path on the computer where the file was written: a drive, or the file scheme with one.
_LOCAL: Final = re.compile(r"\s*(?:file:/{0,3})?[A-Za-z]:[\\/]", re.IGNORECASE)
_ROOT_RELATIONSHIPS: Final = "_rels/.rels"
ROWS: Final = rows(PARTS)


def _grammar(kind: PartKind) -> Grammar:
    if kind.grammar is None:
        raise PartFailed(f"{kind.name} has no grammar")
    return kind.grammar


class Document:
    """One package on its way; ends with it."""

    def __init__(self, package: Package, job: Job, known: Mapping[str, tuple[PartKind, ...]] = ROWS) -> None:
        self.package = package
        self._rows = known
        self.job = job
        self.census = Census()
        self.hrefs = Hrefs(job.rules.links)
        self.memory: dict[str, object] = {}  #: what a room remembers from one part to another, by a key of its own
        self.folder = ""  #: "word", "xl", "ppt"
        self.media = Media(self)
        self._files: dict[str, tuple[bytes, str]] = {}  #: new name → content, content type
        self._carried: dict[tuple[str, str], Written | None] = {}  #: kind, source name → where it is now
        self._numbers: dict[str, int] = {}
        self._waiting: deque[PartWork] = deque()
        self._trees: dict[str, XML] = {}

    # The whole

    def build(self) -> tuple[bytes, str]:
        """The new package and its media type. CannotSanitize: its main part is none that can be carried on."""
        for anomaly in sorted(self.package.anomalies):
            self._odd(anomaly)
        roots = self._relationships(PACKAGE)
        main, media_type = self._main(roots)
        while self._waiting:
            self._write(self._waiting.popleft())
        written = [main]
        for file, type_, relationship, content in properties.written(self, roots):
            self.keep(file, content, type_)
            written.append(Written(relationship, file))
        self._leave_roots(roots)
        self._leave_unreferenced()
        self.keep(_ROOT_RELATIONSHIPS, relationships.written(written, ""), relationships.TYPE)
        return self._zipped(), media_type

    def _odd(self, anomaly: Anomaly) -> None:
        hidden = anomaly in {Anomaly.BEFORE, Anomaly.BETWEEN, Anomaly.HIDDEN, Anomaly.BEHIND}
        threat, severity = (Threat.HIDDEN_CONTENT, Severity.WARNING) if hidden else (Threat.MALFORMED, Severity.NOTE)
        self.census.found(threat, severity, Action.REMOVED, "package", anomaly.value)

    def _relationships(self, part: str) -> dict[str, Relationship]:
        try:
            return self.package.relationships(part)
        except PartFailed as failed:
            raise CannotSanitize(Threat.MALFORMED, f"relationships that cannot be read: {failed}") from failed

    def _main(self, roots: dict[str, Relationship]) -> tuple[Written, str]:
        mains = [(each, self._kind(each, ROOT, None)) for each in roots.values() if not each.outside]
        known = [(relationship, kind) for relationship, kind in mains if kind is not None]
        if not known:
            raise CannotSanitize(Threat.UNSUPPORTED, "a package without a document, workbook or presentation")
        if len(known) > 1:
            words = "more than one main document in a package; the first goes on"
            self.census.found(Threat.DECEPTION, Severity.WARNING, Action.REMOVED, "package", words)
        relationship, kind = known[0]
        self.folder = kind.file.partition("/")[0]
        written = self._carry(relationship, kind)
        if written is None:
            raise CannotSanitize(Threat.MALFORMED, "a main part that cannot be read")
        return written, MEDIA_TYPES[kind.name]

    def _zipped(self) -> bytes:
        types = {name: type_ for name, (_, type_) in self._files.items() if type_ != relationships.TYPE}
        first = (contenttypes.FILE, contenttypes.written(types), Packing.DEFLATED)
        rest = (
            (name, content, Packing.STORED if type_.startswith("image/") else Packing.DEFLATED)
            for name, (content, type_) in self._files.items()
        )
        return zipped((first, *rest))

    # One part

    def carry(self, parent: PartWork, relationship: Relationship, kinds: frozenset[str]) -> Written | None:
        """Take along what an attribute names; None, with a finding: the allow-list does not name it there."""
        kind = self._kind(relationship, parent.kind.name, kinds)
        if kind is None:
            self._leave(parent.file, relationship)
            return None
        return self._carry(relationship, kind)

    def _kind(self, relationship: Relationship, parent: str, kinds: frozenset[str] | None) -> PartKind | None:
        """The row for this pair of relationship type and content type below this parent."""
        if relationship.outside:
            return None
        type_ = self.package.types.of(relationship.target)
        for kind in self._rows.get(relationship.type, ()):
            allowed_here = parent in kind.parents or (ANYWHERE in kind.parents and parent != ROOT)
            named = kinds is None or kind.name in kinds
            if allowed_here and named and (not kind.types or type_ in kind.types):
                return kind
        return None

    def _carry(self, relationship: Relationship, kind: PartKind) -> Written | None:
        key = (kind.name, relationship.target.lower())
        if key not in self._carried:
            self._carried[key] = None
            self._carried[key] = self._taken(relationship.target, kind)
        return self._carried[key]

    def _taken(self, source: str, kind: PartKind) -> Written | None:
        if source not in self.package:
            self.tell(MISSING_PART, source)
            return None
        if kind.carry is not Carry.XML:
            return self.media.taken(source, kind)
        if "{}" not in kind.file and kind.file in self._numbers:
            self.tell(UNKNOWN_PART, source)  # a second one of what there can be one of
            return None
        if not self._can_be_read(source, kind):
            return None
        file = self.new_name(kind.file)
        self._waiting.append(PartWork(self, kind, source, file))
        return Written(kind.relationships[0], file)

    def _can_be_read(self, source: str, kind: PartKind) -> bool:
        """Known before anything refers to it, so that nothing refers to what is not there."""
        try:
            root = self._parsed(source, kind)
            self.package.relationships(source)
        except PartFailed as failed:
            if kind.needed:
                raise CannotSanitize(Threat.MALFORMED, f"{source}: {failed}") from failed
            self.tell(BROKEN_PART, source)
            return False
        if root.tag in _grammar(kind).roots:
            return True
        self.tell(BROKEN_PART, source)
        return False

    def _parsed(self, source: str, kind: PartKind) -> XML:
        """Small ones are kept until they are written; a large one without its rows, or else it is parsed again."""
        key = source.lower()
        if key not in self._trees:
            data = self.package.own(source)
            if self._is_streamed(source, kind):
                self._trees[key] = skeleton(data, _grammar(kind).streamed)
            elif len(data) > HELD:
                return parsed(data)
            else:
                self._trees[key] = parsed(data)
        return self._trees[key]

    def _is_streamed(self, source: str, kind: PartKind) -> bool:
        return bool(_grammar(kind).streamed) and self.package.size(source) > HELD

    def _write(self, work: PartWork) -> None:
        kind, source = work.kind, work.source
        grammar = _grammar(kind)
        rows = elements(self.package.bytes_of(source), grammar.streamed) if self._is_streamed(source, kind) else None
        try:
            content = allowed.written(self._parsed(source, kind), grammar, work, rows)
        except PartFailed as failed:
            raise CannotSanitize(Threat.MALFORMED, f"{source}: {failed}") from failed
        self._trees.pop(source.lower(), None)
        self._follow(work)
        self.keep(work.file, content, kind.type)
        if work.written:
            file = relationships.file_of(f"/{work.file}")[1:]
            self.keep(file, relationships.written(work.written, work.file), relationships.TYPE)

    def _follow(self, work: PartWork) -> None:
        """Relationships that no XML names: to styles, settings, themes …; the others are told of."""
        for relationship in work.relationships.values():
            if relationship.id in work.asked:
                continue
            if relationship.outside:
                self.leave_outside(work, relationship)
                continue
            kind = self._kind(relationship, work.kind.name, None)
            if kind is None:
                self._leave(work.file, relationship)
            elif kind.follow is Follow.ALWAYS:
                written = self._carry(relationship, kind)
                if written is not None:
                    work.refer(written)

    # What stays behind

    def _leave(self, where: str, relationship: Relationship) -> None:
        trace = DROPPED.get(relationship.type, UNKNOWN_PART)
        if relationship.type == HYPERLINK or trace is None:
            return
        self.tell(trace, where)

    def leave_outside(self, work: PartWork, relationship: Relationship) -> None:
        """Tell of a relationship to something outside the file that is not followed."""
        if relationship.is_hyperlink and relationship.id not in work.asked:
            return  # nothing in the part leads there
        target = read_target(relationship.target)
        remote = target.kind not in {TargetKind.RELATIVE, TargetKind.INSIDE} and not _LOCAL.match(relationship.target)
        self.tell(outside(relationship.type, remote=remote), work.file)

    def _leave_roots(self, roots: dict[str, Relationship]) -> None:
        for relationship in roots.values():
            if relationship.outside:
                self.tell(outside(relationship.type, remote=True), "package")
            elif (
                relationship.type not in properties.RELATIONSHIPS_READ and self._kind(relationship, ROOT, None) is None
            ):
                self._leave("package", relationship)

    def _leave_unreferenced(self) -> None:
        """Parts that no relationship of the whole source leads to."""
        known = {relationship.target.lower() for relationship in self.package.every_relationship()}
        for part in self.package.parts():
            if part not in known:
                self.tell(UNREFERENCED, part)

    def tell(self, trace: Trace, where: str) -> None:
        """One more of this kind in the report."""
        self.census.found(trace.threat, trace.severity, trace.action, where, trace.words)

    # For those who work on it

    def new_name(self, pattern: str) -> str:
        """The next free name of this pattern (see `PartKind.file`): "word/header{}.xml" → "word/header1.xml"."""
        number = self._numbers.get(pattern, 0) + 1
        self._numbers[pattern] = number
        return pattern.replace("*", self.folder, 1).replace("{}", str(number))

    def add(self, kind: PartKind, root: XML) -> PartWork:
        """A part that the source does not have, of this kind and content; written in its turn, like any other."""
        file = self.new_name(kind.file)
        work = PartWork(self, kind, f"/{file}#new", file)
        self._trees[work.source.lower()] = root
        self._waiting.append(work)
        return work

    def keep(self, file: str, content: bytes, type_: str) -> None:
        """A part of the new package."""
        self._files[file] = (content, type_)

    def link(self, address: str) -> Written:
        """A relationship to a judged address."""
        return Written(HYPERLINK, address, outside=True)

    def neighbour(self, work: PartWork, kind: str) -> XML | None:
        """See `PartWork.neighbour`."""
        for relationship in work.relationships.values():
            row = self._kind(relationship, work.kind.name, frozenset({kind}))
            if row is None or relationship.target not in self.package:
                continue
            try:
                return self._parsed(relationship.target, row)
            except PartFailed:
                return None
        return None
