"""JPEG, and the types that go on as JPEG or PNG: one picture each."""

from typing import Final

from PIL import Image

from sanitizers.pictures.animations import frames_as_webp, rebuilt_png
from sanitizers.pictures.bitmaps import read_bmp, read_icon, read_psd, unmasked
from sanitizers.pictures.boxes import count_heif, read_jp2
from sanitizers.pictures.census import Extra
from sanitizers.pictures.colours import in_srgb
from sanitizers.pictures.decoding import broken, decoded, loaded, opened, upright
from sanitizers.pictures.exif import count_exif, read_exif
from sanitizers.pictures.heic import decoded_heic, profile_of
from sanitizers.pictures.heif import HeifFile, read_heif
from sanitizers.pictures.jpeg import read_jpeg
from sanitizers.pictures.order import Order
from sanitizers.pictures.quality import estimated_quality
from sanitizers.pictures.writing import JpegLook, New, as_jpeg, as_png

_AVIF_BRANDS: Final = frozenset({b"avif", b"avis"})
_BESIDE: Final = {b"thmb": Extra.THUMBNAIL, b"auxl": Extra.DEPTH, b"cdsc": Extra.VENDOR}  # by how an item refers
_OPAQUE: Final = (255, 255)
_FROM_ANOTHER: Final = JpegLook(quality=92)
_FROM_VIDEO: Final = JpegLook(quality=90, subsampling=2)  # HEVC and AV1 pictures have their colours at half size too


def rebuilt_jpeg(data: bytes, order: Order) -> New:
    """As strongly compressed as it was, with the same subsampling of colours."""
    file = read_jpeg(data, order.census)
    image: Image.Image = decoded(file.trimmed, "JPEG", order.meter)
    look = JpegLook(
        quality=estimated_quality(file.luminance),
        subsampling=file.subsampling,
        progressive=file.progressive,
        density=file.density,
    )
    image = upright(in_srgb(image, file.profile), file.orientation)
    order.look(image)
    return as_jpeg(order.treated(image), look)


def rebuilt_bmp(data: bytes, order: Order) -> New:
    """As PNG."""
    file = read_bmp(data, order.census)
    image: Image.Image | None = None
    if file.masks is not None and file.bits == 16:
        order.meter.take_pixels(*file.size)
        image = unmasked(file)
    if image is None:
        image = decoded(file.trimmed, "BMP", order.meter)
    return _as_png(image, order, image.info.get("dpi", (0, 0)))


def rebuilt_icon(data: bytes, order: Order) -> New:
    """The largest picture, as PNG."""
    icon = read_icon(data, order.census)
    if icon.is_png:
        return rebuilt_png(icon.data, order)
    order.meter.take_pixels(*icon.size)
    return _as_png(decoded(icon.data, "ICO", order.meter), order)


def rebuilt_psd(data: bytes, order: Order) -> New:
    """The flattened picture, as PNG."""
    file = read_psd(data, order.census)
    image = in_srgb(decoded(file.trimmed, "PSD", order.meter), file.profile)
    return _as_png(image, order, file.density)


def rebuilt_jp2(data: bytes, order: Order) -> New:
    """As JPEG, or as PNG where JPEG cannot hold it."""
    file = read_jp2(data, order.census)
    image = opened(file.trimmed, "JPEG2000", order.meter)
    if image.size != file.size:
        raise broken("JPEG2000")
    loaded(image, "JPEG2000")
    return _as_jpeg_or_png(image, file.profile, order)


def rebuilt_heif(data: bytes, order: Order) -> New:
    """The primary picture, as JPEG, or as PNG with transparency."""
    if count_heif(data, order.census) & _AVIF_BRANDS:
        return rebuilt_avif(data, order, counted=True)
    file = read_heif(data)
    _count_items(file, order)
    image = decoded_heic(file, order.meter)
    return _as_jpeg_or_png(image, profile_of(file), order, _FROM_VIDEO)


def _count_items(file: HeifFile, order: Order) -> None:
    """What stands beside the primary picture; tiles of any picture are counted with it."""
    tiles = {number for item in file.items.values() for number in item.refers.get(b"dimg", ())}
    opacity = file.opacity_of(file.primary)
    for number, item in file.items.items():
        if number == file.primary or number in tiles or item is opacity:
            continue
        if item.kind == b"Exif":
            count_exif(file.content(item)[4:].lstrip(b"\0"), order.census)
        elif item.kind == b"mime":
            order.census.met(Extra.XMP)
        else:
            order.census.met(_BESIDE.get(next(iter(item.refers), b""), Extra.PICTURES))
    if profile_of(file):
        order.census.met(Extra.PROFILE)


def rebuilt_avif(data: bytes, order: Order, *, counted: bool = False) -> New:
    """One picture as JPEG or PNG, an animation as WebP."""
    if not counted:
        count_heif(data, order.census)
    image = opened(data, "AVIF", order.meter)
    _count_info(image, order)
    profile = image.info.get("icc_profile") or b""
    if getattr(image, "n_frames", 1) > 1:
        return frames_as_webp(image, "AVIF", profile, order)
    orientation = read_exif(image.info.get("exif") or b"").orientation
    loaded(image, "AVIF")
    return _as_jpeg_or_png(upright(image, orientation), profile, order, _FROM_VIDEO)


def _count_info(image: Image.Image, order: Order) -> None:
    if image.info.get("exif"):
        count_exif(image.info["exif"], order.census)
    if image.info.get("xmp"):
        order.census.met(Extra.XMP)
    if image.info.get("icc_profile"):
        order.census.met(Extra.PROFILE)


def _as_jpeg_or_png(image: Image.Image, profile: bytes, order: Order, look: JpegLook = _FROM_ANOTHER) -> New:
    image = in_srgb(image, profile)
    if image.mode in {"RGBA", "LA"} and image.getchannel("A").getextrema() == _OPAQUE:
        image = image.convert("RGB" if image.mode == "RGBA" else "L")
    if image.mode not in {"L", "RGB"}:
        return _as_png(image, order)
    order.look(image)
    return as_jpeg(order.treated(image), look)


def _as_png(image: Image.Image, order: Order, density: tuple[float, float] = (0, 0)) -> New:
    image = in_srgb(image, b"")
    order.look(image)
    transparency = image.info.get("transparency")
    image = order.treated(image)
    return as_png(image, density, transparency)
