"""Frames, times, loops, disposal and transparency of animations stay."""

import io

import pytest
from PIL import Image

from sanitizers.rules import Pictures
from tests.unit.sanitizers.image.making import photo, rebuilt, saved

FRAMES = [photo((48, 36)).quantize(20), photo((48, 36)).rotate(90).quantize(9), Image.new("P", (48, 36), 0)]


def played(data: bytes) -> list[tuple[bytes, float]]:
    """Every frame as seen, and how long."""
    picture = Image.open(io.BytesIO(data))
    frames = []
    for number in range(getattr(picture, "n_frames", 1)):
        picture.seek(number)
        frames.append((picture.convert("RGBA").tobytes(), picture.info.get("duration", 0)))
    return frames


@pytest.mark.parametrize("disposal", [0, 1, 2, 3])
@pytest.mark.parametrize("loop", [None, 0, 3])
def test_gif(disposal: int, loop: int | None) -> None:
    looping = {} if loop is None else {"loop": loop}
    options = {"duration": [100, 250, 400], "disposal": disposal, "transparency": 3, **looping}
    data = saved(FRAMES[0], "GIF", save_all=True, append_images=FRAMES[1:], **options)
    new = rebuilt(data).data
    assert played(new) == played(data)
    assert Image.open(io.BytesIO(new)).info.get("loop") == Image.open(io.BytesIO(data)).info.get("loop")


@pytest.mark.parametrize("disposal", [0, 1, 2])
@pytest.mark.parametrize("blend", [0, 1])
@pytest.mark.parametrize("default_image", [False, True])
def test_apng(disposal: int, blend: int, *, default_image: bool) -> None:
    frames = [frame.convert("RGBA") for frame in FRAMES]
    frames[1].putalpha(90)
    options = {"duration": [100, 250, 400], "disposal": disposal, "blend": blend, "default_image": default_image}
    data = saved(frames[0], "PNG", save_all=True, append_images=frames[1:], loop=2, **options)
    new = rebuilt(data).data
    assert played(new) == played(data)
    assert Image.open(io.BytesIO(new)).info["loop"] == 2


def test_webp() -> None:
    frames = [frame.convert("RGBA") for frame in FRAMES]
    data = saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=[100, 250, 400], lossless=True)
    assert played(rebuilt(data).data) == played(data)


def test_animated_avif_goes_on_as_animated_webp() -> None:
    frames = [frame.convert("RGB") for frame in FRAMES]
    new = rebuilt(saved(frames[0], "AVIF", save_all=True, append_images=frames[1:], duration=[100, 250, 400]))
    assert new.type == "image/webp"
    assert [round(duration) for _, duration in played(new.data)] == [100, 250, 400]


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_a_resampled_animation_still_plays(kind: str) -> None:
    frames = [frame.convert("RGB") for frame in FRAMES]
    data = saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=[100, 250, 400], loop=1)
    new = rebuilt(data, Pictures.RESAMPLED).data
    assert [duration for _, duration in played(new)] == [100, 250, 400]
    assert [frame for frame, _ in played(new)] != [frame for frame, _ in played(data)]


def test_pages_of_a_tiff_stay_in_order_and_small_copies_go() -> None:
    pages = [frame.convert("RGB") for frame in FRAMES]
    data = saved(pages[0], "TIFF", save_all=True, append_images=pages[1:], compression="tiff_lzw")
    assert [frame for frame, _ in played(rebuilt(data).data)] == [frame for frame, _ in played(data)]
