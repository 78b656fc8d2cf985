"""The structure tree (ISO 32000-2, 14.7, 14.8): headings, tables and reading order for screen readers (JIS X 8341-3).

It is read into elements of standard types and written anew; what is drawn names its element by MCID, as before.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import pikepdf

from sanitizers.formats.pdf.checked import (
    Entries,
    Reader,
    elements,
    entries,
    exactly,
    integer,
    name,
    one_of,
    picked,
    place,
    whole,
    words,
)
from sanitizers.formats.pdf.interactive.destinations import Destinations
from sanitizers.formats.pdf.work import Work

MOST_ELEMENTS: Final = 200_000
DEEPEST: Final = 64  #: levels; programs read the tree by recursion
MOST_ROLES: Final = 10  #: that a role may be mapped through
SPARSEST: Final = 8  #: MCIDs up to so many times as high as there are of them on the page …
SPARE: Final = 1_024  #: … and so many beyond: the table of a page has a row for each

#: Standard types (14.8.4). Any other is mapped to one by the document's RoleMap, or is a NonStruct.
STANDARD: Final = frozenset(
    (
        "Document", "DocumentFragment", "Part", "Art", "Sect", "Div", "Aside", "NonStruct", "BlockQuote",
        "Caption", "TOC", "TOCI", "Index", "Private",
        "P", "H", "Title", "H1", "H2", "H3", "H4", "H5", "H6", "Sub", "L", "LI", "Lbl", "LBody", "Table",
        "TR", "TH", "TD", "THead", "TBody", "TFoot",
        "Span", "Quote", "Note", "FENote", "Em", "Strong", "Reference", "BibEntry", "Code", "Link", "Annot",
        "Ruby", "RB", "RT", "RP", "Warichu", "WT", "WP",
        "Figure", "Formula", "Form", "Artifact",
    )
)  # fmt: skip
_OTHER: Final = "NonStruct"

#: Of an element (table 355): what is read aloud, and in which language.
_ELEMENT: Final[Mapping[str, Reader]] = {"/Alt": words, "/ActualText": words, "/E": words, "/Lang": words, "/T": words}

#: Attributes by owner (14.8.5): how tables and lists are read, and which way the text runs.
_ATTRIBUTES: Final[Mapping[str, Mapping[str, Reader]]] = {
    "Table": {
        "/RowSpan": integer(1, 10_000),
        "/ColSpan": integer(1, 10_000),
        "/Scope": one_of("Row", "Column", "Both"),
        "/Summary": words,
    },
    "List": {
        "/ListNumbering": one_of(
            "None", "Disc", "Circle", "Square", "Decimal", "UpperRoman", "LowerRoman", "UpperAlpha", "LowerAlpha",
            "Unordered", "Ordered", "Description",
        ),
    },
    "Layout": {
        "/Placement": one_of("Block", "Inline", "Before", "Start", "End"),
        "/WritingMode": one_of("LrTb", "RlTb", "TbRl", "TbLr"),
        "/BBox": exactly(4),
    },
}  # fmt: skip

_Waiting = tuple[object, pikepdf.Object, int]  #: a kid of the source, the element it goes into, its level


class _Tree:
    """The tree on its way: elements of the target, and which of them each page's content names."""

    def __init__(self, root: Entries, places: Destinations, work: Work) -> None:
        self.places = places
        self.work = work
        self.roles = entries(root.get("/RoleMap"))
        self.kids: dict[tuple[int, int], list[object]] = {}
        self.marked: dict[tuple[int, int], dict[int, pikepdf.Object]] = {}
        self.pages: dict[tuple[int, int], pikepdf.Object] = {}
        self.objects: list[tuple[pikepdf.Object, pikepdf.Object]] = []
        self.top = work.target.make_indirect(pikepdf.Dictionary({"/Type": pikepdf.Name.StructTreeRoot}))

    def read(self, kids: object) -> None:
        """Everything below the root, in its order, each element once."""
        open_: list[_Waiting] = [(kid, self.top, 0) for kid in reversed(list(_listed(kids)))]
        seen: set[tuple[int, int]] = set()
        while open_ and len(seen) < MOST_ELEMENTS:
            written, above, level = open_.pop()
            known = entries(written)
            at = place(written)
            if isinstance(written, int):
                self._mark(written, above.get("/Pg"), above)
            elif name(known.get("/Type")) in {"MCR", "OBJR"}:
                self._reference(known, above)
            elif "/S" in known and (at == (0, 0) or at not in seen):
                seen.add(at if at != (0, 0) else (-len(seen), -1))
                made = self._element(known, above)
                holder = made if level < DEEPEST else above
                open_.extend((kid, holder, level + 1) for kid in reversed(list(_listed(known.get("/K")))))

    def _element(self, known: Entries, above: pikepdf.Object) -> pikepdf.Object:
        made = {"/S": pikepdf.Name("/" + self._type(name(known["/S"]))), "/P": above, **picked(known, _ELEMENT)}
        page = self.places.page(known.get("/Pg"))
        if page is None and above is not self.top:
            page = above.get("/Pg")
        if page is not None:
            made["/Pg"] = page
        attributes = list(_attributes(known.get("/A")))
        if attributes:
            made["/A"] = pikepdf.Array(attributes)
        element = self.work.target.make_indirect(pikepdf.Dictionary(made))
        self._add(above, element)
        return element

    def _type(self, written: str) -> str:
        for _ in range(MOST_ROLES):
            if written in STANDARD:
                return written
            mapped = name(self.roles.get("/" + written))
            if not mapped:
                break
            written = mapped
        return _OTHER

    def _reference(self, known: Entries, above: pikepdf.Object) -> None:
        """Marked content on another page (table 357), or a link (table 358). Content inside forms is not named."""
        if name(known.get("/Type")) == "OBJR":
            link = self.work.made.get(("link", place(known.get("/Obj"))))
            page = link.get("/P") if link is not None else None
            if link is not None and page is not None:
                self.objects.append((link, above))
                self._add(above, pikepdf.Dictionary({"/Type": pikepdf.Name.OBJR, "/Obj": link, "/Pg": page}))
            return
        page = self.places.page(known["/Pg"]) if "/Pg" in known else above.get("/Pg")
        if "/Stm" not in known:
            self._mark(known.get("/MCID"), page, above)

    def _mark(self, written: object, page: object, above: pikepdf.Object) -> None:
        mark = whole(written)
        if mark is None or mark < 0 or not isinstance(page, pikepdf.Object) or above is self.top:
            return
        marks = self.marked.setdefault(page.objgen, {})
        if mark in marks or mark > SPARSEST * len(marks) + SPARE:
            return
        marks[mark] = above
        self.pages[page.objgen] = page
        own = above.get("/Pg")
        if own is not None and own.objgen == page.objgen:
            self._add(above, mark)
        else:
            self._add(above, pikepdf.Dictionary({"/Type": pikepdf.Name.MCR, "/Pg": page, "/MCID": mark}))

    def _add(self, above: pikepdf.Object, kid: object) -> None:
        self.kids.setdefault(above.objgen, []).append(kid)

    def written(self) -> pikepdf.Object | None:
        """The root of the tree in the target; None where nothing of it is left."""
        if self.top.objgen not in self.kids:
            return None
        for at, kids in self.kids.items():
            self.work.target.get_object(at)["/K"] = pikepdf.Array(kids)
        self.top["/ParentTree"] = self.work.target.make_indirect(pikepdf.Dictionary({"/Nums": self._parents()}))
        return self.top

    def _parents(self) -> pikepdf.Array:
        """Which element each mark of a page, and each link, belongs to (14.7.5.4)."""
        rows: list[object] = []
        for count, (at, marks) in enumerate(self.marked.items()):
            self.pages[at]["/StructParents"] = count
            row = pikepdf.Array([marks.get(mark) for mark in range(max(marks) + 1)])
            rows += [count, self.work.target.make_indirect(row)]
        for count, (link, element) in enumerate(self.objects, len(self.marked)):
            link["/StructParent"] = count
            rows += [count, element]
        return pikepdf.Array(rows)


def structure(root: object, places: Destinations, work: Work) -> pikepdf.Object | None:
    """The tree in the target, its pages and links bound to it; None where there is none."""
    known = entries(root)
    tree = _Tree(known, places, work)
    tree.read(known.get("/K"))
    return tree.written()


def _listed(kids: object) -> Iterator[object]:
    return elements(kids, MOST_ELEMENTS) if isinstance(kids, pikepdf.Array) else iter(() if kids is None else (kids,))


def _attributes(written: object) -> Iterator[pikepdf.Dictionary]:
    """One attribute dictionary or several, with revision numbers between them (14.7.6)."""
    for attributes in elements(written, 20) if isinstance(written, pikepdf.Array) else (written,):
        known = entries(attributes)
        owner = name(known.get("/O"))
        made = picked(known, _ATTRIBUTES.get(owner, {}))
        if made:
            yield pikepdf.Dictionary({"/O": pikepdf.Name("/" + owner), **made})
