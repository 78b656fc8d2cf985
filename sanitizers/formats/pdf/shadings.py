"""Shadings (ISO 32000-2, 8.7.4.5): numbers, functions, and for meshes a stream of packed numbers."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import pikepdf

from sanitizers.formats.pdf import colours, functions, streams
from sanitizers.formats.pdf.checked import (
    Entries,
    Reader,
    boolean,
    elements,
    entries,
    exactly,
    integer,
    picked,
    rectangle,
    up_to,
    whole,
)
from sanitizers.formats.pdf.work import StreamFailed, Work
from sanitizers.model import Action, Severity, Threat

if TYPE_CHECKING:
    from sanitizers.formats.pdf.resources import Resources

_MOST_COMPONENTS: Final = 32  #: Annex C: DeviceN has at most so many


def _extend(thing: object) -> pikepdf.Array | None:
    sides = [side for side in elements(thing, 2) if isinstance(side, bool)]
    return pikepdf.Array(sides) if len(sides) == 2 else None


def _box(thing: object) -> pikepdf.Array | None:
    found = rectangle(thing)
    return None if found is None else pikepdf.Array(found)


_BITS: Final[Mapping[str, Reader]] = {
    "/BitsPerCoordinate": integer(1, 32),
    "/BitsPerComponent": integer(1, 16),
    "/Decode": up_to(4 + 2 * _MOST_COMPONENTS),
}
_FLAGS: Final[Mapping[str, Reader]] = {"/BitsPerFlag": integer(2, 8)}
_ANY: Final[Mapping[str, Reader]] = {"/Background": up_to(_MOST_COMPONENTS), "/BBox": _box, "/AntiAlias": boolean}

#: Tables 78 to 84: what each type may have beside ColorSpace and Function.
_TYPES: Final[Mapping[int, Mapping[str, Reader]]] = {
    1: {"/Domain": exactly(4), "/Matrix": exactly(6), **_ANY},
    2: {"/Coords": exactly(4), "/Domain": exactly(2), "/Extend": _extend, **_ANY},
    3: {"/Coords": exactly(6), "/Domain": exactly(2), "/Extend": _extend, **_ANY},
    4: {**_BITS, **_FLAGS, **_ANY},
    5: {**_BITS, "/VerticesPerRow": integer(2, 1_000_000), **_ANY},
    6: {**_BITS, **_FLAGS, **_ANY},
    7: {**_BITS, **_FLAGS, **_ANY},
}
_MESHES: Final = frozenset({4, 5, 6, 7})
_NEEDS: Final[Mapping[int, tuple[str, ...]]] = {
    2: ("/Coords",),
    3: ("/Coords",),
    **dict.fromkeys(_MESHES, tuple(_BITS)),
}


class _Unreadable(Exception):
    """A shading without what it needs."""


def of_resource(found: pikepdf.Object, outer: "Resources") -> pikepdf.Object | None:
    """A shading that the `sh` operator paints."""
    return shading(found, outer.work)


def shading(found: object, work: Work) -> pikepdf.Object | None:
    """The same shading in the target; None, with a finding, where it cannot be read."""
    if not isinstance(found, (pikepdf.Dictionary, pikepdf.Stream)):
        return None
    return work.once("shading", found, lambda: _readable(found, work))


def _readable(found: pikepdf.Object, work: Work) -> pikepdf.Object | None:
    try:
        return _shading(found, work)
    except (_Unreadable, StreamFailed):
        work.found(Threat.MALFORMED, Severity.NOTE, Action.REMOVED, "content", "shading that cannot be read")
        return None


def _shading(found: pikepdf.Object, work: Work) -> pikepdf.Object:
    known = entries(found)
    kind = whole(known.get("/ShadingType")) or 0
    made: dict[str, object] = {"/ShadingType": kind, **picked(known, _TYPES.get(kind, {}))}
    space = known.get("/ColorSpace")
    carried = colours.colour_space(space, work) if isinstance(space, pikepdf.Object) else None
    if carried is None or kind not in _TYPES or any(key not in made for key in _NEEDS.get(kind, ())):
        raise _Unreadable
    made["/ColorSpace"] = carried
    if "/Function" in known:
        function = _function(known, work)
        if function is None:
            raise _Unreadable
        made["/Function"] = function
    elif kind not in _MESHES:
        raise _Unreadable
    return _mesh(found, made, work) if kind in _MESHES else work.target.make_indirect(pikepdf.Dictionary(made))


def _function(known: Entries, work: Work) -> pikepdf.Object | None:
    """One function, or one for each component."""
    written = known["/Function"]
    if not isinstance(written, pikepdf.Array):
        return functions.function(written, work) if isinstance(written, pikepdf.Object) else None
    parts = [part for part in elements(written, _MOST_COMPONENTS) if isinstance(part, pikepdf.Object)]
    made = [functions.function(part, work) for part in parts]
    carried = [each for each in made if each is not None]
    return pikepdf.Array(carried) if carried and len(carried) == len(written) else None


def _mesh(found: pikepdf.Object, made: dict[str, object], work: Work) -> pikepdf.Object:
    if not isinstance(found, pikepdf.Stream):
        raise _Unreadable
    return work.stream(streams.decoded(found, work), made)
