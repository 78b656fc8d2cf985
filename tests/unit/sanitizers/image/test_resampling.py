"""With pictures = "resampled" what is hidden in single bits of pixels cannot be read any more."""

from hashlib import shake_128

import pytest
from PIL import Image

from sanitizers.pictures.resampling import moved
from sanitizers.rules import Pictures
from tests.unit.sanitizers.image.making import photo, rebuilt, saved, shown
from tests.unit.sanitizers.image.similarity import ssim


def hidden_in(picture: Image.Image, bits: int) -> tuple[Image.Image, bytes]:
    """A picture with random words in the lowest bits of every byte, and the words."""
    pixels = picture.tobytes()
    words = bytes(byte & ((1 << bits) - 1) for byte in shake_128(b"words").digest(len(pixels)))
    mixed = bytes(pixel >> bits << bits | word for pixel, word in zip(pixels, words, strict=True))
    return Image.frombytes(picture.mode, picture.size, mixed), words


def errors(picture: Image.Image, words: bytes, bit: int) -> float:
    """The share of hidden bits that are read wrongly: 0.5 is chance."""
    wrong = sum((pixel ^ word) >> bit & 1 for pixel, word in zip(picture.tobytes(), words, strict=True))
    return wrong / len(words)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "BMP"])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_the_lowest_bits_are_noise(kind: str, mode: str) -> None:
    if (kind, mode) in {("WEBP", "L"), ("BMP", "RGBA")}:
        pytest.skip(f"{kind} has no {mode}")
    picture, words = hidden_in(photo().convert(mode), 2)
    options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    data = saved(picture, kind, **options)
    kept = shown(rebuilt(data).data)
    assert errors(kept, words, 0) == 0  # a faithful copy keeps them: this is what the rule is for
    gone = shown(rebuilt(data, Pictures.RESAMPLED).data)
    assert gone.mode == kept.mode
    colours = len(gone.getbands())
    assert errors(gone.convert("L"), words[::colours], 0) > 0.4 if colours == 1 else errors(gone, words, 0) > 0.4
    assert errors(gone, words, 1) > 0.2
    assert ssim(gone, kept) >= 0.95


def test_indices_of_a_palette_are_noise() -> None:
    """As EzStego does it: neighbours in the palette look alike, and the lowest bit of the index is the word."""
    picture = Image.new("P", (160, 120))
    picture.putpalette(bytes(value for index in range(256) for value in (index, index, index)))
    picture.frombytes(photo().convert("L").tobytes())
    picture, words = hidden_in_indices(picture)
    for kind in ("GIF", "PNG"):
        data = saved(picture, kind, optimize=False)
        assert errors(shown(rebuilt(data).data), words, 0) == 0
        gone = shown(rebuilt(data, Pictures.RESAMPLED).data)
        assert errors(gone, words, 0) > 0.3
        assert ssim(gone, shown(data)) > 0.94


def hidden_in_indices(picture: Image.Image) -> tuple[Image.Image, bytes]:
    palette = picture.getpalette()
    mixed, words = hidden_in(picture, 1)
    assert palette is not None
    mixed.putpalette(palette)
    return mixed, words


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "F"])
def test_modes_and_sizes_stay(mode: str) -> None:
    picture = (
        photo().convert("L").convert("I").point(lambda value: value * 257).convert("I;16")
        if mode == "I;16"
        else photo().convert("L" if mode == "F" else mode).convert(mode)
    )
    new = shown(rebuilt(saved(picture, "TIFF"), Pictures.RESAMPLED).data)
    assert (new.mode, new.size) == (picture.mode, picture.size)
    assert ssim(new, picture) > 0.95


def test_jpegs_look_the_same() -> None:
    data = saved(photo((320, 240)), "JPEG", quality=85)
    new = rebuilt(data, Pictures.RESAMPLED)
    assert not new.findings
    assert 0.95 <= ssim(shown(new.data), shown(data)) < 0.999


def test_black_and_white_stay_black_and_white() -> None:
    picture = Image.new("L", (64, 64), 255)
    picture.paste(0, (16, 16, 48, 48))
    new = shown(rebuilt(saved(picture, "PNG"), Pictures.RESAMPLED).data)
    assert (new.getpixel((2, 2)), new.getpixel((32, 32))) == (255, 0)


def test_no_lowest_bit_is_left_to_write_in() -> None:
    picture = Image.frombytes("L", (256, 64), bytes(range(256)) * 64)
    assert len(set(shown(rebuilt(saved(picture, "PNG"), Pictures.RESAMPLED).data).tobytes())) <= 128


def test_a_palette_without_a_colour_is_black() -> None:
    picture = Image.new("P", (9, 9))
    picture.putpalette(b"")
    assert moved(picture).convert("RGB").getcolors() == [(81, (0, 0, 0))]
