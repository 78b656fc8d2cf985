"""TIFF: every page is decoded and written again, one after the other; one-bit pages stay one-bit (CCITT group 4)."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final

from PIL import Image, ImageFile

from sanitizers.pictures.census import Extra
from sanitizers.pictures.colours import in_srgb
from sanitizers.pictures.decoding import opened, turned_to
from sanitizers.pictures.order import Order
from sanitizers.pictures.tiff import TiffPage, read_tiff, write_tiff
from sanitizers.pictures.writing import New

_JPEG_COMPRESSIONS: Final = frozenset({6, 7, 34892})  # TIFF 6.0, technical note 2, lossy DNG
_PREDICTOR: Final = 317
_DIFFERENCES: Final = 2
_WRITABLE: Final = frozenset({"1", "L", "P", "RGB", "RGBA", "LA", "I;16", "I", "F"})


def rebuilt_tiff(data: bytes, order: Order) -> New:
    """All pages but smaller copies of others."""
    pages = read_tiff(data, order.census)
    source = opened(data, "TIFF", order.meter)
    return New(write_tiff(_coded_pages(source, pages, order)), "image/tiff")


def _coded_pages(source: ImageFile.ImageFile, pages: list[TiffPage], order: Order) -> Iterator[bytes]:
    for number, page in enumerate(pages):
        if page.reduced and number:
            order.census.met(Extra.THUMBNAIL)
            continue
        order.meter.take_pages()
        turned_to(source, number, "TIFF", order.meter)
        yield _coded(source, page, order)


def _coded(source: Image.Image, page: TiffPage, order: Order) -> bytes:
    profile, density = source.info.get("icc_profile", b""), source.info.get("dpi", (0, 0))
    image = in_srgb(source.copy(), profile)  # a copy: Pillow writes the tags of what it opened
    if image.mode not in _WRITABLE:
        image = image.convert("I;16" if image.mode.startswith("I;16") else "RGB")
    order.look(image)
    image = order.treated(image)
    if page.compression in _JPEG_COMPRESSIONS and image.mode in {"L", "RGB"}:
        image = image.convert("YCbCr")  # as RGB the JPEG inside would be twice as large
    image.info = {}
    if image.mode != "1":
        return _written(image, _compression(image), density)
    fax = _written(image, {"compression": "group4"}, density)  # a page of text; but a screened photograph swells
    deflated = _written(image, {"compression": "tiff_adobe_deflate"}, density)
    return fax if len(fax) < 2 * len(deflated) else deflated


def _written(image: Image.Image, options: dict[str, Any], density: tuple[float, float]) -> bytes:
    resolution = tuple(round(float(number)) for number in density)
    if all(1 < number < 65_536 for number in resolution):
        options = {**options, "dpi": resolution}
    out = BytesIO()
    image.save(out, "TIFF", **options)
    return out.getvalue()


def _compression(image: Image.Image) -> dict[str, Any]:
    if image.mode == "YCbCr":
        return {"compression": "jpeg", "quality": 85}
    if image.mode in {"L", "RGB", "RGBA", "LA"}:
        return {"compression": "tiff_adobe_deflate", "tiffinfo": {_PREDICTOR: _DIFFERENCES}}
    return {"compression": "tiff_adobe_deflate"}
