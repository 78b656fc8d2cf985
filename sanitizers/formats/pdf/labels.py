"""Page labels (ISO 32000-2, 12.4.2): what readers show as the number of a page."""

from typing import Final

import pikepdf

from sanitizers.formats.pdf.checked import entries, integer, one_of, picked, whole, words
from sanitizers.formats.pdf.trees import leaves

_LABEL: Final = {"/S": one_of("D", "R", "r", "A", "a"), "/P": words, "/St": integer(1, 1_000_000)}


def page_labels(tree: object, pages: int) -> pikepdf.Dictionary | None:
    """The number tree of the labels of so many pages, written flat; None where there is none."""
    found: dict[int, pikepdf.Object] = {}
    for key, label in leaves(tree, "/Nums"):
        page = whole(key)
        if page is not None and 0 <= page < pages and isinstance(label, pikepdf.Dictionary):
            found.setdefault(page, pikepdf.Dictionary(picked(entries(label), _LABEL)))
    if not found:
        return None
    rows = [thing for page in sorted(found) for thing in (page, found[page])]
    return pikepdf.Dictionary({"/Nums": pikepdf.Array(rows)})
