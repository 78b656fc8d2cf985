"""Follows a walk through a page and knows, at each place, whether a reader would see the text there."""

from sanitizers.markup.sight.cascade import OLD_STYLE, SEES_OTHERWISE, Attributes, cascade, old_style
from sanitizers.markup.sight.declarations import NOTHING, declarations
from sanitizers.markup.sight.stylesheet import Rule, Styled, StyleSheet
from sanitizers.markup.sight.visibility import PAGE, Sight, in_quirks_table, sight

_TABLE_PARTS = frozenset({"td", "th", "tr", "table", "tbody", "thead", "tfoot"})


class Viewer:
    """The sight at one place of a page; `enter` and `leave` in the order of its elements."""

    def __init__(self, *, quirks: bool, blocks: frozenset[str]) -> None:
        self.sheet = StyleSheet()
        self.sight = PAGE
        self._quirks = quirks  #: the page has no doctype
        self._blocks = blocks - _TABLE_PARTS
        self._around: list[Sight] = []
        self._chain: list[Styled] = []
        self._known: dict[tuple[object, ...], Sight] = {}

    def enter(self, tag: str, attributes: Attributes) -> None:
        """Go into an element."""
        self._around.append(self.sight)
        rules = () if self.sheet.empty else self._rules(tag, attributes)
        if tag == "table" and self._quirks:
            self.sight = in_quirks_table(self.sight)
        style = attributes.get("style")
        if style or rules or tag in SEES_OTHERWISE or not OLD_STYLE.isdisjoint(attributes):
            self.sight = self._inside(tag, attributes, style or "", rules)

    def leave(self) -> None:
        """Come out of the element that was entered last."""
        self.sight = self._around.pop()
        if self._chain:
            self._chain.pop()

    def _inside(self, tag: str, attributes: Attributes, style: str, rules: tuple[Rule, ...]) -> Sight:
        old = old_style(tag, attributes)
        link = tag == "a" and "href" in attributes
        key = (self.sight, tag, link, style, tuple(old.items()), tuple([rule.order for rule in rules]))
        if (known := self._known.get(key)) is None:
            says = cascade(tag, old, declarations(style) if style else NOTHING, rules)
            known = self._known[key] = sight(self.sight, says, link=link, box=tag in self._blocks)
        return known

    def _rules(self, tag: str, attributes: Attributes) -> tuple[Rule, ...]:
        element = self.sheet.selectable(tag, attributes)
        if not self.sheet.needs_ancestors:
            return self.sheet.matching((element,))
        self._chain.append(element)
        return self.sheet.matching(self._chain)
