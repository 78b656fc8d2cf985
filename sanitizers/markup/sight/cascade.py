"""What all styles of one element come to: attributes of older HTML, style sheets, its own style attribute."""

from sanitizers.markup.sight.declarations import NO_VALUES, UNKNOWN, Declarations, Values, merge
from sanitizers.markup.sight.stylesheet import Rule

Attributes = dict[str, str | None]

#: What a browser's own style sheet says (HTML 15.3), as far as it decides how text is seen.
BUILT_IN: dict[str, Values] = {
    **{tag: {"white-space": "pre"} for tag in ("pre", "listing", "xmp", "plaintext", "textarea")},
    "dialog": {"display": "none"},
}
#: Attributes that are a style in older words.
_COLOURS = {"bgcolor": "background-color", "background": "background-image"}
OLD_STYLE = frozenset({"bgcolor", "background", "hidden", "color", "text", "size", "nowrap", "open"})
SEES_OTHERWISE = frozenset({"a", *BUILT_IN})


def old_style(tag: str, attributes: Attributes) -> Values:
    """The style that attributes of older HTML ask for, and the `hidden` attribute of newer."""
    says: Values = {}
    if OLD_STYLE.isdisjoint(attributes):
        return says
    for name, meant in _COLOURS.items():
        if written := attributes.get(name):
            says[meant] = written.strip().lower()
    if tag == "font":
        if "size" in attributes:
            says["font-size"] = UNKNOWN
        if written := attributes.get("color"):
            says["color"] = written.strip().lower()
    elif tag == "body" and (written := attributes.get("text")):
        says["color"] = written.strip().lower()
    if "hidden" in attributes:
        says["display"] = "none"
    elif tag == "dialog" and "open" in attributes:
        says["display"] = "block"
    return says


def cascade(tag: str, old: Values, written: Declarations, rules: tuple[Rule, ...]) -> Values:
    """The declarations that win for one element (CSS Cascade, section 6)."""
    says = dict(BUILT_IN.get(tag, NO_VALUES))
    merge(says, old)
    for rule in rules:
        merge(says, rule.says.normal)
    merge(says, written.normal)
    for rule in rules:
        merge(says, rule.says.important)
    merge(says, written.important)
    return says
