"""External objects (ISO 32000-2, 8.8): forms are rewritten with their resources, PostScript is left out."""

from typing import TYPE_CHECKING, Final

import pikepdf

from sanitizers.formats.pdf import content, images, streams, traces
from sanitizers.formats.pdf.checked import entries, exactly, name, picked, rectangle
from sanitizers.formats.pdf.groups import transparency_group
from sanitizers.formats.pdf.work import StreamFailed, Work
from sanitizers.model import Action, Severity, Threat

if TYPE_CHECKING:
    from sanitizers.formats.pdf.resources import Resources

#: Of a form dictionary (8.10.2). BBox, Resources and Group are written by hand.
_FORM: Final = {"/Matrix": exactly(6)}


def xobject(found: pikepdf.Object, outer: "Resources") -> pikepdf.Object | None:
    """The same drawing in the target; None for what is hidden, PostScript or unreadable."""
    if not isinstance(found, pikepdf.Stream):
        return None
    work, where = outer.work, outer.where
    known = entries(found)
    layer = known.get("/OC")
    if isinstance(layer, pikepdf.Object) and work.layers.hidden(layer):
        traces.hidden_layer(layer, work, where)
        return None
    traces.report(known, traces.XOBJECT, work, where)
    subtype = name(known.get("/Subtype"))
    if name(known.get("/Subtype2")) == "PS" or subtype == "PS":
        traces.met(traces.XOBJECT["/PS"], work, where)
        return None
    if "/F" in known:  # 7.3.8.2: the data is elsewhere, what lies here is something else
        return None
    if subtype == "Image":
        return images.image(found, work)
    return form(found, outer) if subtype == "Form" or "/BBox" in known else None


def form(found: pikepdf.Object, outer: "Resources") -> pikepdf.Object | None:
    """A form XObject; one without resources uses those of the page (8.10.2, kept for PDF 1.1)."""
    own = entries(found).get("/Resources")
    shares = not isinstance(own, pikepdf.Dictionary)
    purpose = f"form of {id(outer)}" if shares else "form"
    source = outer.source if shares else entries(own)
    inner = outer.inner(source)
    return outer.work.once(purpose, found, lambda: outer.work.deeper(lambda: _form(found, inner)))


def _form(found: pikepdf.Object, inner: "Resources") -> pikepdf.Object | None:
    known = entries(found)
    box = rectangle(known.get("/BBox"))
    drawing = drawn_by(found, inner)
    if box is None or drawing is None:
        return None
    made = {
        "/Type": pikepdf.Name.XObject,
        "/Subtype": pikepdf.Name.Form,
        "/BBox": pikepdf.Array(box),
        "/Resources": inner.dictionary(),
        **picked(known, _FORM),
    }
    if (group := transparency_group(known.get("/Group"), inner.work)) is not None:
        made["/Group"] = group
    return inner.work.stream(drawing, made)


def drawn_by(stream: pikepdf.Object, inner: "Resources") -> bytes | None:
    """The rewritten content of a form, a pattern or a glyph; None, with a finding, where it cannot be read."""
    work: Work = inner.work
    try:
        return content.rewritten(streams.decoded(stream, work), inner, work)
    except StreamFailed:
        detail = "drawing whose content cannot be read"
        work.found(Threat.MALFORMED, Severity.WARNING, Action.REMOVED, inner.where, detail)
        return None
