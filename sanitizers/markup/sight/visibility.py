"""Whether a reader of the page would see the text inside an element. In doubt, the text is seen."""

from dataclasses import dataclass, replace
from functools import lru_cache

from sanitizers.markup.sight.colours import CLEAR, Clear, Colour, alike, colour
from sanitizers.markup.sight.declarations import UNKNOWN, Values, font_pixels, pixels, size_in_font

SMALLEST_FONT = 2.0  #: pixels; nothing up to this can be read
FAINTEST = 0.05  #: opacity; nothing up to this can be seen
FAR_AWAY = -500.0  #: pixels; text moved this far to the left or top is outside of every window
THIN = 1.0  #: pixels; a box up to this with hidden overflow shows nothing

_LINK_COLOUR = (0, 0, 238)
_BOXES = frozenset({"block", "inline-block", "flex", "grid", "list-item"})
_COLLAPSED = {"normal": "", "nowrap": "", "initial": "", "pre": "pre", "pre-wrap": "pre", "break-spaces": "pre"}


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What an element hands on to what is inside it. Compared by identity: the walk makes each only once."""

    gone: str = ""  #: why nothing inside can be seen, whatever it says itself; "" when something can
    unseen: bool = False  #: visibility: hidden, which an element inside can undo
    font: float | None = 16.0  #: pixels; None when not known
    text: Colour = (0, 0, 0)
    ground: Colour = (255, 255, 255)
    opacity: float = 1.0
    spaces: str = ""  #: "" collapse, "pre" keep, "lines" keep line ends only
    hidden: str = ""  #: the reason why text here is not seen; "" when it is


PAGE = Sight()


def sight(around: Sight, says: Values, *, link: bool = False, box: bool = True) -> Sight:
    """The sight inside an element with these declarations.

    `link`: it has a colour of its own unless it says otherwise. `box`: width and height count, as they do not for
    inline elements and table cells.
    """
    font = _font(around, says)
    text = _text_colour(around, says, link=link)
    ground = _ground(around, says)
    opacity = around.opacity * _opacity(says)
    unseen = _unseen(around, says)
    spaces = _spaces(around, says)
    gone = around.gone or _why_gone(says, box=box) or ("opacity" if opacity <= FAINTEST else "")
    hidden = gone or _why_hidden(unseen=unseen, font=font, text=text, ground=ground)
    return Sight(gone, unseen, font, text, ground, opacity, spaces, hidden)


@lru_cache(maxsize=256)
def in_quirks_table(around: Sight) -> Sight:
    """A table in a page without a doctype takes no font size and colour from around it (quirks mode)."""
    if around.font == PAGE.font and around.text == PAGE.text:
        return around
    changed = replace(around, font=16.0, text=None)
    return replace(
        changed, hidden=changed.gone or _why_hidden(unseen=changed.unseen, font=16.0, text=None, ground=None)
    )


def _why_hidden(*, unseen: bool, font: float | None, text: Colour, ground: Colour) -> str:
    if unseen:
        return "visibility"
    if font is not None and font <= SMALLEST_FONT:
        return "font size"
    return "colour" if alike(text, ground) else ""


def _font(around: Sight, says: Values) -> float | None:
    if (size := says.get("font-size")) is None:
        if (shorthand := says.get("font")) is None:
            return around.font
        size = size_in_font(shorthand)
    return font_pixels(size, around.font)


def _text_colour(around: Sight, says: Values, *, link: bool) -> Colour:
    if "text-shadow" in says and says["text-shadow"] != "none":
        return None
    if (fill := says.get("-webkit-text-fill-color")) is not None and fill != "currentcolor":
        return None if _clips_ground(says) else colour(fill)
    if (own := says.get("color")) is not None:
        if own in {"inherit", "currentcolor"}:
            return around.text
        found = colour(own)
        return None if isinstance(found, Clear) and _clips_ground(says) else found
    return _LINK_COLOUR if link else around.text


def _clips_ground(says: Values) -> bool:
    """The letters are cut out of a background picture: they are seen though they have no colour."""
    return "-webkit-background-clip" in says or "background-clip" in says


def _ground(around: Sight, says: Values) -> Colour:
    ground = around.ground
    if says.get("position") in {"absolute", "fixed", UNKNOWN} or "mix-blend-mode" in says:
        ground = None  # it may lie on something else
    shorthand, plain = says.get("background"), says.get("background-color")
    if shorthand is not None:
        ground = _over(ground, _ground_in(shorthand))
    if plain is not None:
        ground = _over(ground, colour(plain))
    if says.get("background-image", "none") != "none":
        ground = None
    return ground


def _over(below: Colour, above: Colour) -> Colour:
    return below if isinstance(above, Clear) else above


def _ground_in(shorthand: str) -> Colour:
    """The colour in the `background` shorthand; None when there is a picture, a gradient or doubt."""
    if shorthand in {"none", "0", "0 0", "initial", ""}:
        return CLEAR
    if (whole := colour(shorthand)) is not None:
        return whole
    if "url(" in shorthand or "gradient" in shorthand or UNKNOWN in shorthand:
        return None
    found = [known for known in map(colour, shorthand.split()) if known is not None]
    return found[0] if len(found) == 1 else None


def _opacity(says: Values) -> float:
    written = says.get("opacity")
    if written is None or "animation" in says or "animation-name" in says:
        return 1.0
    try:
        value = float(written[:-1]) / 100 if written.endswith("%") else float(written)
    except ValueError:
        return 1.0
    return value if 0.0 <= value < 1.0 else (0.0 if value < 0.0 else 1.0)


def _unseen(around: Sight, says: Values) -> bool:
    own = says.get("visibility")
    if own is None or own == "inherit":
        return around.unseen
    return own in {"hidden", "collapse"} and "animation" not in says


def _spaces(around: Sight, says: Values) -> str:
    own = says.get("white-space")
    if own is None:
        return around.spaces
    return "lines" if own == "pre-line" else _COLLAPSED.get(own, around.spaces)


def _why_gone(says: Values, *, box: bool) -> str:
    """Why an element hides all that is inside it; "" when it does not."""
    if says.get("display") == "none":
        return "display"
    if _far(says, "text-indent") and "pre" not in says.get("white-space", ""):
        return "indent"
    if says.get("position") in {"absolute", "fixed", "relative"} and (_far(says, "left") or _far(says, "top")):
        return "position"
    if _clipped(says):
        return "clipping"
    return "size" if (box or says.get("display") in _BOXES) and _squeezed(says) else ""


def _far(says: Values, name: str) -> bool:
    return (moved := _length(says, name)) is not None and moved <= FAR_AWAY


def _length(says: Values, name: str) -> float | None:
    written = says.get(name)
    return None if written is None else pixels(written)


def _clipped(says: Values) -> bool:
    clip = says.get("clip", "")
    if clip.startswith("rect(") and says.get("position") in {"absolute", "fixed"}:
        edges = [pixels(edge) for edge in clip[5:].rstrip(") ").replace(",", " ").split()]
        if len(edges) == 4 and all(edge is not None and edge <= THIN for edge in edges):
            return True
    path = says.get("clip-path", "")
    if path.startswith("inset(") and path.endswith("%)"):
        share = pixels(path[6:-2])
        return share is not None and share >= 50
    return says.get("transform", "") in {"scale(0)", "scale(0,0)", "scale(0, 0)"}


def _squeezed(says: Values) -> bool:
    """A box without room whose overflow is cut off."""
    overflow = {says.get(name) for name in ("overflow", "overflow-x", "overflow-y")}
    if not overflow & {"hidden", "clip"}:
        return False
    return any(
        (room := _length(says, name)) is not None and room <= THIN
        for name in ("height", "max-height", "width", "max-width")
    )
