"""Moves a picture by an eighth of a pixel and drops the lowest bit: what is hidden in single bits is gone.

One-bit pictures stay as they are: each bit of them is there to be seen.
"""

from typing import Final

from PIL import Image

_SHIFT: Final = (1, 0, 0.125, 0, 1, 0.125)
_HALVED: Final = [(value >> 1) * 255 // 127 for value in range(256)]  # 128 levels; black and white stay
_DEEP: Final = frozenset({"I;16", "I", "F"})  # 16 or 32 bits a pixel; shifted as fractions


def moved(image: Image.Image) -> Image.Image:
    """The same to the eye. Modes stay; in palette pictures each pixel takes the nearest colour there is."""
    if image.mode == "1":
        return image
    if image.mode == "P":
        return _indexed(image)
    if image.mode in _DEEP:
        values = _shifted(image.convert("F"))
        return values if image.mode == "F" else values.convert("I").convert(image.mode)
    return _shifted(image).point(_HALVED * len(image.getbands()))


def _shifted(image: Image.Image) -> Image.Image:
    return image.transform(image.size, Image.Transform.AFFINE, _SHIFT, Image.Resampling.BICUBIC)


def _indexed(image: Image.Image) -> Image.Image:
    """A shift of indices would mix unrelated colours: the colours are shifted, and looked up again."""
    plain = image.copy()
    plain.info = {}
    if not plain.getpalette():  # a palette without a colour: all is black, and there is nothing to look up
        return _shifted(plain.convert("RGB"))
    return _shifted(plain.convert("RGB")).quantize(palette=plain, dither=Image.Dither.NONE)
