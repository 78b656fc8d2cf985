"""Numbers, names and arrays of numbers out of untrusted objects, within what readers can hold."""

from decimal import Decimal

import pikepdf

LARGEST = 2_147_483_647  #: ISO 32000-2, annex C
PLACES = 7  #: digits after the point that any reader uses

Number = int | Decimal


def number(value: object) -> Number | None:
    """An integer, or a real rounded to what readers use; None for anything else, and for what is out of range."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if abs(value) <= LARGEST else None
    if isinstance(value, float):
        value = Decimal(value)
    if isinstance(value, Decimal) and value.is_finite() and abs(value) <= LARGEST:
        return Decimal(f"{value:.{PLACES}f}")
    return None


def integer(value: object, least: int, most: int) -> int | None:
    """A whole number within bounds, both allowed; a real without a fraction counts."""
    given = number(value)
    if given is None or given != int(given) or not least <= given <= most:
        return None
    return int(given)


def numbers(value: object, count: int | None = None, most: int = 64) -> list[Number] | None:
    """An array of nothing but numbers: `count` of them, or at most `most`."""
    if not isinstance(value, pikepdf.Array) or len(value) > max(most, count or 0):
        return None
    given = [number(one) for one in value]
    kept = [one for one in given if one is not None]
    if len(kept) != len(given) or (count is not None and len(kept) != count):
        return None
    return kept


def array(items: list[Number]) -> pikepdf.Array:
    """As it is written."""
    return pikepdf.Array(items)


def is_true(value: object) -> bool:
    """The boolean, and nothing that only counts as one."""
    return value is True


def name(value: object) -> str | None:
    """A name without its slash; None for anything else, and for a name that is not ASCII."""
    if not isinstance(value, pikepdf.Name):
        return None
    plain = bytes(value)[1:]
    return plain.decode() if plain.isascii() else None
