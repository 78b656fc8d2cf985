"""Reads the values of untrusted PDF objects: each function gives a plain checked value, or None where it is not one."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Final

import pikepdf

from sanitizers.reports import UNPRINTABLE

LARGEST_NUMBER: Final = 1_000_000.0  #: ISO 32000-2 Annex C sets no limit; no page or matrix needs more
MOST_CHARACTERS: Final = 2_000  #: of a title, a label, a name

Entries = Mapping[str, object]
Reader = Callable[[object], object | None]

_NOTHING: Final[Entries] = {}


def entries(thing: object) -> Entries:
    """What a dictionary, or the dictionary of a stream, holds, its keys in order; nothing for anything else."""
    if isinstance(thing, (pikepdf.Dictionary, pikepdf.Stream)):
        return dict(thing.items())
    return _NOTHING


def elements(thing: object, most: int) -> Iterator[object]:
    """The first `most` elements of an array; none of anything else."""
    if isinstance(thing, pikepdf.Array):
        for place in range(min(len(thing), most)):
            yield thing[place]


def name(thing: object) -> str:
    """A name without its slash; "" for anything else."""
    if not isinstance(thing, pikepdf.Name):
        return ""
    return bytes(thing)[1:].decode("utf-8", "replace")


def text(thing: object) -> str:
    """A text string (7.9.2.2) as one line without controls; "" for anything else."""
    if not isinstance(thing, pikepdf.String):
        return ""
    read = UNPRINTABLE.sub(" ", str(thing)[: 2 * MOST_CHARACTERS])
    return read.strip()[:MOST_CHARACTERS]


def number(thing: object) -> int | float | None:
    """A number in the range of LARGEST_NUMBER, rounded to five places: no message fits into its digits."""
    if isinstance(thing, bool) or not isinstance(thing, (int, float, Decimal)):
        return None
    value = round(float(thing), 5)
    if not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
        return None
    return int(value) if value.is_integer() else value


def whole(thing: object) -> int | None:
    """An integer of at most 32 bits; a real is no integer."""
    if isinstance(thing, bool) or not isinstance(thing, int) or not -(2**31) <= thing < 2**32:
        return None
    return thing


def numbers(thing: object, count: int) -> list[int | float] | None:
    """An array of so many numbers; surplus elements are left behind."""
    if not isinstance(thing, pikepdf.Array) or len(thing) < count:
        return None
    read = [number(element) for element in elements(thing, count)]
    values = [value for value in read if value is not None]
    return values if len(values) == count else None


def up_to(most: int) -> Reader:
    """A reader of arrays of numbers of any length up to `most`."""

    def read(thing: object) -> pikepdf.Array | None:
        if not isinstance(thing, pikepdf.Array) or len(thing) > most:
            return None
        values = numbers(thing, len(thing))
        return None if values is None else pikepdf.Array(values)

    return read


def exactly(count: int) -> Reader:
    """A reader of arrays of `count` numbers."""

    def read(thing: object) -> pikepdf.Array | None:
        values = numbers(thing, count)
        return None if values is None else pikepdf.Array(values)

    return read


def one_of(*names: str) -> Reader:
    """A reader of names out of a list."""
    allowed = {written: pikepdf.Name("/" + written) for written in names}
    return lambda thing: allowed.get(name(thing))


def between(low: float, high: float) -> Reader:
    """A reader of numbers in a range."""

    def read(thing: object) -> int | float | None:
        value = number(thing)
        return value if value is not None and low <= value <= high else None

    return read


def integer(low: int, high: int) -> Reader:
    """A reader of integers in a range."""

    def read(thing: object) -> int | None:
        value = whole(thing)
        return value if value is not None and low <= value <= high else None

    return read


def boolean(thing: object) -> bool | None:
    """A reader of true and false."""
    return thing if isinstance(thing, bool) else None


def words(thing: object) -> pikepdf.String | None:
    """A reader of text strings; an empty one is none."""
    read = text(thing)
    return pikepdf.String(read) if read else None


def picked(source: Entries, table: Mapping[str, Reader]) -> dict[str, object]:
    """The entries that the table names, each as its reader gives it; what has no row or no value is not there."""
    made = {}
    for key, reader in table.items():
        if key in source and (value := reader(source[key])) is not None:
            made[key] = value
    return made


def rectangle(thing: object) -> list[int | float] | None:
    """A rectangle (7.9.5) with its lower left corner first."""
    corners = numbers(thing, 4)
    if corners is None:
        return None
    left, low, right, high = corners
    return [min(left, right), min(low, high), max(left, right), max(low, high)]


def place(thing: object) -> tuple[int, int]:
    """Number and generation of an indirect object; (0, 0) for a direct one and for plain values."""
    return thing.objgen if isinstance(thing, pikepdf.Object) else (0, 0)
