"""CSS selectors matched against the open elements, in time linear in their number.

What cannot be decided from an element and its ancestors (siblings, positions, states) is left out of the selector and
makes it a guess: it then matches too much, and its rule is used only to doubt, never to hide.
"""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

MAX_COMPOUNDS = 12  #: parts of one selector
MAX_CHARACTERS = 500  #: of one selector

_PART = re.compile(
    r"(?P<tag>\*|(?:[-\w]|\\.)+)"
    r"|\.(?P<cls>[-\w]+)|#(?P<id>[-\w]+)"
    r"|\[\s*(?P<attr>[-\w:]+)\s*(?:(?P<op>[~|^$*]?=)\s*(?P<value>\"[^\"]*\"|'[^']*'|[^\]\s\"']*)\s*(?P<flag>[iIsS]?)\s*)?\]"
    r"|(?P<pseudo>::?[-\w]+(?:\([^()]*\))?)"
    r"|(?P<join>\s*[>+~]\s*|\s+)"
)
#: Pseudo-classes that change nothing about which elements of a still page are meant.
_ALWAYS_TRUE = frozenset({":link", ":any-link", ":root", ":enabled"})
_NEVER_TRUE = frozenset({"::before", "::after", ":before", ":after", "::first-letter", "::first-line", "::marker"})


class Selectable:
    """What a selector can see of an element."""

    __slots__ = ("attributes", "classes", "id", "tag")

    def __init__(self, tag: str, name: str, classes: frozenset[str], attributes: dict[str, str | None]) -> None:
        self.tag = tag
        self.id = name
        self.classes = classes
        self.attributes = attributes


#: The operators of attribute selectors (Selectors 4, section 6): the actual value, then the one asked for.
_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "": lambda _actual, _value: True,
    "=": lambda actual, value: actual == value,
    "~=": lambda actual, value: value in actual.split(),
    "|=": lambda actual, value: actual == value or actual.startswith(value + "-"),
    "^=": lambda actual, value: bool(value) and actual.startswith(value),
    "$=": lambda actual, value: bool(value) and actual.endswith(value),
    "*=": lambda actual, value: bool(value) and value in actual,
}


class AttributeTest(NamedTuple):
    """A test for an attribute: [name], [name=value], [name^=value]."""

    name: str
    operator: str
    value: str

    def holds(self, attributes: dict[str, str | None]) -> bool:
        """Whether an element with these attributes passes."""
        return self.name in attributes and _OPERATORS[self.operator](attributes[self.name] or "", self.value)


class Compound(NamedTuple):
    """The tests for one element: td.price#total[lang]."""

    tag: str  #: "" for any
    id: str
    classes: frozenset[str]
    tests: tuple[AttributeTest, ...]

    def matches(self, element: Selectable) -> bool:
        """Whether the element passes all of them."""
        tag, name, classes, tests = self
        return (
            (not tag or tag == element.tag)
            and (not name or name == element.id)
            and (not classes or classes <= element.classes)
            and (not tests or all(test.holds(element.attributes) for test in tests))
        )


class Selector(NamedTuple):
    """Groups of compounds, rightmost first; inside a group each is the parent of the one before it."""

    groups: tuple[tuple[Compound, ...], ...]
    specificity: tuple[int, int, int]
    guess: bool

    @property
    def subject(self) -> Compound:
        """The compound for the element itself."""
        return self.groups[0][0]

    @property
    def tests_attributes(self) -> bool:
        """Whether it looks at more of an element than tag, id and classes."""
        return any(compound.tests for group in self.groups for compound in group)

    def matches(self, chain: Sequence[Selectable]) -> bool:
        """Whether the last of the open elements is meant.

        Taking the nearest place for each group is exact: a nearer place leaves more room for the groups further out.
        """
        end = len(chain)
        first = self.groups[0]
        if not _stands(first, chain, end):
            return False
        end -= len(first)
        for group in self.groups[1:]:
            end = _nearest(group, chain, end)
            if end < 0:
                return False
        return True


def _nearest(group: tuple[Compound, ...], chain: Sequence[Selectable], end: int) -> int:
    """How many open elements are left outside of the nearest place for the group; -1 when there is none."""
    tag, name, classes, _ = group[0]
    size = len(group)
    while end >= size:
        # The cheapest tests first and without a call: most ancestors fail them.
        element = chain[end - 1]
        if (
            (not classes or classes <= element.classes)
            and (not tag or tag == element.tag)
            and (not name or name == element.id)
            and _stands(group, chain, end)
        ):
            return end - size
        end -= 1
    return -1


def _stands(group: tuple[Compound, ...], chain: Sequence[Selectable], end: int) -> bool:
    if len(group) > end:
        return False
    for compound in group:
        end -= 1
        if not compound.matches(chain[end]):
            return False
    return True


#: Stands for a selector that is not understood: it may mean any element and outweigh any other.
_ANYTHING = Selector(((Compound("", "", frozenset(), ()),),), (99, 0, 0), guess=True)
_NOTHING = Selector((), (0, 0, 0), guess=True)


def selectors(prelude: str) -> list[Selector]:
    """The selectors of one rule."""
    found = (_selector(text.strip()) for text in prelude.split(","))
    return [selector for selector in found if selector is not _NOTHING]


class _Builder:
    def __init__(self) -> None:
        self.groups: list[list[Compound]] = [[]]
        self.guess = False
        self.counts = [0, 0, 0]
        self._clear()

    def _clear(self) -> None:
        self.tag, self.id = "", ""
        self.classes: set[str] = set()
        self.tests: list[AttributeTest] = []
        self.empty = True

    def take(self, part: re.Match[str]) -> bool:
        """One simple selector; False when nothing can ever match."""
        self.empty = False
        if part["tag"]:
            self.tag = "" if part["tag"] == "*" else part["tag"].replace("\\", "").lower()
            self.counts[2] += part["tag"] != "*"
        elif part["cls"]:
            self.classes.add(part["cls"])
            self.counts[1] += 1
        elif part["id"]:
            self.id = part["id"]
            self.counts[0] += 1
        elif part["attr"]:
            self._take_attribute(part)
        else:
            return self._take_pseudo(part["pseudo"].lower())
        return True

    def _take_attribute(self, part: re.Match[str]) -> None:
        self.counts[1] += 1
        if part["flag"]:
            self.guess = True
        else:
            value = (part["value"] or "").strip("\"'")
            self.tests.append(AttributeTest(part["attr"].lower(), part["op"] or "", value))

    def _take_pseudo(self, name: str) -> bool:
        self.counts[1] += 1
        self.guess = self.guess or name not in _ALWAYS_TRUE
        return name not in _NEVER_TRUE

    def join(self, combinator: str) -> None:
        """End one compound and begin the next."""
        self.finish_compound()
        if combinator in {"+", "~"}:
            # The siblings to the left say nothing that the open elements could answer.
            self.groups = [[]]
            self.guess = True
        elif combinator != ">":
            self.groups.append([])

    def finish_compound(self) -> None:
        self.groups[-1].insert(0, Compound(self.tag, self.id, frozenset(self.classes), tuple(self.tests)))
        self._clear()

    def selector(self) -> Selector:
        groups = tuple(tuple(group) for group in reversed(self.groups))
        return Selector(groups, (self.counts[0], self.counts[1], self.counts[2]), self.guess)


def _selector(text: str) -> Selector:
    if not text:
        return _NOTHING
    if len(text) > MAX_CHARACTERS:
        return _ANYTHING
    builder = _Builder()
    at = 0
    while at < len(text):
        if (part := _PART.match(text, at)) is None:
            return _ANYTHING
        at = part.end()
        if part["join"] is None:
            if not builder.take(part):
                return _NOTHING
        elif builder.empty:
            return _ANYTHING
        else:
            builder.join(part["join"].strip())
    return _finished(builder)


def _finished(builder: _Builder) -> Selector:
    if builder.empty:
        return _ANYTHING
    builder.finish_compound()
    selector = builder.selector()
    return selector if sum(map(len, selector.groups)) <= MAX_COMPOUNDS else _ANYTHING
