"""Functions: sampled, exponential, stitched and calculated, each rebuilt from its table (ISO 32000-2, 7.10)."""

from math import prod

import pikepdf

from sanitizers.formats.pdf import calculator
from sanitizers.formats.pdf.streams import decoded
from sanitizers.formats.pdf.values import Number, array, integer, number, numbers
from sanitizers.formats.pdf.work import StreamFailed, Work

MOST_INPUTS = 32  #: colorants of DeviceN
MOST_OUTPUTS = 32
MOST_FUNCTIONS = 512  #: stitched together; gradients of drawing programs have some dozens
DEEPEST = 8  #: stitched in stitched
LARGEST_TABLE = 8_388_608  #: samples
SAMPLE_BITS = frozenset({1, 2, 4, 8, 12, 16, 24, 32})  #: table 39

Entries = dict[str, object]


def function(source: pikepdf.Object, work: Work, depth: int = 0) -> pikepdf.Object | None:
    """The function in the new document; None for one that no reader would understand either."""
    if depth > DEEPEST:
        return None
    if isinstance(source, pikepdf.Name):
        return pikepdf.Name.Identity if source == "/Identity" else None
    if not isinstance(source, (pikepdf.Dictionary, pikepdf.Stream)):
        return None
    return work.once("function", source, lambda: _made(source, work, depth))


def functions(source: pikepdf.Object, work: Work, most: int = MOST_OUTPUTS) -> pikepdf.Object | None:
    """One function, or an array of them, as shadings and transfer functions take them."""
    if not isinstance(source, pikepdf.Array):
        return function(source, work)
    if len(source) > most:
        return None
    made = [function(one, work) for one in source]
    return None if None in made else pikepdf.Array(made)


def _made(source: pikepdf.Object, work: Work, depth: int) -> pikepdf.Object | None:
    domain = _pairs(source.get("/Domain"), MOST_INPUTS)
    bounds = _pairs(source.get("/Range"), MOST_OUTPUTS)
    if domain is None or ("/Range" in source and bounds is None):
        return None
    entries: Entries = {"/Domain": array(domain)}
    if bounds is not None:
        entries["/Range"] = array(bounds)
    kind = integer(source.get("/FunctionType"), 0, 4)
    if kind in {2, 3}:
        return _exponential(source, work, entries) if kind == 2 else _stitched(source, work, entries, depth)
    if not isinstance(source, pikepdf.Stream) or bounds is None:
        return None
    try:
        data = decoded(source, work)
    except StreamFailed:
        return None
    if kind == 4:
        return _calculated(data, work, entries)
    return _sampled(source, data, work, entries, (len(domain) // 2, len(bounds) // 2)) if kind == 0 else None


def _pairs(value: object, most: int) -> list[Number] | None:
    given = numbers(value, most=2 * most)
    return given if given and len(given) % 2 == 0 else None


def _exponential(source: pikepdf.Object, work: Work, entries: Entries) -> pikepdf.Object | None:
    exponent = number(source.get("/N"))
    if exponent is None:
        return None
    for key in ("/C0", "/C1"):
        if key in source:
            colours = numbers(source[key], most=MOST_OUTPUTS)
            if not colours:
                return None
            entries[key] = array(colours)
    return work.target.make_indirect(pikepdf.Dictionary({"/FunctionType": 2, "/N": exponent, **entries}))


def _stitched(source: pikepdf.Object, work: Work, entries: Entries, depth: int) -> pikepdf.Object | None:
    parts = source.get("/Functions")
    if not isinstance(parts, pikepdf.Array) or not 1 <= len(parts) <= MOST_FUNCTIONS:
        return None
    made = [function(part, work, depth + 1) for part in parts]
    bounds = numbers(source.get("/Bounds"), len(made) - 1)
    encode = numbers(source.get("/Encode"), 2 * len(made))
    if None in made or bounds is None or encode is None:
        return None
    entries |= {"/Functions": pikepdf.Array(made), "/Bounds": array(bounds), "/Encode": array(encode)}
    return work.target.make_indirect(pikepdf.Dictionary({"/FunctionType": 3, **entries}))


def _sampled(
    source: pikepdf.Object, data: bytes, work: Work, entries: Entries, shape: tuple[int, int]
) -> pikepdf.Object | None:
    inputs, outputs = shape
    given = source.get("/Size")
    size = numbers(pikepdf.Array([given]) if isinstance(given, int) else given, inputs)
    bits = integer(source.get("/BitsPerSample"), 1, 32)
    if size is None or bits not in SAMPLE_BITS or any(one != int(one) or one < 1 for one in size):
        return None
    samples = prod(int(one) for one in size) * outputs
    needed = (samples * bits + 7) // 8
    if samples > LARGEST_TABLE or len(data) < needed:
        return None
    entries |= {"/FunctionType": 0, "/Size": array(size), "/BitsPerSample": bits}
    for key, count in (("/Encode", 2 * inputs), ("/Decode", 2 * outputs)):
        ranges = numbers(source.get(key), count)
        if ranges is not None:
            entries[key] = array(ranges)
    return work.stream(data[:needed], entries)


def _calculated(data: bytes, work: Work, entries: Entries) -> pikepdf.Object | None:
    program = calculator.rewritten(data)
    return None if program is None else work.stream(program, {"/FunctionType": 4, **entries})
