"""Writes a picture file anew: each type by its own path, which ends in a type that viewers read safely.

| comes in | goes on as | because |
|---|---|---|
| JPEG | JPEG | |
| PNG, APNG | PNG, APNG | |
| GIF | GIF | animations keep frames, times, disposal, loops |
| WebP | WebP | |
| TIFF | TIFF | pages stay together |
| BMP | PNG | same pixels, a fraction of the size |
| HEIC, HEIF | JPEG; PNG with transparency | every viewer shows it |
| AVIF | JPEG; PNG with transparency; animated: WebP | the same |
| JPEG 2000 | JPEG; PNG with transparency or 16 bits | the same |
| ICO, CUR | PNG of the largest picture | |
| Photoshop | PNG of the flattened picture | |
"""

import logging
from collections.abc import Callable
from typing import Final

import msgspec
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    IcoImagePlugin,
    Image,
    Jpeg2KImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    PsdImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from sanitizers.budget import BudgetMeter
from sanitizers.model import Finding
from sanitizers.pictures import hevc
from sanitizers.pictures.animations import rebuilt_gif, rebuilt_png, rebuilt_webp
from sanitizers.pictures.order import Order
from sanitizers.pictures.pages import rebuilt_tiff
from sanitizers.pictures.stills import (
    rebuilt_avif,
    rebuilt_bmp,
    rebuilt_heif,
    rebuilt_icon,
    rebuilt_jp2,
    rebuilt_jpeg,
    rebuilt_psd,
)
from sanitizers.pictures.writing import New
from sanitizers.rules import Pictures

_PATHS: Final[dict[str, Callable[[bytes, Order], New]]] = {
    "image/jpeg": rebuilt_jpeg,
    "image/png": rebuilt_png,
    "image/gif": rebuilt_gif,
    "image/webp": rebuilt_webp,
    "image/tiff": rebuilt_tiff,
    "image/bmp": rebuilt_bmp,
    "image/heic": rebuilt_heif,
    "image/avif": rebuilt_avif,
    "image/jp2": rebuilt_jp2,
    "image/x-jp2-codestream": rebuilt_jp2,
    "image/vnd.microsoft.icon": rebuilt_icon,
    "image/vnd.adobe.photoshop": rebuilt_psd,
}
TYPES: Final = frozenset(_PATHS)  #: detected types that can be rebuilt
_PLUGINS: Final = (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    IcoImagePlugin,
    Jpeg2KImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    PsdImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)


class NewPicture(msgspec.Struct, frozen=True):
    """A picture file written anew."""

    data: bytes
    type: str  #: media type of `data`
    findings: tuple[Finding, ...]


def rebuilt(data: bytes, detected_type: str, meter: BudgetMeter, how: Pictures = Pictures.REBUILT) -> NewPicture:
    """The picture file, one of TYPES, written anew; raises CannotSanitize. Pixels and pages are counted."""
    order = Order(meter, how)
    new = _PATHS[detected_type](data, order)
    return NewPicture(new.data, new.type, order.findings())


def warm() -> None:
    """Set the decoders up, before the walls of a child stand: the plug-ins that we use, and no thread in any."""
    logging.getLogger("PIL").setLevel(logging.CRITICAL)  # what is wrong with a picture is said in its report
    Image.MAX_IMAGE_PIXELS = None  # the budget counts pixels; Pillow's own guard would only warn
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    hevc.load()
    Image.preinit()


warm()
