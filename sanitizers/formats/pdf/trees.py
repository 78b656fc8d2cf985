"""Trees of an untrusted document walked without recursion and without ever going round: pages, names, numbers."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import pikepdf

from sanitizers.formats.pdf.checked import Entries, elements, entries, name, place
from sanitizers.formats.pdf.work import Work
from sanitizers.model import Action, CannotSanitize, Severity, Threat

MOST_KIDS: Final = 100_000  #: of one node; the budget counts the pages
MOST_LEAVES: Final = 100_000  #: of a name or number tree
MOST_OBJECTS: Final = 200_000  #: looked through for pages when there is no page tree

#: What pages take from the nodes above them (7.7.3.4).
INHERITED: Final = ("/Resources", "/MediaBox", "/CropBox", "/Rotate")


class Page(NamedTuple):
    """A page of the source, with what it inherits."""

    source: pikepdf.Object
    known: Entries


def pages(catalog: Entries, work: Work) -> list[Page]:
    """The pages in their order; a page that stands at several places comes several times. Raises CannotSanitize."""
    found = _page_tree(catalog.get("/Pages"), work)
    if not found:
        found = _loose_pages(work)
    if not found:
        raise CannotSanitize(Threat.MALFORMED, "a PDF without a page")
    return found


def _page_tree(root: object, work: Work) -> list[Page]:
    found = []
    open_: list[tuple[object, Entries]] = [(root, {})]
    seen: set[tuple[int, int]] = set()
    while open_:
        node, above = open_.pop()
        known = entries(node)
        if not isinstance(node, pikepdf.Dictionary) or not known:
            continue
        passed_on = {**above, **{key: known[key] for key in INHERITED if key in known}}
        if "/Kids" not in known:
            work.meter.take_pages()
            found.append(Page(node, {**passed_on, **known}))
        elif node.objgen in seen and node.objgen != (0, 0):
            detail = "page tree that leads back to itself"
            work.found(Threat.MALFORMED, Severity.WARNING, Action.REMOVED, "page tree", detail)
        else:
            seen.add(node.objgen)
            open_.extend((kid, passed_on) for kid in reversed(list(elements(known["/Kids"], MOST_KIDS))))
    return found


def _loose_pages(work: Work) -> list[Page]:
    """Pages of a document whose page tree is lost, in the order of their numbers."""
    found = []
    for count, thing in enumerate(work.source.objects):
        if count >= MOST_OBJECTS:
            break
        if isinstance(thing, pikepdf.Dictionary) and name(thing.get("/Type")) == "Page":
            work.meter.take_pages()
            found.append(Page(thing, entries(thing)))
    if found:
        detail = "page tree that is broken; the pages were found without it"
        work.found(Threat.MALFORMED, Severity.NOTE, Action.REWRITTEN, "page tree", detail)
    return found


def leaves(root: object, values: str) -> Iterator[tuple[object, object]]:
    """Key and value of each leaf of a name tree (`values` is /Names) or a number tree (/Nums) (7.9.6, 7.9.7)."""
    open_ = [root]
    seen: set[tuple[int, int]] = set()
    left = MOST_LEAVES
    while open_ and left > 0:
        node = open_.pop()
        where = place(node)
        known = entries(node)
        if where in seen or not known:
            continue
        if where != (0, 0):
            seen.add(where)
        pairs = list(elements(known.get(values), 2 * left))
        left -= len(pairs) // 2 + 1
        yield from zip(pairs[::2], pairs[1::2], strict=False)
        open_.extend(reversed(list(elements(known.get("/Kids"), left))))
