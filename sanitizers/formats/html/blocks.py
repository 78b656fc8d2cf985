"""Blocks as text: headings, lists, quotes, rules, preformatted text, tables."""

import re
from functools import partial

from selectolax.lexbor import LexborNode

from sanitizers.formats.html.page import Page
from sanitizers.formats.html.reading import MAX_TABLES, Element, Leave, Numbering, Reading
from sanitizers.formats.html.tables import MAX_SPAN, Cell, Table, table_lines
from sanitizers.markup.sight.declarations import UNKNOWN, Values, pixels

#: Block elements and whether a browser leaves room above and below them (HTML 15.3). A
#: browser leaves none around a table; here a blank line keeps it apart from the text.
BLOCKS: dict[str, bool] = {
    **dict.fromkeys(
        ("p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "listing", "xmp", "plaintext"), True
    ),
    **dict.fromkeys(("ul", "ol", "dl", "dir", "menu", "fieldset", "details", "figure", "table"), True),
    **dict.fromkeys(("html", "body", "div", "section", "article", "aside", "header", "footer", "nav", "main"), False),
    **dict.fromkeys(("address", "center", "form", "hgroup", "search", "legend", "summary", "figcaption"), False),
    **dict.fromkeys(("dt", "dd", "li", "dialog", "marquee", "frameset", "noframes"), False),
    **dict.fromkeys(("caption", "thead", "tbody", "tfoot", "tr", "td", "th"), False),
}
_ROOM = 8.0  #: pixels of margin that are worth a blank line

HEADING_MARKS = {"h1": "■ ", "h2": "■ ", "h3": "● ", "h4": "● ", "h5": "● ", "h6": "● "}
BULLET = "・"
RULE = "-" * 40
QUOTE = "> "

# Outlook writes the quoted mail into a division with a line on its left and nothing else.
_OUTLOOK_QUOTE = re.compile(r"border:\s*none;\s*border-left:\s*solid\s[^;]+;\s*padding:", re.IGNORECASE)
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"))
_ROMAN_SMALL = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


def has_room(by_default: bool, says: Values) -> bool:
    """Whether a block stands apart from its neighbours by a blank line."""
    if not ("margin" in says or "margin-top" in says or "margin-bottom" in says):
        return by_default
    around = says.get("margin", "").split()
    top = says.get("margin-top", around[0] if around else "")
    bottom = says.get("margin-bottom", around[2] if len(around) > 2 else (around[0] if around else ""))
    rooms = [_room(top, by_default), _room(bottom, by_default)]
    return max(rooms) >= _ROOM


def _room(written: str, by_default: bool) -> float:
    known = pixels(written) if written else None
    if known is None:
        return 16.0 if by_default else 0.0
    return known


def heading(reading: Reading, element: Element) -> Leave | None:
    """h1 … h6: a mark before the words, which a reader of plain text would not see as a heading otherwise."""
    if reading.sight.hidden or reading.muted:
        return None
    page = reading.page
    before = page.indent("", HEADING_MARKS[element.tag])
    return partial(page.outdent, before)


def blockquote(reading: Reading, element: Element) -> Leave | None:
    """A quote, or what mail programs write when a paragraph is indented."""
    if reading.sight.hidden:
        return None
    style = element.value("style").replace(" ", "").lower()
    indented = "border:none" in style and "margin:" in style and not element.attributes.get("type")
    return partial(reading.page.outdent, reading.page.indent("  " if indented else QUOTE))


def division(reading: Reading, element: Element) -> Leave | None:
    """div: nothing special, except where Outlook quotes a mail with it."""
    style = element.attributes.get("style")
    if style and "border-left" in style and not reading.sight.hidden and _OUTLOOK_QUOTE.search(style):
        return partial(reading.page.outdent, reading.page.indent(QUOTE))
    return None


def preformatted(reading: Reading, element: Element) -> Leave | None:  # noqa: ARG001
    """pre: its spaces and line ends are kept by the sight inside it."""
    return reading.page.end_block


def rule(reading: Reading, element: Element) -> Leave | None:  # noqa: ARG001
    """A rule across the page (hr)."""
    if not reading.sight.hidden and not reading.muted:
        reading.page.end_block()
        reading.page.write(RULE)
        reading.page.end_block()
    return None


def line_break(reading: Reading, element: Element) -> Leave | None:  # noqa: ARG001
    """A line break (br)."""
    if not reading.sight.hidden and not reading.muted:
        reading.page.end_line()
    return None


def bullets(reading: Reading, element: Element) -> Leave | None:
    """ul, menu, dir."""
    return _list(reading, Numbering(ordered=False, bare=_bare(element.says)))


def numbers(reading: Reading, element: Element) -> Leave | None:
    """ol, with start, reversed and type."""
    backwards = "reversed" in element.attributes
    first = whole_number(element.value("start"), _items(element.node) if backwards else 1)
    style = element.value("type") or "1"
    step = -1 if backwards else 1
    return _list(reading, Numbering(ordered=True, next=first, step=step, style=style, bare=_bare(element.says)))


def _list(reading: Reading, numbering: Numbering) -> Leave:
    reading.lists.append(numbering)

    def leave() -> None:
        reading.lists.pop()

    return leave


def _items(node: LexborNode) -> int:
    count, child = 0, node.first_child
    while child is not None:
        count += child.tag == "li"
        child = child.next
    return count


def _bare(says: Values) -> bool:
    return "none" in says.get("list-style", "").split() or says.get("list-style-type") == "none"


def item(reading: Reading, element: Element) -> Leave | None:
    """li: a mark or number, and its lines indented under it."""
    if reading.sight.hidden or element.says.get("display", "").startswith("inline"):
        return None
    numbering = reading.lists[-1] if reading.lists else Numbering(ordered=False)
    mark = _mark(numbering, element)
    if not mark:
        return None
    rest = "  " if mark == BULLET else " " * len(mark)
    return partial(reading.page.outdent, reading.page.indent(rest, mark))


def _mark(numbering: Numbering, element: Element) -> str:
    if not numbering.ordered:
        return "" if numbering.bare or _bare(element.says) else BULLET
    number = whole_number(element.value("value"), numbering.next)
    numbering.next = number + numbering.step
    return "" if numbering.bare or _bare(element.says) else _number(number, element.value("type") or numbering.style)


def _number(number: int, style: str) -> str:
    text = ""
    if style in {"a", "A"} and number > 0:
        text = _letters(number)
    elif style in {"i", "I"} and 0 < number < 4000:
        text = _roman(number)
    return f"{(text.upper() if style in {'A', 'I'} else text) or number}. "


def _letters(number: int) -> str:
    text = ""
    while number > 0:
        number, letter = divmod(number - 1, 26)
        text = chr(ord("a") + letter) + text
    return text


def _roman(number: int) -> str:
    text = ""
    for value, letters in (*_ROMAN, *_ROMAN_SMALL):
        count, number = divmod(number, value)
        text += letters * count
    return text


def whole_number(written: str, default: int) -> int:
    """An attribute that should be a number, kept small."""
    try:
        return max(-999_999, min(999_999, int(written[:10])))
    except ValueError:
        return default


def definition(reading: Reading, element: Element) -> Leave | None:  # noqa: ARG001
    """dd: indented under its term."""
    return None if reading.sight.hidden else partial(reading.page.outdent, reading.page.indent("    "))


def table(reading: Reading, element: Element) -> Leave | None:
    """A table, put on the page when its end is reached and all its cells are known."""
    if len(reading.tables) >= MAX_TABLES:
        return None
    role = element.value("role").lower()
    opened = Table(
        says_layout=role in {"presentation", "none"},
        says_data=role in {"table", "grid"} or element.value("border").strip() not in {"", "0", "0px"},
    )
    if reading.tables and not reading.sight.hidden:
        reading.tables[-1].says_layout = True
    reading.tables.append(opened)
    page = reading.page

    def leave() -> None:
        reading.tables.pop()
        lines = table_lines(opened)
        if lines:
            page.block(lines)

    return leave


def caption(reading: Reading, element: Element) -> Leave | None:  # noqa: ARG001
    """A table's title."""
    if not reading.tables:
        return None
    opened = reading.tables[-1]
    opened.says_data = True
    return _own_page(reading, opened.caption)


def row(reading: Reading, element: Element) -> Leave | None:  # noqa: ARG001
    """A row of cells (tr)."""
    if reading.tables:
        reading.tables[-1].rows.append([])
    return None


def cell(reading: Reading, element: Element) -> Leave | None:
    """A cell (td, th): a page of its own until the table is complete."""
    if not reading.tables:
        return None
    opened = reading.tables[-1]
    made = Cell(heading=element.tag == "th", columns=_span(element, "colspan"), rows=_span(element, "rowspan"))
    opened.says_data = opened.says_data or made.heading
    if not opened.rows:
        opened.rows.append([])
    opened.rows[-1].append(made)
    leave = _own_page(reading, made.lines)

    def complete() -> None:
        made.room = reading.page.ends_with_room
        leave()

    return complete


def _span(element: Element, name: str) -> int:
    return max(1, min(MAX_SPAN, whole_number(element.value(name), 1))) if name in element.attributes else 1


def _own_page(reading: Reading, lines: list[str]) -> Leave:
    around = reading.page
    reading.page = inside = Page(reading.tape)

    def leave() -> None:
        lines.extend(inside.result())
        reading.page = around

    return leave


def displayed_as(tag: str, says: Values) -> str:
    """How an element flows: "block", "room" (a block with a blank line around it), "word" or ""."""
    default = BLOCKS.get(tag)
    display = says.get("display")
    if display is not None and display != UNKNOWN and tag not in _TABLE_PARTS:
        if display == "inline":
            return ""
        if display in {"inline-block", "inline-flex", "table-cell"}:
            return "word" if default is None or tag in {"li", "div"} else "block"
        if display not in {"contents", "inherit", "initial"} and default is None:
            default = False
    if default is None:
        return ""
    return "room" if has_room(default, says) else "block"


_TABLE_PARTS = frozenset({"table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption"})
