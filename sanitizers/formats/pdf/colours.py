"""Colour spaces, rebuilt from their tables; profiles are never carried (ISO 32000-2, 8.6)."""

from collections.abc import Callable

import pikepdf

from sanitizers.formats.pdf.functions import MOST_INPUTS, function
from sanitizers.formats.pdf.streams import decoded
from sanitizers.formats.pdf.values import array, integer, number, numbers
from sanitizers.formats.pdf.work import StreamFailed, Work
from sanitizers.model import Action, Severity, Threat

DEEPEST = 4  #: a pattern of a separation of an alternate …
LONGEST_COLORANT = 127

#: Spaces that are nothing but a name, with the short names of inline images (tables 61 and 91).
NAMED: dict[str, str] = {
    "/DeviceGray": "/DeviceGray",
    "/DeviceRGB": "/DeviceRGB",
    "/DeviceCMYK": "/DeviceCMYK",
    "/Pattern": "/Pattern",
    "/G": "/DeviceGray",
    "/RGB": "/DeviceRGB",
    "/CMYK": "/DeviceCMYK",
    # old names (PDF 1.0) and a bare family name, as readers take them
    "/CalGray": "/DeviceGray",
    "/CalRGB": "/DeviceRGB",
    "/CalCMYK": "/DeviceCMYK",
}
BY_COMPONENTS: dict[int, str] = {1: "/DeviceGray", 3: "/DeviceRGB", 4: "/DeviceCMYK"}


def colour_space(source: pikepdf.Object | None, work: Work, depth: int = 0) -> pikepdf.Object | None:
    """The colour space in the new document; None for one that cannot be understood."""
    if depth > DEEPEST or source is None:
        return None
    if isinstance(source, pikepdf.Name):
        plain = NAMED.get(_text(source))
        return None if plain is None else pikepdf.Name(plain)
    if not isinstance(source, pikepdf.Array) or not len(source):
        return None
    return work.once("colour space", source, lambda: _made(source, work, depth))


def components(made: pikepdf.Object) -> int:
    """How many numbers a colour of this space has, of a space that `colour_space` made; 0 for Pattern."""
    family = _text(made if isinstance(made, pikepdf.Name) else made[0])
    if family == "/DeviceN":
        return len(made[1])
    return {"/DeviceRGB": 3, "/DeviceCMYK": 4, "/CalRGB": 3, "/Lab": 3, "/Pattern": 0}.get(family, 1)


def _text(value: pikepdf.Object) -> str:
    return bytes(value).decode("latin-1") if isinstance(value, pikepdf.Name) else ""


def _made(source: pikepdf.Object, work: Work, depth: int) -> pikepdf.Object | None:
    family = _text(source[0])
    if len(source) == 1 or family in {"/DeviceGray", "/DeviceRGB", "/DeviceCMYK", "/G", "/RGB", "/CMYK", "/CalCMYK"}:
        return colour_space(source[0], work, depth + 1)
    make = FAMILIES.get(family)
    return None if make is None else make(source, work, depth)


def _profiled(source: pikepdf.Object, work: Work, depth: int) -> pikepdf.Object | None:
    """An ICC profile is a program for colours in a format of its own: a device space stands in."""
    profile = source[1]
    if not isinstance(profile, pikepdf.Stream):
        return None
    work.found(Threat.METADATA, Severity.NOTE, Action.REPLACED, "colours", "colour profiles")
    count = integer(profile.get("/N"), 1, 4)
    alternate = colour_space(profile.get("/Alternate"), work, depth + 1)
    if alternate is not None and _text_of(alternate) == "/Lab":
        return alternate
    if count in BY_COMPONENTS:
        return pikepdf.Name(BY_COMPONENTS[count])
    return alternate


def _text_of(made: pikepdf.Object) -> str:
    return _text(made if isinstance(made, pikepdf.Name) else made[0])


def _calibrated(source: pikepdf.Object, _work: Work, _depth: int) -> pikepdf.Object | None:
    """CalGray, CalRGB and Lab are a few numbers (tables 62 to 64)."""
    family, given = _text(source[0]), source[1]
    if not isinstance(given, pikepdf.Dictionary):
        return None
    white = numbers(given.get("/WhitePoint"), 3)
    if white is None:
        return pikepdf.Name({"/CalGray": "/DeviceGray"}.get(family, "/DeviceRGB")) if family != "/Lab" else None
    entries: dict[str, object] = {"/WhitePoint": array(white)}
    for key, count in CALIBRATION[family].items():
        value = number(given.get(key)) if count == 1 else numbers(given.get(key), count)
        if value is not None:
            entries[key] = array(value) if isinstance(value, list) else value
    return pikepdf.Array([pikepdf.Name(family), pikepdf.Dictionary(entries)])


def _indexed(source: pikepdf.Object, work: Work, depth: int) -> pikepdf.Object | None:
    if len(source) != 4:
        return None
    base = colour_space(source[1], work, depth + 1)
    highest = integer(source[2], 0, 255)
    if base is None or highest is None or _text_of(base) in {"/Pattern", "/Indexed"}:
        return None
    table = palette(source[3], work)
    if table is None:
        return None
    size = (highest + 1) * components(base)
    table = table[:size].ljust(size, b"\0")
    return pikepdf.Array([pikepdf.Name.Indexed, base, highest, pikepdf.String(table)])


def palette(source: pikepdf.Object, work: Work) -> bytes | None:
    """The colours of an Indexed space."""
    if isinstance(source, pikepdf.String):
        return bytes(source)
    if not isinstance(source, pikepdf.Stream):
        return None
    try:
        return decoded(source, work)
    except StreamFailed:
        return None


def _tinted(source: pikepdf.Object, work: Work, depth: int) -> pikepdf.Object | None:
    """Separation and DeviceN: the colorants' names decide on which plate a press prints them, so they stay."""
    if len(source) < 4:
        return None
    family = _text(source[0])
    names = _colorants(source[1], single=family == "/Separation")
    alternate = colour_space(source[2], work, depth + 1)
    tint = function(source[3], work)
    if names is None or alternate is None or _text_of(alternate) in {"/Pattern", "/Indexed"}:
        return None
    if tint is None or isinstance(tint, pikepdf.Name):
        return None
    return pikepdf.Array([pikepdf.Name(family), names, alternate, tint])


def _colorants(source: pikepdf.Object, *, single: bool) -> pikepdf.Object | None:
    listed = [source] if single else source
    if not single and (not isinstance(source, pikepdf.Array) or not 1 <= len(source) <= MOST_INPUTS):
        return None
    names = [_colorant(one, place) for place, one in enumerate(listed)]
    if None in names:
        return None
    return names[0] if single else pikepdf.Array(names)


def _colorant(source: pikepdf.Object, place: int) -> pikepdf.Name | None:
    if not isinstance(source, pikepdf.Name):
        return None
    plain = bytes(source)
    if len(plain) <= LONGEST_COLORANT and plain.isascii() and len(plain) > 1:
        return pikepdf.Name(plain.decode())
    return pikepdf.Name(f"/Colorant{place}")


def _pattern(source: pikepdf.Object, work: Work, depth: int) -> pikepdf.Object | None:
    base = colour_space(source[1], work, depth + 1)
    if base is None or _text_of(base) == "/Pattern":
        return pikepdf.Name.Pattern
    return pikepdf.Array([pikepdf.Name.Pattern, base])


#: Entries besides the white point, and how many numbers each has.
CALIBRATION: dict[str, dict[str, int]] = {
    "/CalGray": {"/BlackPoint": 3, "/Gamma": 1},
    "/CalRGB": {"/BlackPoint": 3, "/Gamma": 3, "/Matrix": 9},
    "/Lab": {"/BlackPoint": 3, "/Range": 4},
}

_Maker = Callable[[pikepdf.Object, Work, int], pikepdf.Object | None]
#: Table 61; what is not here is not carried.
FAMILIES: dict[str, _Maker] = {
    "/CalGray": _calibrated,
    "/CalRGB": _calibrated,
    "/Lab": _calibrated,
    "/ICCBased": _profiled,
    "/Indexed": _indexed,
    "/I": _indexed,
    "/Separation": _tinted,
    "/DeviceN": _tinted,
    "/Pattern": _pattern,
}
