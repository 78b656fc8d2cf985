"""References inside a drawing: none may come back to itself, and all of them together may not draw without end."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple, TypeAlias

from lxml import etree

from sanitizers.formats.svg import kinds
from sanitizers.formats.svg.names import SVG, XLINK
from sanitizers.markup.census import Census
from sanitizers.markup.styles import Rule
from sanitizers.markup.values import local_references
from sanitizers.model import CannotSanitize, Threat

MAX_DRAWN: Final = 500_000  #: elements drawn when every reference is followed
MAX_NESTED: Final = 40  #: references inside what a reference draws
_MAX_CUTS: Final = 50  #: circular references that are cut; more of them refuse the drawing

_HREF: Final = f"{{{XLINK}}}href"
_A: Final = f"{{{SVG}}}a"
_USE: Final = f"{{{SVG}}}use"

_Element: TypeAlias = etree._Element  # noqa: SLF001 - lxml gives its class no public name


class _Edge(NamedTuple):
    """What is drawn because of an element: a child, or what one of its attributes or its style refers to."""

    owner: _Element
    attribute: str  #: "" for a child, "class" for a style sheet
    target: _Element


class _Frame:
    """An element whose drawing is being counted."""

    __slots__ = ("edges", "element", "nested", "through", "weight")

    def __init__(self, element: _Element, edges: Iterator[_Edge], through: _Edge | None) -> None:
        self.element = element
        self.edges = edges
        self.through = through
        self.weight = 1  #: elements drawn
        self.nested = 0  #: references inside each other


def settle(root: _Element, rules: Mapping[str, list[Rule]], census: Census) -> None:
    """Cut references that come back to themselves; raises CannotSanitize for a drawing that would never end."""
    for _ in range(_MAX_CUTS):
        circular = _Drawing(root, rules).weigh(root)
        if circular is None:
            return
        census.met(kinds.CYCLE, circular.attribute)
        _cut(circular)
    raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {_MAX_CUTS} references that come back to themselves")


def _cut(edge: _Edge) -> None:
    parent = edge.owner.getparent()
    if edge.owner.tag == _USE and edge.attribute == _HREF and parent is not None:
        parent.remove(edge.owner)
    elif edge.attribute in edge.owner.attrib:
        del edge.owner.attrib[edge.attribute]
    else:
        raise CannotSanitize(Threat.LIMIT_EXCEEDED, "a style sheet whose references come back to themselves")


class _Drawing:
    """A drawing with its names, and how much each element draws."""

    def __init__(self, root: _Element, rules: Mapping[str, list[Rule]]) -> None:
        self._elements = list(root.iter(etree.Element))  # holding them keeps each the same object
        self._named: dict[str, _Element] = {}
        for element in self._elements:
            if (name := element.get("id")) is not None:
                self._named.setdefault(name, element)
        self._by_key: dict[str, list[str]] = {}
        for key, said in rules.items():
            found = [name for rule in said for _, value in rule.says for name in local_references(value)]
            if found:
                self._by_key[key] = list(dict.fromkeys(found))

    def weigh(self, root: _Element) -> _Edge | None:
        """Count all that is drawn; the reference that closes a circle when there is one."""
        done: dict[_Element, _Frame] = {}
        path = {root}
        frames = [_Frame(root, self._edges(root), None)]
        while frames:
            frame = frames[-1]
            edge = next(frame.edges, None)
            if edge is None:
                frames.pop()
                path.discard(frame.element)
                done[frame.element] = frame
                if frame.through is not None:
                    _add(frames[-1], frame, frame.through)
            elif edge.target in path:
                return _closing(edge, frames)
            elif edge.target in done:
                _add(frame, done[edge.target], edge)
            else:
                path.add(edge.target)
                frames.append(_Frame(edge.target, self._edges(edge.target), edge))
        return None

    def _edges(self, element: _Element) -> Iterator[_Edge]:
        for child in element:
            yield _Edge(element, "", child)
        for attribute, value in element.attrib.items():
            if attribute == _HREF:
                if element.tag != _A and value[:1] == "#" and (target := self._named.get(value[1:])) is not None:
                    yield _Edge(element, attribute, target)
            elif "url(" in value[:4_000]:
                for name in local_references(value):
                    if (target := self._named.get(name)) is not None:
                        yield _Edge(element, attribute, target)
        if self._by_key:
            yield from self._styled(element)

    def _styled(self, element: _Element) -> Iterator[_Edge]:
        local = element.tag.rpartition("}")[2]
        classes = [f".{name}" for name in (element.get("class") or "").split()]
        for key in ("*", local, f"#{element.get('id')}", *classes):
            for name in self._by_key.get(key, ()):
                if (target := self._named.get(name)) is not None:
                    yield _Edge(element, "class", target)


def _add(frame: _Frame, drawn: _Frame, edge: _Edge) -> None:
    frame.weight += drawn.weight
    frame.nested = max(frame.nested, drawn.nested + bool(edge.attribute))
    if frame.weight > MAX_DRAWN:
        raise CannotSanitize(Threat.LIMIT_EXCEEDED, "references that draw too many elements")
    if frame.nested > MAX_NESTED:
        raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {MAX_NESTED} references inside each other")


def _closing(edge: _Edge, frames: list[_Frame]) -> _Edge:
    """The last reference on the way round: it may be the edge itself, or one that led to it."""
    if edge.attribute:
        return edge
    return next((frame.through for frame in reversed(frames) if frame.through and frame.through.attribute), edge)
