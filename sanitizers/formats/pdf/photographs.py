"""DCT and JPX pictures: decoded by Pillow, encoded again as JPEG or as Flate (ISO 32000-2, 7.4.8 and 7.4.9)."""

from collections.abc import Callable, Iterator
from io import BytesIO

import msgspec
from PIL import Image, ImageFile, Jpeg2KImagePlugin, JpegImagePlugin

from sanitizers.formats.pdf import rasters
from sanitizers.formats.pdf.encoded import Encoded
from sanitizers.formats.pdf.work import StreamFailed
from sanitizers.model import Severity, Threat

QUALITY = 92  #: for what was no JPEG before; what was one keeps its own tables
PLAIN_QUALITY = 82  #: for what was packed to less than a bit a pixel: it has no fine shades to lose
OPTIMISED = 4_000_000  #: pixels up to which the best Huffman tables are looked for
FULL_COLOUR, HALF_COLOUR = 0, 2  #: Pillow's words for 4:4:4 and 4:2:0

_ADOBE = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0"  # APP14; the byte after it tells the colour transform
_END = b"\xff\xd9"
_COMPONENTS = {"L": 1, "RGB": 3, "CMYK": 4}

_METADATA = frozenset({*range(0xE1, 0xEE), 0xEF, 0xFE})  #: markers APP1 to APP13, APP15 and COM
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})

CountPixels = Callable[[int, int], None]


def photograph(data: bytes, count: CountPixels, transform: int | None = None) -> Encoded:
    """A JPEG with the tables and the sampling of the source, and nothing of it but pixels. Raises StreamFailed."""
    if transform is not None and b"Adobe" not in data[:65_536]:
        data = data[:2] + _ADOBE + bytes((transform,)) + data[2:]
    # Readers show what there is of a cut-off picture; so does libjpeg when it meets an end.
    picture = _opened(JpegImagePlugin.JpegImageFile, data + _END, count)
    keep_rgb = picture.mode == "RGB" and picture.info.get("adobe_transform") == 0
    picture.info.clear()  # comment, density, profiles: Pillow would write some of them again
    return _jpeg(picture, keep_rgb=keep_rgb, own_tables=True)


def beside_the_pixels(data: bytes) -> Iterator[tuple[Threat, Severity, str]]:
    """What a JPEG carries that is no picture, for the report: none of it is written."""
    place, found = 2, False
    while data[place : place + 1] == b"\xff" and place + 4 <= len(data):
        marker = data[place + 1]
        if marker == 0xDA:
            break
        found = found or marker in _METADATA
        place += 2 if marker in _WITHOUT_LENGTH else 2 + int.from_bytes(data[place + 2 : place + 4])
    if found:
        yield Threat.METADATA, Severity.NOTE, "metadata in pictures"
    end = data.rfind(_END)
    if 0 <= end < len(data) - 2 and data[end + 2 :].strip(b"\0\t\n\f\r \xff"):
        yield Threat.HIDDEN_CONTENT, Severity.WARNING, "data behind the end of a picture"


def _opened(kind: type[ImageFile.ImageFile], data: bytes, count: CountPixels) -> ImageFile.ImageFile:
    try:
        picture = kind(BytesIO(data))
        count(*picture.size)
        picture.load()
    except (OSError, SyntaxError, ValueError, IndexError, KeyError, TypeError, EOFError) as error:
        raise StreamFailed("a picture that cannot be decoded") from error
    return picture


def _jpeg(
    picture: Image.Image,
    *,
    quality: int = QUALITY,
    sampling: int = FULL_COLOUR,
    keep_rgb: bool = False,
    own_tables: bool = False,
) -> Encoded:
    if picture.mode not in _COMPONENTS:
        raise StreamFailed("a picture with unusual components")
    small = picture.width * picture.height <= OPTIMISED
    options: dict[str, object] = {"quality": quality, "optimize": small}
    own = _tables(picture) if own_tables else {}
    if own:
        del options["quality"]  # Pillow would scale the tables by it
    else:
        own = {"subsampling": sampling}
    if keep_rgb:
        options["keep_rgb"] = True
    file = BytesIO()
    picture.save(file, "JPEG", **options, **own)
    width, height = picture.size
    return Encoded(file.getvalue(), "/DCTDecode", width, height, 8, _COMPONENTS[picture.mode])


def _tables(picture: Image.Image) -> dict[str, object]:
    """Quantisation and sampling of the source: encoded so, its pixels come out as they went in."""
    tables: dict[int, list[int]] = picture.quantization  # type: ignore[attr-defined]
    if not tables or any(not 1 <= step <= 255 for table in tables.values() for step in table):
        return {}
    sampling = JpegImagePlugin.get_sampling(picture) if picture.mode == "RGB" else FULL_COLOUR
    chosen = sampling if sampling in {0, 1, 2} else FULL_COLOUR
    used = [list(tables[key]) for key in sorted(tables)][:4]
    if picture.mode == "CMYK":  # Pillow gives each ink the next table, and the second is often one for faint colours
        used = [min(used, key=sum)]
    return {"qtables": used, "subsampling": chosen}


def wavelet(data: bytes, count: CountPixels, *, exact: bool, with_alpha: bool) -> Encoded:
    """A JPEG 2000 picture as JPEG, or as Flate where every value counts. Raises StreamFailed."""
    opened: Image.Image = _opened(Jpeg2KImagePlugin.Jpeg2KImageFile, data, count)
    opened.info.clear()
    if opened.mode in {"I;16", "I;16B", "I"}:
        opened = opened.point(lambda value: value * (1 / 256)).convert("L")
    alpha = None
    if opened.mode in {"LA", "RGBA", "PA"}:
        if with_alpha:
            alpha = _flate(opened.getchannel("A"))
        opened = opened.convert("L" if opened.mode == "LA" else "RGB")
    elif opened.mode in {"1", "P", "YCbCr"}:
        opened = opened.convert("L" if opened.mode == "1" else "RGB")
    quality, sampling = _effort(data, opened)
    made = _flate(opened) if exact else _jpeg(opened, quality=quality, sampling=sampling)
    return made if alpha is None else msgspec.structs.replace(made, alpha=alpha)


def _effort(data: bytes, picture: Image.Image) -> tuple[int, int]:
    """Quality and sampling."""
    fine = 8 * len(data) > picture.width * picture.height
    return (QUALITY, FULL_COLOUR) if fine else (PLAIN_QUALITY, HALF_COLOUR)


def _flate(picture: Image.Image) -> Encoded:
    if picture.mode not in _COMPONENTS:
        raise StreamFailed("a picture with unusual components")
    return rasters.packed(picture.tobytes(), picture.size, _COMPONENTS[picture.mode], 8, predicted=True)
