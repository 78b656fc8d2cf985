"""The grey field that stands where a picture was that could not be cleaned."""

from functools import cache
from typing import Final

from PIL import Image

from sanitizers.pictures.writing import as_png

_SIDE: Final = 16  # pixels
_LIGHT_GREY: Final = 0xD9


@cache
def placeholder() -> bytes:
    """As PNG; cleaned once more it stays byte for byte the same."""
    return as_png(Image.new("L", (_SIDE, _SIDE), _LIGHT_GREY)).data
