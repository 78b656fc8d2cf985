"""Decodes HEVC pictures with libde265 (it comes with pillow-heif), in the one thread that a child has.

libheif asks libde265 for a worker thread, and a child may not start any; so libde265 is called here without libheif.
"""

import ctypes
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import msgspec
from PIL import Image

from sanitizers.model import CannotSanitize, Threat

_OK: Final = 0
_WAITING: Final = 13  # DE265_ERROR_WAITING_FOR_INPUT_DATA
_FIRST_WARNING: Final = 1_000  # error numbers from here on say that a picture came out nevertheless
_MOST_STEPS: Final = 100_000
_MONOCHROME: Final = 0  # de265_chroma_mono


class Planes(msgspec.Struct, frozen=True):
    """One decoded picture: luminance, and two planes of colour unless it is grey; 8 bits, all of one size."""

    planes: tuple[Image.Image, ...]
    full_range: bool
    matrix: int  #: ITU-T H.273 table 4; 2: not said


def load() -> None:
    """Load the library now."""
    _library()


@cache
def _library() -> ctypes.CDLL:
    package = find_spec("pillow_heif")  # not imported: with libheif and an encoder it would only take memory
    folder = Path(package.origin).parent.parent if package and package.origin else Path()
    found = sorted(folder.glob("pillow_heif.libs/libde265*.so*"))
    library = ctypes.CDLL(str(found[0]) if found else "libde265.so.0")
    pointer, number = ctypes.c_void_p, ctypes.c_int
    library.de265_new_decoder.restype = pointer
    library.de265_free_decoder.argtypes = (pointer,)
    library.de265_push_NAL.argtypes = (pointer, ctypes.c_char_p, number, ctypes.c_int64, pointer)
    library.de265_flush_data.argtypes = (pointer,)
    library.de265_decode.argtypes = (pointer, ctypes.POINTER(number))
    library.de265_get_next_picture.argtypes = (pointer,)
    library.de265_get_next_picture.restype = pointer
    for name in ("width", "height"):
        getattr(library, f"de265_get_image_{name}").argtypes = (pointer, number)
    library.de265_get_bits_per_pixel.argtypes = (pointer, number)
    library.de265_get_chroma_format.argtypes = (pointer,)
    library.de265_get_image_full_range_flag.argtypes = (pointer,)
    library.de265_get_image_matrix_coefficients.argtypes = (pointer,)
    library.de265_get_image_plane.argtypes = (pointer, number, ctypes.POINTER(number))
    library.de265_get_image_plane.restype = pointer
    return library


def decoded_planes(units: Iterable[bytes], size: tuple[int, int]) -> Planes:
    """The picture that NAL units code (ITU-T H.265), parameter sets first; it must be at most as large as `size`.

    Raises CannotSanitize.
    """
    with _decoder() as decoder:
        for unit in units:
            _library().de265_push_NAL(decoder, unit, len(unit), 0, None)
        _library().de265_flush_data(decoder)
        picture = _picture(decoder)
        if picture is None:
            raise CannotSanitize(Threat.MALFORMED, "a HEIC picture that is damaged or cut short")
        return _planes(picture, size)


@contextmanager
def _decoder() -> Iterator[int]:
    decoder = _library().de265_new_decoder()
    if not decoder:
        raise MemoryError
    try:
        yield decoder
    finally:
        _library().de265_free_decoder(decoder)


def _picture(decoder: int) -> int | None:
    more = ctypes.c_int(1)
    for _ in range(_MOST_STEPS):
        error = _library().de265_decode(decoder, ctypes.byref(more))
        if error not in {_OK, _WAITING} and error < _FIRST_WARNING:
            return None
        picture = _library().de265_get_next_picture(decoder)
        if picture or not more.value or error == _WAITING:
            return int(picture) if picture else None
    return None


def _planes(picture: int, size: tuple[int, int]) -> Planes:
    library = _library()
    count = 1 if library.de265_get_chroma_format(picture) == _MONOCHROME else 3
    planes = [_plane(picture, channel, size) for channel in range(count)]
    full = planes[0].size
    return Planes(
        tuple(plane if plane.size == full else plane.resize(full, Image.Resampling.BILINEAR) for plane in planes),
        bool(library.de265_get_image_full_range_flag(picture)),
        int(library.de265_get_image_matrix_coefficients(picture)),
    )


def _plane(picture: int, channel: int, size: tuple[int, int]) -> Image.Image:
    library = _library()
    width, height = library.de265_get_image_width(picture, channel), library.de265_get_image_height(picture, channel)
    bits = library.de265_get_bits_per_pixel(picture, channel)
    stride = ctypes.c_int()
    start = library.de265_get_image_plane(picture, channel, ctypes.byref(stride))
    if not start or not 0 < width <= size[0] or not 0 < height <= size[1] or not 8 <= bits <= 16:
        raise CannotSanitize(Threat.MALFORMED, "a HEIC picture of another size or depth than it says")
    rows = ctypes.string_at(start, stride.value * height)
    if bits == 8:
        return Image.frombytes("L", (width, height), rows, "raw", "L", stride.value, 1)
    deep = Image.frombytes("I;16", (width, height), rows, "raw", "I;16", stride.value, 1)
    return deep.convert("I").point([min(255, value >> (bits - 8)) for value in range(65_536)], "L")
