"""Brings every picture into the colours of sRGB, and into a mode that the format to be written can hold."""

from io import BytesIO
from typing import Final

from PIL import Image, ImageCms

_SRGB: Final = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
# The primaries of sRGB as profiles state them (D50, XYZ), and how far a profile may stray and still be sRGB.
_PRIMARIES: Final = ((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141))
_TOLERANCE: Final = 0.02
_INTO: Final = {"RGB": "RGB ", "RGBA": "RGB ", "RGBX": "RGB ", "CMYK": "CMYK", "LAB": "Lab "}


def in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """The picture in sRGB, or in grey, one bit, indices; `profile`: what its file says about its colours, or nothing.

    A profile that is broken or of another kind of colours than the picture counts as none.
    """
    if image.mode == "P" and image.palette is not None and image.palette.mode in {"RGB", "RGBA"}:
        return image  # its palette is converted by whoever writes it
    converted = _by_profile(image, profile) if profile and image.mode in _INTO else None
    if converted is not None:
        return converted
    if image.mode in {"CMYK", "YCbCr", "LAB", "HSV", "RGBX"}:
        return image.convert("RGB")
    return (
        image.convert({"PA": "RGBA", "La": "LA", "RGBa": "RGBA"}[image.mode])
        if image.mode in {"PA", "La", "RGBa"}
        else image
    )


def palette_in_srgb(palette: bytes, profile: bytes) -> bytes:
    """RGB triples converted as a picture of one row would be."""
    if not profile or not palette:
        return palette
    row = Image.frombytes("RGB", (len(palette) // 3, 1), palette)
    return in_srgb(row, profile).tobytes()


def _by_profile(image: Image.Image, profile: bytes) -> Image.Image | None:
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        if source.profile.xcolor_space != _INTO[image.mode] or _is_srgb(source):
            return None
        wanted = "RGBA" if image.mode == "RGBA" else "RGB"
        transform = ImageCms.buildTransform(source, _SRGB, image.mode, wanted)
        if image.mode == wanted:
            return ImageCms.applyTransform(image, transform, inPlace=True) or image
        return ImageCms.applyTransform(image, transform)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError, AttributeError):
        return None


def _is_srgb(profile: ImageCms.ImageCmsProfile) -> bool:
    found = (profile.profile.red_colorant, profile.profile.green_colorant, profile.profile.blue_colorant)
    return all(
        stated is not None and all(abs(a - b) < _TOLERANCE for a, b in zip(stated[0], meant, strict=True))
        for stated, meant in zip(found, _PRIMARIES, strict=True)
    )
