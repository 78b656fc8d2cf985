"""Bookmarks (ISO 32000-2, 12.3.3): titles and the places inside the document, or plain addresses, that they lead to."""

from collections.abc import Iterator
from typing import Final

import pikepdf

from sanitizers.formats.pdf.checked import Entries, entries, exactly, integer, picked, place, text, whole
from sanitizers.formats.pdf.interactive.actions import link
from sanitizers.formats.pdf.interactive.destinations import Destinations
from sanitizers.formats.pdf.work import Work

MOST_BOOKMARKS: Final = 50_000
DEEPEST: Final = 50  #: levels; programs draw them by recursion

#: Table 151: colour, and 1 italic + 2 bold.
_ITEM: Final = {"/C": exactly(3), "/F": integer(0, 3)}


class _Bookmark:
    """One bookmark, or the root of them all."""

    __slots__ = ("entries", "inside", "is_open")

    def __init__(self, written: dict[str, object], *, is_open: bool) -> None:
        self.entries = written
        self.is_open = is_open
        self.inside: list[_Bookmark] = []


def outlines(root: object, places: Destinations, work: Work) -> pikepdf.Object | None:
    """The tree of bookmarks in the target; None where there is none."""
    top = _read(root, places, work)
    return _written(top, work) if top.inside else None


def _read(root: object, places: Destinations, work: Work) -> _Bookmark:
    top = _Bookmark({}, is_open=True)
    seen: set[tuple[int, int]] = set()
    left = MOST_BOOKMARKS
    open_ = [(entries(root).get("/First"), top, 1)]
    while open_:
        first, above, level = open_.pop()
        for known in _row(first, seen):
            left -= 1
            if left < 0:
                return top
            bookmark = _bookmark(known, places, work)
            above.inside.append(bookmark)
            if "/First" in known:
                open_.append((known["/First"], bookmark if level < DEEPEST else above, level + 1))
    return top


def _row(first: object, seen: set[tuple[int, int]]) -> Iterator[Entries]:
    """A bookmark and those that follow it; the row ends where it would go round."""
    following = first
    while (known := entries(following)) and place(following) not in seen:
        seen.add(place(following))
        yield known
        following = known.get("/Next")


def _bookmark(known: Entries, places: Destinations, work: Work) -> _Bookmark:
    title = text(known.get("/Title"))
    made: dict[str, object] = {"/Title": pikepdf.String(title), **picked(known, _ITEM)}
    if "/Dest" in known or "/A" in known or "/AA" in known:
        made.update(link(known, places, work, f"bookmark {title[:60]}") or {})
    return _Bookmark(made, is_open=(whole(known.get("/Count")) or 0) > 0)


def _written(top: _Bookmark, work: Work) -> pikepdf.Object:
    top_made = work.target.make_indirect(pikepdf.Dictionary({"/Type": pikepdf.Name.Outlines}))
    open_ = [(top, top_made)]
    order: list[tuple[_Bookmark, pikepdf.Object]] = []
    while open_:
        above, above_made = open_.pop()
        order.append((above, above_made))
        row = [work.target.make_indirect(pikepdf.Dictionary(each.entries)) for each in above.inside]
        for count, made in enumerate(row):
            made["/Parent"] = above_made
            if count:
                made["/Prev"] = row[count - 1]
                row[count - 1]["/Next"] = made
        if row:
            above_made["/First"], above_made["/Last"] = row[0], row[-1]
        open_.extend(zip(above.inside, row, strict=True))
    _count(order)
    return top_made


def _count(order: list[tuple[_Bookmark, pikepdf.Object]]) -> None:
    """Table 151: how many would be seen below each; negative where it is closed. From the leaves upward."""
    seen: dict[int, int] = {}
    for bookmark, made in reversed(order):
        below = sum(1 + (seen[id(each)] if each.is_open else 0) for each in bookmark.inside)
        seen[id(bookmark)] = below
        if below:
            made["/Count"] = below if bookmark.is_open else -below
