"""What stands inside a line: links, images, form fields, readings, raised and struck-out text."""

import re
from functools import partial
from urllib.parse import urljoin

from sanitizers.formats.html import census
from sanitizers.formats.html.page import SPACE, collapsed
from sanitizers.formats.html.reading import Element, Leave, Reading
from sanitizers.links import link_text, rewrite_links
from sanitizers.markup.sight.declarations import Values, pixels

PICTURE = "[画像: {}]"
PICTURE_WITHOUT_WORDS = "[画像]"
MARKS = {"del": "[削除: ", "s": "[取消線: ", "strike": "[取消線: ", "ins": "[追加: "}

TINY = 2.0  #: pixels; an image up to this on both sides shows nothing and only tells the sender that it was fetched

_BLANK = re.compile(r"[\x00-\x20\x7f-\xa0\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]+")
_SCRIPTED = re.compile(r"(?:javascript|vbscript|livescript|mocha|jscript|data|blob|filesystem):", re.IGNORECASE)
_REMOTE = re.compile(r"(?:https?:|ftp:)?[\\/]{2}|file:", re.IGNORECASE)
_BLANKS = " \xa0\n"
_LONGEST_EXAMPLE = 300

_RAISED = dict(zip("0123456789+-=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ", strict=True))
_LOWERED = dict(zip("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎", strict=True))
#: Raised words that are understood on the line: 1st, ™, [1], (注), ※.
_PLAIN_WHEN_RAISED = re.compile(r"\s*|[^\W\d_]{2,}\.?|[^\w\s].*|[℠™®©].*", re.DOTALL)


def is_remote(address: str) -> bool:
    """Whether loading it would tell someone outside."""
    return _REMOTE.match(_BLANK.sub("", address[:20])) is not None


def is_scripted(address: str) -> bool:
    """Whether following it runs a script or opens content that the link itself carries."""
    return _SCRIPTED.match(_BLANK.sub("", address[:200])) is not None


def anchor(reading: Reading, element: Element) -> Leave | None:
    """a: its words, then where it leads."""
    target = element.value("href") or element.value("xlink:href")
    if element.value("ping"):
        reading.census.met(census.PING, element.value("ping"))
    if not target:
        return None
    if is_scripted(target):
        reading.census.met(census.SCRIPT_TARGET, _BLANK.sub("", target[:_LONGEST_EXAMPLE]))
        return None
    if target.lstrip().startswith("#"):
        return None
    if reading.sight.hidden:
        reading.hidden.met_link(reading.sight.hidden)
        return None
    return partial(_write_target, reading, target, _Start(reading))


class _Start:
    """Where the words of a link begin."""

    __slots__ = ("lines", "page", "pictures", "pieces", "tape")

    def __init__(self, reading: Reading) -> None:
        self.page = reading.page
        self.lines = len(reading.page.lines)
        self.pieces = len(reading.page.line)
        self.tape = reading.tape.start()
        self.pictures = reading.pictures


def _write_target(reading: Reading, target: str, start: _Start) -> None:
    page = start.page
    shown = reading.tape.stop(start.tape)
    words = shown.strip(_BLANKS)
    if not words and reading.pictures == start.pictures:
        return
    on_one_line = len(page.lines) == start.lines and len(page.line) >= start.pieces and bool(page.line)
    if not on_one_line:
        words = " ".join(words.split())
    text, findings = link_text(_absolute(reading.base, target), words, reading.links, reading.hosts)
    reading.census.add(findings)
    if not words:
        page.write(f"{PICTURE_WITHOUT_WORDS} {text}".rstrip())
    elif on_one_line:
        page.replace(start.pieces, words, text)
    elif address := _address_alone(words, text, reading):
        page.write_after(address, same_line=len(page.lines) == start.lines + 1 and not start.pieces)


def _address_alone(words: str, text: str, reading: Reading) -> str:
    """Where a link leads, without the words, which already fill lines of their own."""
    if not text.startswith(words):
        words, _ = rewrite_links(words, reading.links, reading.hosts)
    address = text.removeprefix(words).strip()
    return "" if address.strip("<>") in words else address


def _spaced(text: str) -> str:
    """Words of an attribute on one line."""
    return collapsed(text.strip(SPACE)) if text else ""


def _absolute(base: str, target: str) -> str:
    if not base:
        return target
    try:
        return urljoin(base, target.strip())
    except ValueError:
        return target


def area(reading: Reading, element: Element) -> Leave | None:
    """A part of an image map is a link whose words are its alternative text."""
    words = _spaced(element.value("alt"))
    if words and element.value("href"):
        leave = anchor(reading, element)
        reading.page.space()
        reading.write(words)
        if leave:
            leave()
        reading.page.space()
    return None


def image(reading: Reading, element: Element) -> Leave | None:
    """img: its alternative text; where it would have been fetched from is only counted."""
    seen = not reading.sight.hidden
    tiny = _tiny(element)
    for name in ("src", "srcset", "lowsrc", "dynsrc", "xlink:href", "href"):
        if address := element.value(name):
            _count_image(reading, address, pixel=tiny or (not seen and not _sized(element)))
    words = _spaced(element.value("alt"))
    if not seen:
        reading.hidden.met(reading.sight.hidden, words)
    elif not tiny:
        reading.pictures += 1
        if words:
            reading.write(PICTURE.format(words))
    return None


def _count_image(reading: Reading, address: str, *, pixel: bool) -> None:
    if is_remote(address):
        reading.census.met(census.TRACKING_PIXEL if pixel else census.REMOTE_IMAGE, address[:_LONGEST_EXAMPLE])
    elif is_scripted(address) and not address.lstrip().lower().startswith("data:image/"):
        reading.census.met(census.SCRIPT_TARGET, address[:_LONGEST_EXAMPLE])
    else:
        own_part = address.lstrip().lower().startswith("cid:")  # RFC 2392
        reading.census.met(census.IMAGE_OF_THE_MAIL if own_part else census.INLINE_IMAGE, address[:60])


def _sides(element: Element) -> list[float | None]:
    return [_side(element, "width"), _side(element, "height")]


def _side(element: Element, name: str) -> float | None:
    written = element.says.get(name) or element.value(name)
    return pixels(written.strip().lower()) if written else None


def _tiny(element: Element) -> bool:
    return all(side is not None and side <= TINY for side in _sides(element))


def _sized(element: Element) -> bool:
    return any(side is not None and side > TINY for side in _sides(element))


def field(reading: Reading, element: Element) -> Leave | None:
    """input: what a reader would see in it."""
    kind = element.value("type").strip().lower() or "text"
    if kind == "hidden":
        reading.census.met(census.HIDDEN_FIELD, element.value("name"))
    elif kind == "password":
        reading.census.met(census.PASSWORD_FIELD, element.value("name"))
    elif kind == "image":
        return image(reading, element)
    elif kind in {"checkbox", "radio"}:
        reading.page.space()
        reading.write("[x]" if "checked" in element.attributes else "[ ]")
        reading.page.space()
    else:
        words = _spaced(element.value("value") or element.value("placeholder"))
        if words or kind not in {"submit", "button", "reset", "file"}:
            _write_field(reading, words or "    ")
    _count_action(reading, element.value("formaction"))
    return None


def _write_field(reading: Reading, words: str) -> None:
    reading.page.space()
    reading.write(f"[{words}]")
    reading.page.space()


def form(reading: Reading, element: Element) -> Leave | None:
    """form: its fields stay as text, where it would send them is only counted."""
    reading.census.met(census.FORM, element.value("action")[:_LONGEST_EXAMPLE])
    return None


def _count_action(reading: Reading, action: str) -> None:
    if action:
        reading.census.met(census.FORM, action[:_LONGEST_EXAMPLE])


def button(reading: Reading, element: Element) -> Leave | None:
    """button: its words in brackets."""
    _count_action(reading, element.value("formaction"))
    return _bracketed(reading, "[", "]", apart=True)


def text_area(reading: Reading, element: Element) -> Leave | None:  # noqa: ARG001
    """A field of several lines (textarea): its words in brackets."""
    return _bracketed(reading, "[", "]", apart=True)


def choice(reading: Reading, element: Element) -> Leave | None:  # noqa: ARG001
    """A list to choose from (select): all of it, in brackets."""
    reading.options = 0
    return _bracketed(reading, "[", "]", apart=True)


def option(reading: Reading, element: Element) -> Leave | None:
    """One choice, kept apart from the one before it."""
    _between_options(reading)
    reading.options += 1
    if words := _spaced(element.value("label")):
        reading.write(words)
    return None


def group(reading: Reading, element: Element) -> Leave | None:
    """Choices under a label (optgroup)."""
    if words := _spaced(element.value("label")):
        _between_options(reading)
        reading.options = 0
        reading.write(f"{words}:")
        reading.page.space()
    return None


def _between_options(reading: Reading) -> None:
    if reading.options:
        reading.page.space()
        reading.write("/")
        reading.page.space()


def quoted(reading: Reading, element: Element) -> Leave | None:  # noqa: ARG001
    """q: a browser draws the quotation marks."""
    return _bracketed(reading, "“", "”")


def marked(reading: Reading, element: Element) -> Leave | None:
    """del, s, ins: text that was taken out or put in, which plain text must say in words."""
    return _bracketed(reading, MARKS[element.tag], "]")


def struck(reading: Reading) -> Leave | None:
    """Text struck out by a style."""
    return _bracketed(reading, MARKS["s"], "]")


def _bracketed(reading: Reading, opening: str, closing: str, *, apart: bool = False) -> Leave | None:
    """Write marks around what is inside; none when nothing is."""
    if reading.sight.hidden or reading.muted:
        return None
    page = reading.page
    if apart:
        page.space()
    page.write(opening)
    line, place, lines = page.line, len(page.line), len(page.lines)

    def leave() -> None:
        if len(page.lines) == lines and len(line) == place and line:
            line.pop()
        else:
            page.write_closing(closing)
        if apart:
            page.space()

    return leave


def raised(reading: Reading, element: Element) -> Leave | None:  # noqa: ARG001
    """sup: 10⁶ must not become 106."""
    return _shifted(reading, _RAISED, "^")


def lowered(reading: Reading, element: Element) -> Leave | None:  # noqa: ARG001
    """Lowered text (sub): H₂O."""
    return _shifted(reading, _LOWERED, "_")


def _shifted(reading: Reading, table: dict[str, str], mark: str) -> Leave | None:
    if reading.sight.hidden or reading.muted:
        return None
    page = reading.page
    place, lines = len(page.line), len(page.lines)

    def leave() -> None:
        written = "".join(page.line[place:])
        words = written.lstrip()
        if len(page.lines) != lines or not words or _PLAIN_WHEN_RAISED.fullmatch(words):
            return
        if all(character in table for character in words):
            shifted = "".join(table[character] for character in words)
        else:
            shifted = f"{mark}({words})"
        page.line[place:] = [written[: len(written) - len(words)] + shifted]

    return leave


def reading_aid(reading: Reading, element: Element) -> Leave | None:  # noqa: ARG001
    """rt: the reading of the characters before it, in parentheses."""
    return _bracketed(reading, "(", ")")


def says_struck(says: Values) -> bool:
    """Whether a style strikes the text out."""
    return "line-through" in says.get("text-decoration", "") or "line-through" in says.get("text-decoration-line", "")
