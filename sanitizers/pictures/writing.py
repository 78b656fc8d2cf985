"""Writes one decoded picture as JPEG or PNG: nothing goes along but pixels, and how large they are meant to be."""

from io import BytesIO
from typing import Final

import msgspec
from PIL import Image

from sanitizers.pictures.png import Drawn, Looks, write_png

JPEG: Final = "image/jpeg"
PNG: Final = "image/png"

_MOST_BUFFERED: Final = 25_000_000  # pixels; above, libjpeg would hold the whole coded picture twice
_METRES: Final = 0.0254  # in an inch


class New(msgspec.Struct, frozen=True):
    """A picture as it goes on."""

    data: bytes
    type: str


class JpegLook(msgspec.Struct, frozen=True):
    """How a JPEG picture is coded."""

    quality: int
    subsampling: int = 0
    progressive: bool = False
    density: tuple[int, int] = (0, 0)  #: pixels per inch; 0: not said


def as_jpeg(image: Image.Image, look: JpegLook) -> New:
    """Grey or RGB; any other mode becomes RGB."""
    if image.mode not in {"L", "RGB"}:
        image = image.convert("L" if image.mode in {"1", "I;16", "I", "LA"} else "RGB")
    buffered = image.width * image.height <= _MOST_BUFFERED
    image.info = {}  # Pillow would write what it finds there
    out = BytesIO()
    image.save(
        out,
        "JPEG",
        quality=look.quality,
        subsampling=look.subsampling if image.mode == "RGB" else -1,
        progressive=look.progressive and buffered,
        optimize=buffered,
        **({"dpi": look.density} if all(0 < number < 65_536 for number in look.density) else {}),
    )
    return New(out.getvalue(), JPEG)


def as_png(image: Image.Image, density: tuple[float, float] = (0, 0), opacities: object = None) -> New:
    """Every mode that a decoder gives; `density` in pixels per inch, `opacities` of indices as Pillow tells them."""
    palette = transparency = b""
    if image.mode == "P":
        palette, transparency = _palette(image, opacities)
    elif image.mode in {"I", "F", "I;16B", "I;16L"}:
        image = image.convert("I;16")
    elif image.mode not in {"1", "L", "I;16", "LA", "RGB", "RGBA"}:
        image = image.convert("RGB")
    metres = (round(density[0] / _METRES), round(density[1] / _METRES))
    looks = Looks(palette=palette, transparency=transparency, density=metres)
    return New(write_png(image.size, [Drawn(image)], looks), PNG)


def _palette(image: Image.Image, opacities: object) -> tuple[bytes, bytes]:
    """Colours and opacities of the indices in use; others are black."""
    colours = bytes(image.getpalette("RGB") or ())
    if isinstance(opacities, int):
        opacities = b"\xff" * opacities + b"\0"
    return used_palette(colours, image), opacities if isinstance(opacities, bytes) else b""


def used_palette(colours: bytes, image: Image.Image) -> bytes:
    """As many colours as the highest index in use needs; one that no pixel has is black, whatever stood there."""
    counts = image.histogram()
    last = max((index for index, count in enumerate(counts) if count), default=0)
    return b"".join(
        colours[3 * index : 3 * index + 3].ljust(3, b"\0") if counts[index] else bytes(3) for index in range(last + 1)
    )
