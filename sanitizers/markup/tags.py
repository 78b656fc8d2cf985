"""Refuses XML with a tag of more attributes than anybody writes, before lxml sees it: listing them costs the square."""

import re
from typing import Final

from sanitizers.model import CannotSanitize, Threat

MOST_ATTRIBUTES: Final = 500  #: in one tag; Office's own have fewer than a hundred

# "<" stands in no attribute's value (XML 1.0, 3.1), so what is shorter up to the next one holds no such tag.
_LONG: Final = re.compile(rb"<[^<]{4096,}+")
_ATTRIBUTE: Final = re.compile(rb"\s*+[^\s=>\"']++\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+')")
_NAME: Final = re.compile(rb"<[^\s>/]++")
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")


def refuse_long_tags(data: bytes) -> None:
    """Raise CannotSanitize (LIMIT_EXCEEDED). `data`: in UTF-8, UTF-16 or another encoding with ASCII in it."""
    narrow = data.replace(b"\0", b"") if data.startswith(_WIDE) else data
    for long in _LONG.finditer(narrow):
        if _attributes(narrow, long.start()) > MOST_ATTRIBUTES:
            raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"a tag with more than {MOST_ATTRIBUTES} attributes")


def _attributes(data: bytes, start: int) -> int:
    name = _NAME.match(data, start)
    count = 0
    place = name.end() if name else start
    while count <= MOST_ATTRIBUTES and (found := _ATTRIBUTE.match(data, place)):
        place = found.end()
        count += 1
    return count
