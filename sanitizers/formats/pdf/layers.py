"""Which layers (optional content, ISO 32000-2, 8.11) the document shows when it is opened."""

from typing import Final

import pikepdf

from sanitizers.formats.pdf.checked import Entries, elements, entries, name, place, text

MOST_GROUPS: Final = 10_000
DEEPEST_EXPRESSION: Final = 20  #: levels of a visibility expression
LONGEST_EXPRESSION: Final = 1_000  #: terms of one, however often it names the same array


class Layers:
    """The default configuration, read once. A group that it does not name is shown."""

    def __init__(self, catalog: Entries) -> None:
        properties = entries(catalog.get("/OCProperties"))
        default = entries(properties.get("/D"))
        self._all_off = name(default.get("/BaseState")) == "OFF"
        self._on = _places(default.get("/ON"))
        self._off = _places(default.get("/OFF"))
        self._by_usage = _governed_by_view(default)
        self._known: dict[tuple[int, int], bool] = {}
        self._terms = 0

    def hidden(self, content: object) -> bool:
        """Whether what belongs to this group or membership dictionary is not shown."""
        where = place(content)
        if where not in self._known or where == (0, 0):
            self._terms = LONGEST_EXPRESSION
            self._known[where] = not self._shown(content)
        return self._known[where]

    def label(self, content: object) -> str:
        """What the group calls itself, for the report."""
        return text(entries(content).get("/Name"))

    def _shown(self, content: object) -> bool:
        found = entries(content)
        if not found:
            return True
        if name(found.get("/Type")) == "OCMD":
            return self._membership(found)
        return self._group(content, found)

    def _group(self, content: object, found: Entries) -> bool:
        intents = {name(found.get("/Intent"))} | {name(intent) for intent in elements(found.get("/Intent"), 10)}
        if intents != {""} and not intents & {"View", "All"}:
            return True  # 8.11.2.3: such a group has no effect on what is seen
        where = place(content)
        if where in self._by_usage:
            view = entries(entries(found.get("/Usage")).get("/View"))
            if state := name(view.get("/ViewState")):
                return state != "OFF"
        if where in self._off:
            return False
        return where in self._on or not self._all_off

    def _membership(self, found: Entries) -> bool:
        """8.11.2.2: an expression where there is one, else the policy P over the groups."""
        if isinstance(found.get("/VE"), pikepdf.Array):
            return self._expression(found["/VE"], DEEPEST_EXPRESSION)
        groups = found.get("/OCGs")
        members = list(elements(groups, MOST_GROUPS)) if isinstance(groups, pikepdf.Array) else [groups]
        states = [self._group(member, entries(member)) for member in members if entries(member)]
        if not states:
            return True
        match name(found.get("/P")):
            case "AllOn":
                return all(states)
            case "AnyOff":
                return not all(states)
            case "AllOff":
                return not any(states)
            case _:
                return any(states)

    def _expression(self, written: object, levels: int) -> bool:
        """[/And …], [/Or …], [/Not x] or a group; what is deeper or longer than allowed is shown."""
        if not isinstance(written, pikepdf.Array):
            return self._group(written, entries(written)) if entries(written) else True
        self._terms -= 1
        if levels == 0 or self._terms < 0:
            return True
        operator, *operands = elements(written, MOST_GROUPS) if len(written) else (None,)
        states = (self._expression(operand, levels - 1) for operand in operands)
        match name(operator):
            case "And":
                return all(states)
            case "Or":
                return any(states)
            case "Not":
                return not next(states, False)
            case _:
                return True


def _places(groups: object) -> set[tuple[int, int]]:
    return {place(group) for group in elements(groups, MOST_GROUPS)} - {(0, 0)}


def _governed_by_view(default: Entries) -> set[tuple[int, int]]:
    """8.11.4.5: groups whose state on a screen follows their Usage dictionary."""
    governed: set[tuple[int, int]] = set()
    for usage in elements(default.get("/AS"), 100):
        row = entries(usage)
        categories = {name(category) for category in elements(row.get("/Category"), 20)}
        if name(row.get("/Event")) == "View" and "View" in categories:
            governed |= _places(row.get("/OCGs"))
    return governed
