"""What the functions of a grammar may ask for while one part is written: relationships, neighbours, pictures."""

from typing import TYPE_CHECKING, Final, NamedTuple

from sanitizers.budget import BudgetMeter
from sanitizers.formats.ooxml.allowed import XML, Related
from sanitizers.formats.ooxml.kinds import PartKind, Trace
from sanitizers.formats.ooxml.relationships import Relationship, Written
from sanitizers.model import Action, Severity, Threat
from sanitizers.rules import Author, Profile

if TYPE_CHECKING:
    from sanitizers.formats.ooxml.package import Document

ANYBODY: Final = "Author"  #: the name that Word itself writes when it removes personal information


class Linked(NamedTuple):
    """What becomes of a hyperlink out of the file."""

    id: str | None  #: for r:id; None: it does not go on as a link
    beside: str  #: text to be written behind its words (the defanged address), "" for nothing


class PartWork:
    """One part on its way. Ends with the part; `document` lives as long as the whole package."""

    def __init__(self, document: "Document", kind: PartKind, source: str, file: str) -> None:
        self.document = document
        self.kind = kind
        self.source = source  #: name in the source, "/word/document.xml"
        self.file = file  #: name in the new package, "word/document.xml"
        self.meter: BudgetMeter = document.job.budget
        self.rules: Profile = document.job.rules
        self.relationships = document.package.relationships(source)  #: id → relationship of the source
        self.written: list[Written] = []  #: relationships of the new part
        self.asked: set[str] = set()  #: ids that the XML of the part names where the grammar knows it
        self._known: dict[tuple[str, Related], str | None] = {}
        self._ids: dict[Written, str] = {}

    # What is told

    def found(self, threat: Threat, severity: Severity, action: Action, where: str, detail: str) -> None:
        """One more of this kind in the report. `detail` says what it is, not which one; `where`: "" for the part."""
        place = f"{self.file}, {where}" if where else self.file
        self.document.census.found(threat, severity, action, place, detail)

    def met(self, trace: Trace, where: str = "") -> None:
        """The same for a construct with fixed words."""
        self.found(trace.threat, trace.severity, trace.action, where, trace.words)

    def person(self, name: str) -> str:
        """Who wrote a comment, as the rules for names of authors want it."""
        return name if self.rules.office_author is Author.KEPT else ANYBODY

    # Relationships

    def relationship(self, id_: str) -> Relationship | None:
        """A relationship of the source by its id."""
        return self.relationships.get(id_)

    def related(self, id_: str, related: Related) -> str | None:
        """Carry what the relationship leads to: its id in the new part, or None with a finding. Twice is the same."""
        key = (id_, related)
        if key not in self._known:
            self.asked.add(id_)
            relationship = self.relationships.get(id_)
            self._known[key] = self._carried(relationship, related) if relationship else None
        return self._known[key]

    def _carried(self, relationship: Relationship, related: Related) -> str | None:
        if relationship.outside:
            if related.links and relationship.is_hyperlink:
                return self.hyperlink(relationship.target).id
            self.document.leave_outside(self, relationship)
            return None
        written = self.document.carry(self, relationship, related.kinds)
        return self.refer(written) if written else None

    def hyperlink(self, address: str, words: str = "") -> Linked:
        """A link to this address behind these words, as the rules for links want it; tells what it leaves out."""
        href = self.document.hrefs.judge(address, words)
        for finding in href.findings:
            self.found(finding.threat, finding.severity, finding.action, finding.where, finding.detail)
        id_ = self.refer(self.document.link(href.address)) if href.address else None
        return Linked(id_, href.beside)

    def refer(self, written: Written) -> str:
        """The id of a relationship of the new part; the same one for the same target."""
        if written not in self._ids:
            self.written.append(written)
            self._ids[written] = f"rId{len(self.written)}"
        return self._ids[written]

    # Neighbours and children

    def neighbour(self, kind: str) -> XML | None:
        """The parsed source of a part of this kind that the source of this one has a relationship to (styles, say).

        None when there is none or it cannot be read. It is for looking only: the same tree is written later.
        """
        return self.document.neighbour(self, kind)

    def picture(self, data: bytes, claimed_type: str = "") -> str:
        """The id of a clean picture made of these bytes; a placeholder where they cannot be cleaned."""
        return self.refer(self.document.media.picture("", claimed_type, data))
