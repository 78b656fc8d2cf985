"""Which bytes of a file are asked for (RFC 9110 section 14): one range, or all of it."""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

_ONE: Final = re.compile(r"bytes=(?:(\d{1,18})-(\d{1,18})?|-(\d{1,18}))", re.IGNORECASE)


class Span(msgspec.Struct, frozen=True):
    """Bytes from `first` to before `end`."""

    first: int
    end: int


class NotThere(Exception):
    """The range begins behind the end."""


def span(headers: Mapping[str, str], size: int, tag: str) -> Span | None:
    """What is asked for; None: all of it. Raises NotThere.

    Several ranges, and what is not understood, are answered with all of it, as the RFC allows; so is a range of another
    version (If-Range).
    """
    text, condition = headers.get("range", ""), headers.get("if-range", "")
    fits = _ONE.fullmatch(text.strip())
    if fits is None or (condition and condition != tag):
        return None
    first, last, suffix = fits.groups()
    if suffix is not None:
        if int(suffix) == 0 or size == 0:
            raise NotThere
        return Span(max(0, size - int(suffix)), size)
    if last is not None and int(last) < int(first):
        return None  # not a range at all
    if int(first) >= size:
        raise NotThere
    return Span(int(first), size if last is None else min(size, int(last) + 1))
