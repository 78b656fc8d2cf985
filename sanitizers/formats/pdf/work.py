"""One PDF on its way from the source document to the new one: what is known, what is carried, what was found."""

from collections.abc import Callable
from typing import Protocol

import pikepdf

from sanitizers.budget import BudgetMeter
from sanitizers.counting import Census
from sanitizers.formats.pdf.layers import Layers
from sanitizers.model import Action, Finding, Severity, Threat
from sanitizers.rules import Profile

DEEPEST_CONTENT = 20  #: forms in forms in patterns in glyphs …; real documents stay below ten

#: What is already in the new document: purpose and object number of the source → object of the target.
Carried = dict[tuple[str, tuple[int, int]], pikepdf.Object | None]


class StreamFailed(Exception):
    """A stream cannot be decoded or read; what needs it is left out or blocked by whoever asked for it."""


class Names(Protocol):
    """The named resources that one content stream may use (ISO 32000-2, 7.8.3)."""

    def use(self, category: str, name: bytes) -> bytes | None:
        """Carry this resource and tell its name in the new document; None: there is none, leave the operator out.

        `category` is a key of the resource dictionary without its slash (Font, XObject, ColorSpace, Pattern, Shading,
        ExtGState, Properties), `name` the name in the stream without its slash, #-escapes undone.
        """
        ...

    def hidden(self, name: bytes) -> bool | None:
        """Whether `/OC /name BDC` opens what is not shown; None: the name is no optional content."""
        ...

    def colour_space(self, name: bytes) -> pikepdf.Object | None:
        """The colour space of the source with this name, for an inline image."""
        ...


class Work:
    """One document. Nothing but the functions of this folder changes it; it ends with the document."""

    def __init__(self, meter: BudgetMeter, rules: Profile, source: pikepdf.Pdf, target: pikepdf.Pdf) -> None:
        self.meter = meter
        self.rules = rules
        self.source = source
        self.target = target
        self.carried: Carried = {}
        self.made: dict[tuple[object, ...], pikepdf.Object] = {}  #: what a room keeps for a second use
        self.layers = Layers({})  #: which optional content is shown; set once the catalog is read
        self.depth = 0  #: content streams open inside each other
        self._census = Census()

    def found(self, threat: Threat, severity: Severity, action: Action, where: str, detail: str) -> None:
        """One more of this kind; the first place is remembered. `detail` says what it is, not which one."""
        self._census.found(threat, severity, action, where, detail)

    def named(self, detail: str) -> bool:
        """Whether something of this kind has been found."""
        return self._census.has(detail)

    def findings(self) -> tuple[Finding, ...]:
        """One for each kind, in the order they were first met."""
        return self._census.findings()

    def once(
        self, purpose: str, source: pikepdf.Object, make: Callable[[], pikepdf.Object | None]
    ) -> pikepdf.Object | None:
        """`make()` for the first use of an indirect object, its result for every other; None while it is being made.

        `purpose` keeps apart what is made of the same object in different ways. So no cycle of the source is followed.
        """
        place = source.objgen
        if place == (0, 0):
            return make()
        key = (purpose, place)
        if key not in self.carried:
            self.carried[key] = None
            self.carried[key] = make()
        return self.carried[key]

    def deeper(self, make: Callable[[], pikepdf.Object | None]) -> pikepdf.Object | None:
        """`make()` one level of content deeper; None, with a finding, where it is too deep."""
        if self.depth >= DEEPEST_CONTENT:
            detail = f"drawing nested more than {DEEPEST_CONTENT} levels deep"
            self.found(Threat.LIMIT_EXCEEDED, Severity.WARNING, Action.REMOVED, "content", detail)
            return None
        self.depth += 1
        try:
            return make()
        finally:
            self.depth -= 1

    def stream(self, data: bytes, entries: dict[str, object] | None = None) -> pikepdf.Object:
        """A new indirect stream of the target; it is compressed when the document is written."""
        made = pikepdf.Stream(self.target, data)
        for key, value in (entries or {}).items():
            made[key] = value
        return self.target.make_indirect(made)
