"""Images in a content stream itself: where they end, and how they are written again (ISO 32000-2, 8.9.7)."""

import base64
import re
import zlib

import msgspec
import pikepdf

from sanitizers.formats.pdf import images
from sanitizers.formats.pdf.colours import NAMED
from sanitizers.formats.pdf.encoded import Encoded
from sanitizers.formats.pdf.streams import Parameters, filters, undo
from sanitizers.formats.pdf.tokens import next_token, written_name
from sanitizers.formats.pdf.work import Names, StreamFailed, Work
from sanitizers.model import Action, Severity, Threat

MOST_ENTRIES = 32
LARGEST = 16_777_216  #: bytes; the standard asks to keep them below 4 KB

#: Short keys (table 91) and the long ones that `images` knows.
KEYS: dict[bytes, str] = {
    b"BPC": "/BitsPerComponent",
    b"CS": "/ColorSpace",
    b"D": "/Decode",
    b"DP": "/DecodeParms",
    b"F": "/Filter",
    b"H": "/Height",
    b"IM": "/ImageMask",
    b"I": "/Interpolate",
    b"W": "/Width",
}
SHORT_KEYS = {f"/{key.decode()}": long for key, long in KEYS.items()}
LONG_KEYS = frozenset(KEYS.values())
MOST_CANDIDATES = 1_000  #: places that look like the end of one image
_END = re.compile(rb"[\0\t\n\f\r ]EI(?=[\0\t\n\f\r /\[(<]|\Z)")
_TEXT = re.compile(
    rb"[\t\n\f\r -~]{0,24}+"
)  # what follows an image reads as text; what follows an EI inside one hardly


class Inline(msgspec.Struct, frozen=True):
    """An image that was read."""

    written: bytes  #: b"" when it could not be understood
    end: int  #: where the content goes on


def image(data: bytes, place: int, names: Names, work: Work) -> Inline:
    """The image after BI at `place`, decoded and encoded again."""
    start = _data_start(data, place)
    if start is None:
        return Inline(b"", place)  # no image begins here: what follows is read as operators
    entries = _entries(data[place : start - 2])
    after = None
    try:
        plan, named = _plan(entries, names, work)
        steps = filters(entries.get("/Filter"), entries.get("/DecodeParms"))
        expected = images.expected_bytes(plan, work)
        begin = start + 1
        end, after = _end(data, begin, steps, expected)
        undone = undo(data[begin:end], steps, work, expected)
        return Inline(_written(plan, images.encoded(plan, undone, work), named, names), after)
    except StreamFailed:
        detail = "pictures inside drawings that cannot be decoded"
        work.found(Threat.MALFORMED, Severity.WARNING, Action.REMOVED, "content", detail)
        return Inline(b"", _end(data, start, [], 0)[1] if after is None else after)


def _data_start(data: bytes, place: int) -> int | None:
    """Where ID ends; None when no ID follows the entries."""
    for _ in range(2 * MOST_ENTRIES):
        kind, token, place = next_token(data, place)
        if kind == "o" and token == b"ID":
            return place
        if kind == "end" or (kind == "o" and token not in {b"true", b"false", b"null"}):
            return None
    return None


def _entries(text: bytes) -> pikepdf.Dictionary:
    """The entries under their long keys; nothing else."""
    try:
        given = pikepdf.Object.parse(b"<<" + text + b">>")
    except pikepdf.PdfError:
        return pikepdf.Dictionary()
    if not isinstance(given, pikepdf.Dictionary):
        return pikepdf.Dictionary()
    found = {SHORT_KEYS.get(key, key): value for key, value in given.items()}
    return pikepdf.Dictionary({key: value for key, value in found.items() if key in LONG_KEYS})


def _plan(entries: pikepdf.Dictionary, names: Names, work: Work) -> tuple[images.Plan, bytes | None]:
    """The plan, and the name of the resource that is the picture's colour space."""
    space = entries.get("/ColorSpace")
    if not isinstance(space, pikepdf.Name) or bytes(space).decode("latin-1") in NAMED:
        return images.Plan(entries, work), None
    named = bytes(space)[1:]
    found = names.colour_space(named)
    if found is None:
        raise StreamFailed("a picture without colours")
    return images.Plan(entries, work, found), named


def _end(data: bytes, begin: int, steps: list[tuple[str, Parameters]], expected: int) -> tuple[int, int]:
    """Where the data ends, and where the content goes on after EI."""
    least = begin
    if not steps:
        least = begin + expected
    elif steps[0][0] == "FlateDecode":
        least = begin + _flate_length(data[begin : begin + LARGEST], expected)
    for found, _ in zip(_END.finditer(data, max(begin - 1, least - 1)), range(MOST_CANDIDATES), strict=False):
        after = _TEXT.match(data, found.end())
        if after is not None and (after.end() - found.end() == 24 or after.end() == len(data)):
            return max(found.start(), begin), found.end()
    return (least if least > begin else len(data)), len(data)


def _flate_length(data: bytes, expected: int) -> int:
    """How many bytes the Flate data takes; 0 when it does not end as it should."""
    machine = zlib.decompressobj()
    try:
        machine.decompress(data, expected * 2 + 1024)
    except zlib.error:
        return 0
    return len(data) - len(machine.unused_data) if machine.eof else 0


def _written(plan: images.Plan, picture: Encoded, named: bytes | None, names: Names) -> bytes:
    """As characters of ASCII85, so that no byte of it can be taken for the end of the image or for an operator."""
    entries = plan.entries(picture)
    space = entries.pop("/ColorSpace", None)
    entries["/Filter"] = pikepdf.Array([pikepdf.Name.A85, entries["/Filter"]])
    if picture.parameters:
        entries["/DecodeParms"] = pikepdf.Array([None, pikepdf.Dictionary(picture.parameters)])
    words = [f"/{short.decode()} ".encode() + _value(entries[key]) for short, key in KEYS.items() if key in entries]
    if not plan.stencil:
        words.append(b"/CS " + _space(space, named, names))
    return b"BI " + b" ".join(words) + b"\nID " + base64.a85encode(picture.data) + b"~>\nEI"


def _value(value: object) -> bytes:
    return pikepdf.Array([value]).unparse().strip(b"[ ]") if not isinstance(value, pikepdf.Object) else value.unparse()


def _space(space: object, named: bytes | None, names: Names) -> bytes:
    if named is not None:
        new = names.use("ColorSpace", named)
        if new is None:
            raise StreamFailed("a picture without colours")
        return written_name(new)
    if isinstance(space, pikepdf.Array) and (space[0] != "/Indexed" or not isinstance(space[1], pikepdf.Name)):
        raise StreamFailed("a picture with colours that do not fit into a drawing")
    return _value(space)
