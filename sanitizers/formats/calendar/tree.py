"""Components inside components, as BEGIN and END lines have them."""

from collections.abc import Iterator
from typing import Final

from sanitizers.formats.calendar.census import Census, rewritten
from sanitizers.formats.calendar.lines import Line
from sanitizers.model import CannotSanitize, Severity, Threat

DEEPEST: Final = 8
UNBALANCED: Final = rewritten(Threat.MALFORMED, Severity.NOTE, "structure", "BEGIN and END lines that do not match")


class Component:
    """One component: what it holds, in order."""

    __slots__ = ("children", "lines", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: list[Line] = []
        self.children: list[Component] = []

    def value(self, name: str) -> str:
        """Of the first property of this name, "" for none."""
        return next((line.value for line in self.lines if line.name == name), "")


def components(lines: list[Line], census: Census) -> Iterator[Component]:
    """The outermost components, each whole; raises CannotSanitize for too many levels."""
    stack: list[Component] = []
    for line in lines:
        if line.name == "BEGIN":
            stack.append(Component(line.value.strip().upper()[:60]))
            if len(stack) > DEEPEST:
                raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {DEEPEST} levels of components")
        elif line.name == "END":
            yield from _ended(stack, line.value.strip().upper(), census)
        elif stack:
            stack[-1].lines.append(line)
    if stack:
        census.saw(UNBALANCED)
        yield from _ended(stack, stack[0].name, census)


def _ended(stack: list[Component], name: str, census: Census) -> Iterator[Component]:
    """Closes the component of this name, and what was left open in it."""
    if all(each.name != name for each in stack):
        census.saw(UNBALANCED)
        return
    while True:
        done = stack.pop()
        if done.name != name:
            census.saw(UNBALANCED)
        if not stack:
            yield done
            return
        stack[-1].children.append(done)
        if done.name == name:
            return
