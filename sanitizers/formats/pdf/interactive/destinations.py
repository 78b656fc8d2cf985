"""Places inside the document (ISO 32000-2, 12.3.2): each is written out; names of places do not go on."""

from typing import Final

import pikepdf

from sanitizers.formats.pdf.checked import Entries, elements, entries, name, number, place
from sanitizers.formats.pdf.trees import leaves

#: Table 149: how many numbers each kind of view takes.
_VIEWS: Final = {"XYZ": 3, "Fit": 0, "FitH": 1, "FitV": 1, "FitR": 4, "FitB": 0, "FitBH": 1, "FitBV": 1}


class Destinations:
    """Knows the new page for each old one."""

    def __init__(self, catalog: Entries) -> None:
        self._catalog = catalog
        self.pages: list[pikepdf.Object] = []  #: of the new document, in their order
        self._by_place: dict[tuple[int, int], pikepdf.Object] = {}
        self._named: dict[bytes, object] | None = None

    def add_page(self, source: pikepdf.Object, made: pikepdf.Object) -> None:
        """The next page of the new document, and the one it comes from."""
        self.pages.append(made)
        self._by_place.setdefault(source.objgen, made)

    def page(self, source: object) -> pikepdf.Object | None:
        """The new page made of an old one."""
        where = place(source)
        return self._by_place.get(where) if where != (0, 0) else None

    def resolved(self, written: object) -> pikepdf.Array | None:
        """Page and view; None for a place that does not exist."""
        if isinstance(written, (pikepdf.Name, pikepdf.String)):
            written = self._lookup(written)
        if isinstance(written, pikepdf.Dictionary):
            written = written.get("/D")
        parts = list(elements(written, 6))
        if not parts:
            return None
        page = self._numbered(parts[0]) if isinstance(parts[0], int) else self.page(parts[0])
        if page is None:
            return None
        view = name(parts[1]) if len(parts) > 1 else ""
        if view not in _VIEWS:
            return pikepdf.Array([page, pikepdf.Name.Fit])
        wanted = _VIEWS[view]
        given = [number(part) for part in parts[2 : 2 + wanted]]
        return pikepdf.Array([page, pikepdf.Name("/" + view), *given, *[None] * (wanted - len(given))])

    def _numbered(self, count: int) -> pikepdf.Object | None:
        return self.pages[count] if 0 <= count < len(self.pages) else None

    def _lookup(self, key: pikepdf.Object) -> object:
        if self._named is None:
            self._named = self._all_named()
        written = bytes(key)
        return self._named.get(written[1:] if isinstance(key, pikepdf.Name) else written)

    def _all_named(self) -> dict[bytes, object]:
        """The name tree (PDF 1.2 and later), and the dictionary of PDF 1.1."""
        old = entries(self._catalog.get("/Dests"))
        found: dict[bytes, object] = {key[1:].encode("utf-8", "surrogateescape"): old[key] for key in old}
        tree = entries(self._catalog.get("/Names")).get("/Dests")
        for key, value in leaves(tree, "/Names"):
            if isinstance(key, pikepdf.String):
                found.setdefault(bytes(key), value)
        return found
