"""A simple look for fields and boxes of text that bring none: words in a standard font, a tick for a box that is on."""

import re
from collections.abc import Iterator
from typing import Final

import msgspec
import pikepdf

from sanitizers.formats.pdf.checked import Entries, elements, entries, number, rectangle
from sanitizers.formats.pdf.fonts import standard
from sanitizers.formats.pdf.interactive import appearances
from sanitizers.formats.pdf.resources import Resources
from sanitizers.reports import UNPRINTABLE

MOST_CHARACTERS: Final = 10_000
_PADDING: Final = 2.0  #: points between the edge of a field and its text
_USUAL_SIZE: Final = 12.0  #: points, where the field leaves it to the program
_LEADING: Final = 1.2
_SIZE: Final = re.compile(r"([0-9.]{1,10})\s+Tf")
_COLOUR: Final = re.compile(r"((?:[0-9.]{1,10}\s+){1,4})(g|rg|k)\b")
_COMPONENTS: Final = {"g": 1, "rg": 3, "k": 4}
_BLACK: Final = "0 g"


class Looks(msgspec.Struct, frozen=True):
    """What a field shows."""

    lines: tuple[str, ...] = ()
    wrapped: bool = False  #: long lines are broken at the edge of the field
    alignment: int = 0  #: 0 left, 1 centre, 2 right
    style: str = ""  #: default appearance: operators for font size and colour
    ticked: bool = False


def lines_of(value: object) -> str:
    """The text of a value, its line ends kept."""
    if isinstance(value, pikepdf.Stream):
        return ""
    written = str(value) if isinstance(value, pikepdf.String) else ""
    lines = re.split(r"\r\n|\r|\n", written[:MOST_CHARACTERS])
    return "\n".join(UNPRINTABLE.sub(" ", line) for line in lines)


def drawn(known: Entries, looks: Looks, page: Resources) -> bytes:
    """The operators that paint background, border and value of a field; b"" where it shows nothing."""
    rect = rectangle(known.get("/Rect"))
    if rect is None or rect[2] <= rect[0] or rect[3] <= rect[1]:
        return b""
    width, height = rect[2] - rect[0], rect[3] - rect[1]
    inner = page.inner({})
    painted = _ground(entries(known.get("/MK")), width, height)
    if looks.ticked:
        painted += _tick(width, height)
    if any(line.strip() for line in looks.lines):
        painted += _text(looks, width, height, inner)
    if not painted:
        return b""
    form = page.work.stream(
        painted,
        {
            "/Type": pikepdf.Name.XObject,
            "/Subtype": pikepdf.Name.Form,
            "/BBox": pikepdf.Array([0, 0, width, height]),
            "/Resources": inner.dictionary(),
        },
    )
    return appearances.painted(form, [1, 0, 0, 1, rect[0], rect[1]], page)


def _ground(look: Entries, width: float, height: float) -> bytes:
    """Table 192: colours of background and border."""
    made = ""
    if fill := _colour(look.get("/BG"), "g", "rg", "k"):
        made += f"q {fill} 0 0 {width:.2f} {height:.2f} re f Q\n"
    if stroke := _colour(look.get("/BC"), "G", "RG", "K"):
        made += f"q {stroke} 1 w 0.5 0.5 {width - 1:.2f} {height - 1:.2f} re S Q\n"
    return made.encode()


def _colour(written: object, *operators: str) -> str:
    values = [value for value in map(number, elements(written, 4)) if value is not None]
    operator = dict(zip((1, 3, 4), operators, strict=True)).get(len(values))
    return f"{' '.join(f'{value:.3f}' for value in values)} {operator}" if operator else ""


def _tick(width: float, height: float) -> bytes:
    points = f"{width * 0.2:.2f} {height * 0.5:.2f} m {width * 0.4:.2f} {height * 0.25:.2f} l"
    return f"q 0 G {max(1.0, height * 0.1):.2f} w {points} {width * 0.8:.2f} {height * 0.8:.2f} l S Q\n".encode()


def _text(looks: Looks, width: float, height: float, inner: Resources) -> bytes:
    size = _size(looks, height)
    room = max(1.0, (width - 2 * _PADDING) / size)
    lines = [part for line in looks.lines for part in _broken(line, room, wrapped=looks.wrapped)]
    first = height - _PADDING - size if looks.wrapped or len(lines) > 1 else (height - size) / 2 + size * 0.2
    made = [b"/Tx BMC q 1 1 %.2f %.2f re W n BT %s\n" % (width - 2, height - 2, _text_colour(looks.style).encode())]
    for count, line in enumerate(lines[: int(MOST_CHARACTERS / 10)]):
        offset = (room - _ems(line)) * size * (looks.alignment / 2 if looks.alignment in {1, 2} else 0)
        at = f"1 0 0 1 {_PADDING + max(0.0, offset):.2f} {first - count * size * _LEADING:.2f} Tm"
        made.append(_shown(line, size, inner) % at.encode())
    return b"".join(made) + b"ET Q EMC\n"


def _size(looks: Looks, height: float) -> float:
    written = _SIZE.search(looks.style)
    size = _number(written[1]) if written else 0.0
    if not 1 <= size <= 200:
        size = _USUAL_SIZE if looks.wrapped else min(_USUAL_SIZE, height * 0.7)
    return max(1.0, size)


def _text_colour(style: str) -> str:
    written = _COLOUR.search(style)
    if written is None or len(written[1].split()) != _COMPONENTS[written[2]]:
        return _BLACK
    return f"{' '.join(f'{_number(part):.3f}' for part in written[1].split())} {written[2]}"


def _number(written: str) -> float:
    return float(written) if re.fullmatch(r"\d{1,6}(\.\d*)?|\.\d+", written) else 0.0


def _ems(line: str) -> float:
    """About how wide a line is, in units of its size: half of it for a Latin letter, all of it for a kanji."""
    return sum(0.5 if ord(character) < 0x1100 else 1.0 for character in line)


def _broken(line: str, room: float, *, wrapped: bool) -> Iterator[str]:
    for part in line.split("\n"):
        rest = part
        while wrapped and _ems(rest) > room:
            end = _fitting(rest, room)
            yield rest[:end]
            rest = rest[end:]
        yield rest


def _fitting(line: str, room: float) -> int:
    used = 0.0
    for count, character in enumerate(line):
        used += 0.5 if ord(character) < 0x1100 else 1.0
        if used > room:
            return max(1, count)
    return len(line)


def _shown(line: str, size: float, inner: Resources) -> bytes:
    """Operators that show a line; %s stands for where. Latin in Helvetica, anything else in a Japanese gothic."""
    try:
        written, font = line.encode("cp1252"), standard.latin(inner.work)
    except UnicodeEncodeError:
        written, font = line.encode("utf-16-be", "replace"), standard.japanese(inner.work)
    name = inner.add("Font", font)
    return b"/%s %.2f Tf %%s <%s> Tj\n" % (name.encode(), size, written.hex().encode())
