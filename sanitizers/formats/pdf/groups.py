"""Transparency groups (ISO 32000-2, 11.6.6) of pages and forms."""

from typing import Final

import pikepdf

from sanitizers.formats.pdf import colours
from sanitizers.formats.pdf.checked import boolean, entries, name, picked
from sanitizers.formats.pdf.work import Work

_GROUP: Final = {"/I": boolean, "/K": boolean}  #: isolated, knockout


def transparency_group(found: object, work: Work) -> pikepdf.Dictionary | None:
    """The same group; None where there is none."""
    known = entries(found)
    if name(known.get("/S")) != "Transparency":
        return None
    made: dict[str, object] = {"/S": pikepdf.Name.Transparency, **picked(known, _GROUP)}
    space = known.get("/CS")
    if isinstance(space, pikepdf.Object) and (carried := colours.colour_space(space, work)) is not None:
        made["/CS"] = carried
    return pikepdf.Dictionary(made)
