"""One walk over the parsed tree, without recursion: every node is met once, in the order of the page."""

from collections.abc import Callable
from typing import NamedTuple

from selectolax.lexbor import LexborNode

from sanitizers.formats.html import blocks, dangers, inlines
from sanitizers.formats.html.reading import Attributes, Element, Leave, Reading
from sanitizers.markup.sight.cascade import OLD_STYLE, SEES_OTHERWISE, cascade, old_style
from sanitizers.markup.sight.declarations import NO_VALUES, NOTHING, Declarations, Values, declarations
from sanitizers.markup.sight.stylesheet import Rule, Styled
from sanitizers.markup.sight.visibility import Sight, in_quirks_table, sight

# Node ids of lexbor (lxb_tag_id_t): they are the same in every document.
_TEXT = 2
_COMMENT = 4

Handler = Callable[[Reading, Element], Leave | None]

_HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), blocks.heading),
    "blockquote": blocks.blockquote,
    "div": blocks.division,
    "hr": blocks.rule,
    "br": blocks.line_break,
    **dict.fromkeys(("ul", "menu", "dir"), blocks.bullets),
    "ol": blocks.numbers,
    "li": blocks.item,
    "dd": blocks.definition,
    "table": blocks.table,
    "caption": blocks.caption,
    "tr": blocks.row,
    **dict.fromkeys(("td", "th"), blocks.cell),
    "a": inlines.anchor,
    "area": inlines.area,
    "img": inlines.image,
    "input": inlines.field,
    "form": inlines.form,
    "button": inlines.button,
    "textarea": inlines.text_area,
    "select": inlines.choice,
    "option": inlines.option,
    "optgroup": inlines.group,
    "q": inlines.quoted,
    **dict.fromkeys(("del", "s", "strike", "ins"), inlines.marked),
    "sup": inlines.raised,
    "sub": inlines.lowered,
    **dict.fromkeys(("rt", "rtc"), inlines.reading_aid),
    "meta": dangers.meta,
    "base": dangers.base,
    "link": dangers.linked,
    "svg": dangers.drawing,
    **dict.fromkeys(("text", "foreignobject", "foreignObject"), dangers.drawn_words),
    **dict.fromkeys(("image", "use", "feimage", "feImage"), dangers.drawing_link),
    "math": dangers.formula,
    **dict.fromkeys(dangers.UNWRAPPED, dangers.unwrap),
}
_DROPPED = dangers.DROPPED
_FLOWS = {tag: blocks.displayed_as(tag, NO_VALUES) for tag in blocks.BLOCKS}

_LISTS = frozenset({"ul", "ol", "dl", "menu", "dir"})
_TABLE_CELLS = frozenset({"td", "th", "tr", "table", "tbody", "thead", "tfoot"})

#: Attributes that neither run nor load anything; an element with no others is not looked at for that.
_HARMLESS = frozenset(
    {"style", "class", "id", "width", "height", "href", "src", "alt", "border", "cellpadding", "cellspacing"}
    | {"align", "valign", "bgcolor", "target", "title", "dir", "lang", "role", "color", "face", "size", "name"}
    | {"colspan", "rowspan", "rel", "type", "value"}
)

_Open = tuple[LexborNode, Leave | None, str, Sight]


class _Seen(NamedTuple):
    """What the style of an element comes to."""

    sight: Sight
    says: Values
    written: Declarations  #: its own style attribute
    flow: str


class Walk:
    """Reads one tree into a `Reading`."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self._open: list[_Open] = []
        self._chain: list[Styled] = []
        self._sights: dict[tuple[object, ...], _Seen] = {}

    def read(self, first: LexborNode) -> None:
        """This node, those after it, and all that is inside them."""
        node: LexborNode | None = first
        reading = self.reading
        while node is not None:
            kind = node.tag_id
            inside: LexborNode | None = None
            if kind == _TEXT:
                reading.text(node.text_content or "")
            elif kind == _COMMENT:
                dangers.comment(reading, node.comment_content or "")
            else:
                inside = self._enter(node)
            if inside is not None:
                node = inside
                continue
            following = node.next
            while following is None and self._open:
                following = self._leave().next
            node = following

    def _enter(self, node: LexborNode) -> LexborNode | None:
        """Meet an element; its first child when there is something to read inside."""
        tag = node.tag or ""
        attributes = node.attributes
        reading = self.reading
        if attributes and not _HARMLESS.issuperset(attributes):
            dangers.attributes(reading, attributes)
        if tag in _DROPPED:
            dangers.drop(reading, tag, attributes)
            return None
        around = reading.sight
        says, flow = self._look(tag, attributes)
        if flow:
            if tag in _LISTS and reading.lists:
                flow = "block"  # a list inside a list has no room of its own (HTML 15.3.8)
            self._edge(flow)
        leave = None
        if (handler := _HANDLERS.get(tag)) is not None:
            leave = handler(reading, Element(tag, attributes, says, node))
        elif says and inlines.says_struck(says):
            leave = inlines.struck(reading)
        inside = node.first_child
        self._open.append((node, leave, flow, around))
        if inside is None:
            self._leave()
        return inside

    def _leave(self) -> LexborNode:
        node, leave, flow, around = self._open.pop()
        if leave is not None:
            leave()
        if flow:
            self._edge(flow)
        self.reading.sight = around
        if self._chain:
            self._chain.pop()
        return node

    def _edge(self, flow: str) -> None:
        page = self.reading.page
        if self.reading.sight.hidden:
            return
        if flow == "room":
            page.margin()
        elif flow == "block":
            page.end_block()
        else:
            page.space()

    def _look(self, tag: str, attributes: Attributes) -> tuple[Values, str]:
        """Set the sight inside an element; its declarations, and how it flows."""
        reading = self.reading
        style = attributes.get("style")
        rules = () if reading.sheet.empty else self._rules(tag, attributes)
        if tag == "table" and reading.quirks:
            reading.sight = in_quirks_table(reading.sight)
        if not (style or rules or tag in SEES_OTHERWISE or not OLD_STYLE.isdisjoint(attributes)):
            return NO_VALUES, _FLOWS.get(tag, "")
        seen = self._sight(tag, attributes, style or "", rules)
        reading.sight = seen.sight
        if seen.written.references or seen.written.scripted:
            dangers.style_attribute(reading, seen.written)
        return seen.says, seen.flow

    def _sight(self, tag: str, attributes: Attributes, style: str, rules: tuple[Rule, ...]) -> _Seen:
        around = self.reading.sight
        old = old_style(tag, attributes)
        link = tag == "a" and "href" in attributes
        key = (around, tag, link, style, tuple(old.items()), tuple([rule.order for rule in rules]))
        if (known := self._sights.get(key)) is None:
            written = declarations(style) if style else NOTHING
            says = cascade(tag, old, written, rules)
            box = tag in blocks.BLOCKS and tag not in _TABLE_CELLS
            inside = sight(around, says, link=link, box=box)
            known = self._sights[key] = _Seen(inside, says, written, blocks.displayed_as(tag, says))
        return known

    def _rules(self, tag: str, attributes: Attributes) -> tuple[Rule, ...]:
        sheet = self.reading.sheet
        element = sheet.selectable(tag, attributes)
        if not sheet.needs_ancestors:
            return sheet.matching((element,))
        self._chain.append(element)
        return sheet.matching(self._chain)
