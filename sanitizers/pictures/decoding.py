"""Decodes with the decoder that we choose, after counting the pixels. Pillow never guesses what a file is.

What a decoder gets was taken apart before where the format allows it: it sees no metadata and nothing behind the end.
"""

import struct
import warnings
import zlib
from io import BytesIO
from typing import Final

from PIL import Image, ImageFile

from sanitizers.budget import BudgetMeter
from sanitizers.model import CannotSanitize, Threat

# What Pillow and its plug-ins raise over files that are broken, or not what they say.
_FAILURES: Final = (
    OSError,  # also UnidentifiedImageError
    SyntaxError,
    ValueError,
    EOFError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    RuntimeError,
    AssertionError,
    struct.error,
    zlib.error,
)
# How to turn a picture so that it stands upright, by the orientation of Exif (Exif 2.32, 4.6.4 A).
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def broken(kind: str) -> CannotSanitize:
    """The refusal of a picture that its decoder cannot read."""
    return CannotSanitize(Threat.MALFORMED, f"{kind}: the picture is damaged, cut short or of an unknown kind")


def opened(data: bytes, kind: str, meter: BudgetMeter) -> ImageFile.ImageFile:
    """The header read by Pillow's plug-in `kind` alone, and the pixels of one picture counted; none decoded yet."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(BytesIO(data), formats=(kind,))
    except _FAILURES as failure:
        raise broken(kind) from failure
    meter.take_pixels(*image.size)
    return image


def loaded(image: Image.Image, kind: str) -> None:
    """Decode the picture that stands open; raises CannotSanitize."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image.load()
    except _FAILURES as failure:
        raise broken(kind) from failure


def turned_to(image: ImageFile.ImageFile, number: int, kind: str, meter: BudgetMeter) -> None:
    """Go to another picture of the file, count its pixels and decode it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image.seek(number)
    except _FAILURES as failure:
        raise broken(kind) from failure
    if number:
        meter.take_pixels(*image.size)
    loaded(image, kind)


def decoded(data: bytes, kind: str, meter: BudgetMeter) -> ImageFile.ImageFile:
    """The first picture of a file, decoded by Pillow's plug-in `kind` ("JPEG", "JPEG2000" …); pixels are counted."""
    image = opened(data, kind, meter)
    loaded(image, kind)
    return image


def upright(image: Image.Image, orientation: int) -> Image.Image:
    """The picture as it is meant to be seen."""
    return image.transpose(_TURNS[orientation]) if orientation in _TURNS else image
