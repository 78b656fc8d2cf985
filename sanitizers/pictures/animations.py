"""PNG, GIF and WebP, with all their frames."""

from collections.abc import Iterator
from io import BytesIO

import msgspec
from PIL import Image, ImageFile

from sanitizers.model import CannotSanitize, Threat
from sanitizers.pictures import gif
from sanitizers.pictures.census import Extra
from sanitizers.pictures.colours import in_srgb, palette_in_srgb
from sanitizers.pictures.decoding import broken, decoded, opened, turned_to, upright
from sanitizers.pictures.gif import GifFile, GifFrame, Painted, read_gif, write_gif
from sanitizers.pictures.order import Order
from sanitizers.pictures.png import Drawn, Looks, PngFile, PngFrame, read_png, write_png
from sanitizers.pictures.webp import WebpFile, read_webp
from sanitizers.pictures.writing import New, used_palette

_WEBP = "image/webp"
_MOST_FRAMES = 2_000


def rebuilt_png(data: bytes, order: Order) -> New:
    """The same colour type, depth of indices, transparency and frames; 16-bit colours become 8-bit."""
    file = read_png(data, order.census)
    looks = Looks(
        palette=palette_in_srgb(file.palette, file.profile) if file.colour_type == 3 else b"",
        transparency=_transparency(file),
        density=file.density,
        gamma=file.gamma,
        plays=file.plays,
    )
    if len(file.frames) == 1 and file.frames[0].fills(file.size):
        image = _png_frame(file, file.frames[0], order)
        order.look(image)
        image = order.treated(upright(image, file.orientation))
        if image.mode == "P":
            looks = msgspec.structs.replace(looks, palette=used_palette(looks.palette, image))
        return New(write_png(image.size, [Drawn(image)], looks), "image/png")
    order.meter.take_pixels(*file.size)
    return New(write_png(file.size, _png_frames(file, order), looks), "image/png")


def _png_frames(file: PngFile, order: Order) -> Iterator[Drawn]:
    for frame in file.frames:
        image = _png_frame(file, frame, order)
        order.look(image)
        yield Drawn(order.treated(image), frame.control)


def _png_frame(file: PngFile, frame: PngFrame, order: Order) -> Image.Image:
    try:
        image = decoded(file.standalone(frame), "PNG", order.meter)
    except CannotSanitize as refusal:
        if refusal.threat is not Threat.MALFORMED:
            raise
        order.census.met(Extra.DAMAGE)
        image = decoded(file.completed(frame), "PNG", order.meter)
    return in_srgb(image, file.profile)


def _transparency(file: PngFile) -> bytes:
    """As written after decoding: a grey of 1, 2 or 4 bits is one of 8 then; a colour of 16 bits has no like."""
    if file.colour_type == 0 and file.bits in {2, 4} and len(file.transparency) == 2:
        return bytes((0, file.transparency[1] * 255 // ((1 << file.bits) - 1)))
    wanted = {0: 2, 2: 6}.get(file.colour_type)
    if file.colour_type in {4, 6} or (file.colour_type == 2 and file.bits == 16):
        return b""
    return file.transparency if wanted in {None, len(file.transparency)} else b""


def rebuilt_gif(data: bytes, order: Order) -> New:
    """The same frames with the same indices and palettes; what viewers show of a file that breaks off."""
    file = read_gif(data, order.census)
    order.meter.take_pixels(*file.size)
    return New(write_gif(file, _gif_frames(file, order)), "image/gif")


def _gif_frames(file: GifFile, order: Order) -> Iterator[Painted]:
    for number, frame in enumerate(file.frames):
        order.meter.take_pixels(*frame.size)
        try:
            image = gif.decoded(frame)
        except ValueError as failure:
            if not number:
                raise broken("GIF") from failure
            order.census.met(Extra.DAMAGE)  # the frames before it are whole
            return
        colours = frame.palette or file.palette
        if colours:
            image.putpalette(colours)
        if not number:
            order.look(_on_canvas(file, frame, image))
        yield Painted(_inside(file, frame, _treated_indices(image, frame, order)), frame)


def _treated_indices(image: Image.Image, frame: GifFrame, order: Order) -> Image.Image:
    """Pixels that are not painted stay so, and no other becomes one."""
    new = order.treated(image)
    if new is not image and frame.transparent is not None:
        holes = image.point([255 if index == frame.transparent else 0 for index in range(256)], "L")
        new.paste(image, mask=new.point([255 if index == frame.transparent else 0 for index in range(256)], "L"))
        new.paste(frame.transparent, mask=holes)
    return new


def _inside(file: GifFile, frame: GifFrame, image: Image.Image) -> Image.Image:
    """What of a frame lies on the canvas."""
    width = min(image.width, file.size[0] - frame.offset[0])
    height = min(image.height, file.size[1] - frame.offset[1])
    return image if (width, height) == image.size else image.crop((0, 0, width, height))


def _on_canvas(file: GifFile, frame: GifFrame, image: Image.Image) -> Image.Image:
    """The first frame as seen, on white."""
    if image.size == file.size and frame.transparent is None:
        return image
    shown = image.convert("RGB")
    canvas = Image.new("RGB", file.size, "white")
    holes = image.point([0 if index == frame.transparent else 255 for index in range(256)], "L")
    canvas.paste(shown, frame.offset, holes)
    return canvas


def rebuilt_webp(data: bytes, order: Order) -> New:
    """Lossless stays lossless, lossy is as strongly compressed as it was; frames, times and loops are kept."""
    file = read_webp(data, order.census)
    order.meter.take_pixels(*file.size)  # the decoder makes its canvas before it tells the size
    if file.durations:
        animation = opened(file.trimmed, "WEBP", order.meter)
        return frames_as_webp(animation, "WEBP", file.profile, order, file)
    image = upright(in_srgb(decoded(file.trimmed, "WEBP", order.meter), file.profile), file.orientation)
    order.look(image)
    image = order.treated(image)
    image.info = {}
    out = BytesIO()
    image.save(out, "WEBP", lossless=file.lossless, quality=_level(file), method=4, exact=file.lossless)
    return New(out.getvalue(), _WEBP)


def frames_as_webp(
    image: ImageFile.ImageFile, kind: str, profile: bytes, order: Order, file: WebpFile | None = None
) -> New:
    """An animation that stands open, frame by frame. Without a WebP file that it came from, times are the decoder's."""
    count = getattr(image, "n_frames", 1)
    if count > _MOST_FRAMES:
        raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {_MOST_FRAMES} frames")
    frames: list[Image.Image] = []
    durations: list[int] = []
    for number in range(count):
        turned_to(image, number, kind, order.meter)
        durations.append(int(image.info.get("duration", 0)))
        frame = in_srgb(image.copy(), profile)
        order.look(frame)
        frames.append(order.treated(frame))
        frames[-1].info = {}
    out = BytesIO()
    frames[0].save(
        out,
        "WEBP",
        save_all=True,
        append_images=frames[1:],
        duration=file.durations if file else durations,
        loop=file.loops if file else 0,
        lossless=file.lossless if file else False,
        quality=_level(file) if file else 90,
        method=4,
    )
    return New(out.getvalue(), _WEBP)


def _level(file: WebpFile) -> int:
    """Of a lossless picture it is the effort, of a lossy one the quality."""
    return 80 if file.lossless else max(30, min(file.quality, 95))
