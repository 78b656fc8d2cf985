"""Bars that the server draws: numbers become rectangles in a picture of fixed size, beside a scale of round numbers."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

WIDTH, HEIGHT = 720, 180  #: of the whole picture, in its own units
LEFT, TOP, BOTTOM = 44, 12, 26  #: around the bars: the scale at the left, the hours below
GAP: Final = 0.25  #: of a bar's place that stays empty
LEAST_HEIGHT: Final = 2.0  #: what is not nothing is seen
STEPS: Final = 4  #: lines of the scale, at most
LABELS: Final = 8  #: along the hours, at most


class Figure(msgspec.Struct, frozen=True):
    """One bar to be: `parts` are stacked from below."""

    at: datetime  #: its beginning
    until: datetime
    parts: tuple[int, ...]


class Block(msgspec.Struct, frozen=True):
    """One rectangle."""

    series: int  #: which of the parts
    x: float
    y: float
    width: float
    height: float


class Bar(msgspec.Struct, frozen=True):
    """One bar, and where the pointer finds it."""

    figure: Figure
    x: float
    width: float
    blocks: tuple[Block, ...]
    label: str  #: below it, "" for most
    label_x: float


class Line(msgspec.Struct, frozen=True):
    """One line of the scale."""

    y: float
    value: int


class Chart(msgspec.Struct, frozen=True):
    """All that a picture needs."""

    width: int
    height: int
    left: int
    floor: float  #: where the bars stand
    bars: tuple[Bar, ...]
    lines: tuple[Line, ...]

    @property
    def empty(self) -> bool:
        """Whether there is nothing to see."""
        return self.highest is None

    @property
    def highest(self) -> Figure | None:
        """The first of the highest bars; None when there is none."""
        figure = max((bar.figure for bar in self.bars), key=lambda each: sum(each.parts), default=None)
        return figure if figure is not None and any(figure.parts) else None


def draw(figures: Sequence[Figure], zone: ZoneInfo, label: str) -> Chart:
    """`label` is a format of strftime for the hours below."""
    most = max((sum(figure.parts) for figure in figures), default=0)
    step = _step(most)
    top = max(step * -(-most // step), step)
    place = (WIDTH - LEFT) / max(len(figures), 1)
    room = HEIGHT - TOP - BOTTOM
    every = -(-len(figures) // LABELS)
    bars = tuple(
        _bar(figure, LEFT + index * place, place, room / top, _label(figure, index, every, zone, label))
        for index, figure in enumerate(figures)
    )
    lines = tuple(Line(round(HEIGHT - BOTTOM - room * value / top, 1), value) for value in range(0, top + 1, step))
    return Chart(WIDTH, HEIGHT, LEFT, HEIGHT - BOTTOM, bars, lines)


def _label(figure: Figure, index: int, every: int, zone: ZoneInfo, label: str) -> str:
    return "" if index % every else figure.at.astimezone(zone).strftime(label)


def _bar(figure: Figure, x: float, place: float, scale: float, label: str) -> Bar:
    blocks, floor, width = [], float(HEIGHT - BOTTOM), place * (1 - GAP)
    for series, value in enumerate(figure.parts):
        if value:
            height = max(value * scale, LEAST_HEIGHT)
            floor -= height
            blocks.append(Block(series, round(x, 1), round(floor, 1), round(width, 1), round(height, 1)))
    return Bar(figure, round(x, 1), round(place, 1), tuple(blocks), label, round(x + width / 2, 1))


def _step(most: int) -> int:
    """1, 2 or 5 times a power of ten, so that STEPS of them reach the highest bar."""
    power = 1
    while True:
        for step in (power, 2 * power, 5 * power):
            if step * STEPS >= most:
                return step
        power *= 10


class Share(msgspec.Struct, frozen=True):
    """One lying bar of a list: its length is its number beside the largest."""

    key: str
    value: int
    width: float  #: of 100


def shares(numbers: Iterable[tuple[str, int]]) -> list[Share]:
    """Those that are not nothing, the largest first."""
    found = sorted(((key, value) for key, value in numbers if value), key=lambda each: (-each[1], each[0]))
    most = found[0][1] if found else 1
    return [Share(key, value, round(max(100 * value / most, 1), 1)) for key, value in found]
