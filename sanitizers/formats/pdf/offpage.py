"""Text written outside the visible part of its page: nobody sees it, a search or a copy finds it. It is left out.

Judged is the text of the page's own content, line by line, in the operators that `content.operations` gives. Text in
forms is not, nor any that could reach the page from where it begins.
"""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from sanitizers.formats.pdf.work import Work
from sanitizers.model import Action, Severity, Threat

_NUMBER_IN_ARRAY: Final = re.compile(rb"\((?:[^()\\]|\\.)*\)|<[^>]*>|(-?[0-9.]+)", re.DOTALL)

_Matrix = tuple[float, float, float, float, float, float]
_IDENTITY: Final[_Matrix] = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_GLYPH: Final = 2.0  #: widest and highest that a glyph of a real font is, in units of its size


class Box(NamedTuple):
    """What of the page is seen, in its own units."""

    left: float
    low: float
    right: float
    high: float


class _State(NamedTuple):
    """What q saves of what matters here (ISO 32000-2, tables 51 and 102)."""

    matrix: _Matrix = _IDENTITY
    size: float = 1.0
    leading: float = 0.0
    characters: float = 0.0  #: space between them
    words: float = 0.0  #: space between them
    stretch: float = 1.0  #: of glyphs along the line, 1.0 at least
    rise: float = 0.0
    vertical: bool = False  #: the font may write from top to bottom


class _Reader:
    """One content while it is read."""

    def __init__(self, seen: Box, vertical: frozenset[bytes]) -> None:
        self.seen = seen
        self.vertical = vertical  #: names of fonts that may write from top to bottom
        self.state = _State()
        self.saved: list[_State] = []
        self.line = _IDENTITY  #: the text line matrix
        self.outside = False  #: whether the line begins outside
        self.shown: list[tuple[int, bytes, _State]] = []  #: what such a line shows: number of the operation, its state
        self.unseen: list[int] = []

    def judge(self) -> None:
        """A line is over: all of it goes if no part of it can be seen."""
        if self.shown and self._is_unseen():
            self.unseen.extend(place for place, _, _ in self.shown)
        self.shown = []

    def _is_unseen(self) -> bool:
        along = moved = beside = 0.0
        for _, operation, state in self.shown:
            characters = len(operation)
            shifted = _adjustments(operation) / 1_000 * state.size + characters * (state.characters + state.words)
            moved += shifted * state.stretch
            along += (shifted + characters * _GLYPH * state.size) * state.stretch
            beside = max(beside, abs(state.rise) + _GLYPH * state.size)
        lengths = (-moved - beside, along)
        vertical = any(state.vertical for _, _, state in self.shown)
        heights = (-along, along) if vertical else (-beside, beside)
        matrix = _through(self.line, self.state.matrix)
        corners = [_moved(x, y, matrix) for x in lengths for y in heights]
        across, up = [x for x, _ in corners], [y for _, y in corners]
        seen = self.seen
        return max(across) < seen.left or min(across) > seen.right or max(up) < seen.low or min(up) > seen.high

    def begin(self, line: _Matrix) -> None:
        """A new line begins here."""
        self.judge()
        self.line = line
        self._locate()

    def _locate(self) -> None:
        x, y = _moved(self.line[4], self.line[5], self.state.matrix)
        self.outside = not (self.seen.left <= x <= self.seen.right and self.seen.low <= y <= self.seen.high)

    def save(self, _values: list[float]) -> None:
        """Operator q."""
        self.saved.append(self.state)

    def restore(self, _values: list[float]) -> None:
        """Operator Q."""
        self.judge()
        if self.saved:
            self.state = self.saved.pop()
        self._locate()

    def transform(self, values: list[float]) -> None:
        """Operator cm."""
        self.judge()
        a, b, c, d, e, f = values
        self.state = self.state._replace(matrix=_through((a, b, c, d, e, f), self.state.matrix))
        self._locate()

    def place(self, values: list[float]) -> None:
        """Operator Tm."""
        a, b, c, d, e, f = values
        self.begin((a, b, c, d, e, f))

    def move(self, values: list[float]) -> None:
        """Operator Td."""
        a, b, c, d, e, f = self.line
        x, y = values
        self.begin((a, b, c, d, a * x + c * y + e, b * x + d * y + f))

    def move_and_lead(self, values: list[float]) -> None:
        """Operator TD."""
        self.state = self.state._replace(leading=-values[1])
        self.move(values)

    def next_line(self, _values: list[float]) -> None:
        """Operator T*."""
        self.move([0.0, -self.state.leading])

    def lead(self, values: list[float]) -> None:
        """Operator TL."""
        self.state = self.state._replace(leading=values[0])

    def space_characters(self, values: list[float]) -> None:
        """Operator Tc."""
        self.state = self.state._replace(characters=abs(values[0]))

    def space_words(self, values: list[float]) -> None:
        """Operator Tw."""
        self.state = self.state._replace(words=abs(values[0]))

    def stretch(self, values: list[float]) -> None:
        """Operator Tz."""
        self.state = self.state._replace(stretch=max(1.0, abs(values[0]) / 100))

    def lift(self, values: list[float]) -> None:
        """Operator Ts."""
        self.state = self.state._replace(rise=values[0])

    def choose(self, name: bytes, size: float) -> None:
        """Operator Tf."""
        self.state = self.state._replace(size=abs(size), vertical=name in self.vertical)


_Follow = Callable[[_Reader, list[float]], None]

#: Operators that move text, and how many numbers each takes.
_FOLLOWED: Final[dict[bytes, tuple[int, _Follow]]] = {
    b"q": (0, _Reader.save),
    b"Q": (0, _Reader.restore),
    b"cm": (6, _Reader.transform),
    b"BT": (0, lambda reader, _values: reader.begin(_IDENTITY)),
    b"ET\nBT": (0, lambda reader, _values: reader.begin(_IDENTITY)),
    b"Tm": (6, _Reader.place),
    b"Td": (2, _Reader.move),
    b"TD": (2, _Reader.move_and_lead),
    b"T*": (0, _Reader.next_line),
    b"TL": (1, _Reader.lead),
    b"Tc": (1, _Reader.space_characters),
    b"Tw": (1, _Reader.space_words),
    b"Tz": (1, _Reader.stretch),
    b"Ts": (1, _Reader.lift),
}


def without_unseen_text(
    operations: list[bytes], seen: Box, vertical: frozenset[bytes], work: Work, where: str
) -> list[bytes]:
    """The operations without those that show text outside `seen`; what is left out is named in the report."""
    reader = _Reader(seen, vertical)
    for place, operation in enumerate(operations):
        name = operation[operation.rfind(b" ") + 1 :]
        followed = _FOLLOWED.get(name)
        if followed is not None:
            count, follow = followed
            values = operation.split()
            if len(values) == count + 1 or not count:
                follow(reader, [float(value) for value in values[:count]])
        elif name == b"Tf":
            font, size, _ = operation.split()
            reader.choose(font[1:], float(size))
        elif name in {b"Tj", b"TJ"} and reader.outside:
            reader.shown.append((place, operation, reader.state))
        elif name in {b"'", b'"'}:
            reader.next_line([])
    reader.judge()
    return _without(operations, set(reader.unseen), work, where) if reader.unseen else operations


def _without(operations: list[bytes], unseen: set[int], work: Work, where: str) -> list[bytes]:
    detail = "text outside the visible page"
    for _ in unseen:
        work.found(Threat.HIDDEN_CONTENT, Severity.WARNING, Action.REMOVED, where, detail)
    return [operation for place, operation in enumerate(operations) if place not in unseen]


def _adjustments(operation: bytes) -> float:
    """How far the numbers of a TJ array move text, in thousandths of its size."""
    if not operation.endswith(b"TJ"):
        return 0.0
    return sum(abs(float(number)) for number in _NUMBER_IN_ARRAY.findall(operation) if number)


def _through(first: _Matrix, then: _Matrix) -> _Matrix:
    """8.3.4: one transformation after the other."""
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    return (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m)


def _moved(x: float, y: float, matrix: _Matrix) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f
