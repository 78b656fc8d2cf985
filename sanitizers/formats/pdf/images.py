"""Image XObjects: decoded, and encoded again with what a reader needs to show them (ISO 32000-2, 8.9 and 11.6.5)."""

import pikepdf

from sanitizers.formats.pdf import bilevel, photographs, rasters
from sanitizers.formats.pdf.colours import colour_space, components
from sanitizers.formats.pdf.encoded import Encoded
from sanitizers.formats.pdf.operators import RENDERING_INTENTS
from sanitizers.formats.pdf.streams import Parameters, Undone, decoded, filters, without_filters
from sanitizers.formats.pdf.values import array, integer, is_true, numbers
from sanitizers.formats.pdf.work import StreamFailed, Work
from sanitizers.model import Action, Severity, Threat

LONGEST_SIDE = 65_535  #: pixels
BITS = frozenset({1, 2, 4, 8, 16})
_GREY = pikepdf.Name.DeviceGray
_DEVICES = {1: _GREY, 3: pikepdf.Name.DeviceRGB, 4: pikepdf.Name.DeviceCMYK}


class Plan:
    """What the dictionary of a picture says, as far as it can be believed."""

    __slots__ = ("bits", "components", "size", "source", "space", "stencil")

    def __init__(self, source: pikepdf.Object, work: Work, space: pikepdf.Object | None = None) -> None:
        """`space` of the source stands in for what the dictionary says. Raises StreamFailed."""
        self.source = source
        width, height = (integer(source.get(key), 1, LONGEST_SIDE) for key in ("/Width", "/Height"))
        if width is None or height is None:
            raise StreamFailed("a picture without size")
        self.size = (width, height)
        self.stencil = is_true(source.get("/ImageMask"))
        given = source.get("/ColorSpace") if space is None else space
        self.space = None if self.stencil else colour_space(given, work)
        self.components = 1 if self.space is None else components(self.space)
        bits = 1 if self.stencil else integer(source.get("/BitsPerComponent", 8), 1, 16)
        if bits not in BITS or not self.components:
            raise StreamFailed("a picture with unusual components")
        self.bits = bits or 8

    def entries(self, picture: Encoded) -> dict[str, object]:
        """Table 87, without what only a press or a program looks for."""
        source, entries = self.source, picture.entries()
        if self.stencil:
            entries["/ImageMask"] = True
        else:
            fits = self.space is not None and components(self.space) == picture.components
            entries["/ColorSpace"] = self.space if fits else _DEVICES[picture.components]
        decode = numbers(source.get("/Decode"), 2 * picture.components)
        if decode is not None:
            entries["/Decode"] = array(decode)
        if is_true(source.get("/Interpolate")):
            entries["/Interpolate"] = True
        intent = source.get("/Intent")
        if isinstance(intent, pikepdf.Name) and bytes(intent)[1:] in RENDERING_INTENTS:
            entries["/Intent"] = intent
        return entries


def image(source: pikepdf.Object, work: Work) -> pikepdf.Object | None:
    """The picture in the new document, with its masks; None, with a finding, for one that cannot be decoded."""
    return work.once("image", source, lambda: _made(source, work))


def _made(source: pikepdf.Object, work: Work) -> pikepdf.Object | None:
    try:
        plan = Plan(source, work)
        picture = encoded(plan, without_filters_of(plan, work), work)
    except StreamFailed:
        work.found(Threat.MALFORMED, Severity.WARNING, Action.REMOVED, "pictures", "pictures that cannot be decoded")
        return None
    entries = plan.entries(picture)
    mask = _soft_mask(source, picture, work) or _mask(source, work)
    return _stream(picture, {**entries, **(mask or {})}, work)


def without_filters_of(plan: Plan, work: Work) -> Undone:
    """The data of a picture XObject, its pixels counted first."""
    return without_filters(plan.source, work, expected_bytes(plan, work))


def expected_bytes(plan: Plan, work: Work) -> int:
    """Counts the pixels and tells how many bytes they are when nothing packs them."""
    work.meter.take_pixels(*plan.size)
    return rasters.row_bytes(plan.size[0], plan.components, plan.bits) * plan.size[1]


def encoded(plan: Plan, undone: Undone, work: Work) -> Encoded:
    """The picture encoded again. Raises StreamFailed."""
    if undone.picture == "DCTDecode":
        for threat, severity, detail in photographs.beside_the_pixels(undone.data):
            work.found(threat, severity, Action.REMOVED, "pictures", detail)
        transform = integer(undone.parameters.get("/ColorTransform"), 0, 1)
        return photographs.photograph(undone.data, _counting(plan, work), transform)
    if undone.picture == "JPXDecode":
        exact = plan.stencil or plan.bits == 1 or _is_indexed(plan.space)
        inside = integer(plan.source.get("/SMaskInData"), 1, 2) is not None
        return photographs.wavelet(undone.data, _counting(plan, work), exact=exact, with_alpha=inside)
    if undone.picture == "CCITTFaxDecode":
        return bilevel.fax(undone.data, plan.size, undone.parameters)
    if undone.picture == "JBIG2Decode":
        return bilevel.jbig2(undone.data, _shared(undone.parameters, work), plan.size)
    if plan.space is None and not plan.stencil:
        raise StreamFailed("a picture without colours")
    if not undone.data:
        raise StreamFailed("a picture without data")
    return rasters.packed(undone.data, plan.size, plan.components, plan.bits, predicted=_is_predicted(plan.source))


def _counting(plan: Plan, work: Work) -> photographs.CountPixels:
    """A file inside may say another size than the dictionary: the larger of both is counted."""

    def count(width: int, height: int) -> None:
        more = width * height - plan.size[0] * plan.size[1]
        if max(width, height) > LONGEST_SIDE:
            raise StreamFailed("a picture beyond all measure")
        if more > 0:
            work.meter.take_pixels(more, 1)

    return count


def _shared(parameters: Parameters, work: Work) -> bytes:
    shared = parameters.get("/JBIG2Globals")
    return decoded(shared, work) if isinstance(shared, pikepdf.Stream) else b""


def _is_predicted(source: pikepdf.Object) -> bool:
    if not isinstance(source, pikepdf.Stream):
        return False
    steps = filters(source.get("/Filter"), source.get("/DecodeParms"))
    return any((integer(given.get("/Predictor"), 2, 15) or 1) > 1 for _, given in steps)


def _is_indexed(space: pikepdf.Object | None) -> bool:
    return isinstance(space, pikepdf.Array) and space[0] == "/Indexed"


def _soft_mask(source: pikepdf.Object, picture: Encoded, work: Work) -> dict[str, object] | None:
    if picture.alpha is not None:
        return {"/SMask": _stream(picture.alpha, {**picture.alpha.entries(), "/ColorSpace": _GREY}, work)}
    mask = source.get("/SMask")
    if not isinstance(mask, pikepdf.Stream):
        return None
    made = work.once("soft mask", mask, lambda: _made_soft_mask(mask, work))
    return None if made is None else {"/SMask": made}


def _made_soft_mask(mask: pikepdf.Object, work: Work) -> pikepdf.Object | None:
    try:
        plan = Plan(mask, work, _GREY)
        picture = encoded(plan, without_filters_of(plan, work), work)
    except StreamFailed:
        work.found(Threat.MALFORMED, Severity.WARNING, Action.REMOVED, "pictures", "masks that cannot be decoded")
        return None
    entries = plan.entries(picture)
    matte = numbers(mask.get("/Matte"), most=32)
    if matte:
        entries["/Matte"] = array(matte)
    return _stream(picture, entries, work)


def _mask(source: pikepdf.Object, work: Work) -> dict[str, object] | None:
    """A stencil, or the colours that are transparent (8.9.6)."""
    mask = source.get("/Mask")
    if isinstance(mask, pikepdf.Stream):
        if not is_true(mask.get("/ImageMask")):
            return None
        made = image(mask, work)
        return None if made is None else {"/Mask": made}
    colours = numbers(mask)
    return None if not colours else {"/Mask": array(colours)}


def _stream(picture: Encoded, entries: dict[str, object], work: Work) -> pikepdf.Object:
    """`entries` hold the filter; the data is as it is to be written."""
    made = pikepdf.Stream(work.target, picture.data)
    made["/Type"] = pikepdf.Name.XObject
    made["/Subtype"] = pikepdf.Name.Image
    for key, value in entries.items():
        made[key] = value
    return work.target.make_indirect(made)
