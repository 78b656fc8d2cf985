"""Writes elements anew by the allow-lists: known elements, known attributes whose values pass, text where it may be."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from sanitizers.formats.odf import attributes, elements, values
from sanitizers.formats.odf.dropped import (
    ADDRESS_IN_VALUE,
    DROPPED,
    LISTENER,
    SHOWN,
    SILENT,
    SILENT_ATTRIBUTES,
    UNKNOWN_ELEMENT,
    UNKNOWN_VALUE,
    XFORMS,
)
from sanitizers.formats.odf.namespaces import IN_VALUES, NAMESPACES, PREFIXES, clark
from sanitizers.formats.odf.parsing import XML
from sanitizers.formats.odf.treatments import TREATMENTS, Fate, Treat
from sanitizers.markup.xml_text import escaped, quoted

if TYPE_CHECKING:
    from sanitizers.formats.odf.work import Work


class _Tag(NamedTuple):
    start: str  # "<text:p"
    end: str
    prefix: str
    mixed: bool  # text stands in it
    treat: Treat | None
    attributes: Mapping[str, "_Attribute"]


class _Attribute(NamedTuple):
    start: str  # ' text:style-name="'
    prefix: str
    check: values.Check | None  # None: a formula


#: Formulas and conditions: read by `formulas.py`.
FORMULAS: Final = (
    "table:formula", "table:condition", "table:expression", "style:condition", "text:formula", "text:condition",
    "draw:formula", "calcext:value", "calcext:expression", "calcext:formula",
)  # fmt: skip
_HREF: Final = clark("xlink:href")
_XML_ID: Final = clark("xml:id")


def _names(table: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    return ((prefix, f"{prefix}:{name}") for prefix, names in table.items() for name in names.split())


def _attribute_table() -> dict[str, _Attribute]:
    table = {clark(name): _Attribute(f' {name}="', name.partition(":")[0], None) for name in FORMULAS}
    for name, words in attributes.CLOSED.items():
        table[clark(name)] = _Attribute(f' {name}="', name.partition(":")[0], values.one_of(words))
    groups = ((attributes.VALUES, values.value), (attributes.NAMES, values.name), (attributes.LISTS, values.numbers))
    for group, check in groups:
        table.update({clark(name): _Attribute(f' {name}="', prefix, check) for prefix, name in _names(group)})
    return table


ATTRIBUTES: Final = _attribute_table()
_MATH_ATTRIBUTES: Final = {
    **{name: _Attribute(f' {name}="', "", values.value) for name in attributes.MATH.split()},
    _XML_ID: ATTRIBUTES[_XML_ID],
}


def _tag_table() -> dict[str, _Tag]:
    mixed = {name for _, name in _names(elements.WITH_TEXT)}
    return {
        clark(name): _Tag(
            f"<{name}",
            f"</{name}>",
            prefix,
            name in mixed,
            TREATMENTS.get(name),
            _MATH_ATTRIBUTES if prefix == "math" else ATTRIBUTES,
        )
        for prefix, name in _names(elements.ELEMENTS)
    }


TAGS: Final = _tag_table()


class Writer:
    """Writes one XML part."""

    def __init__(self, work: "Work") -> None:
        self._work = work
        self._used: set[str] = set(IN_VALUES)
        self._out: list[str] = []

    def document(self, name: str, children: Iterable[XML], extra: str = "") -> bytes:
        """A root of this name around what is left of the children."""
        for child in children:
            self._any(child, mixed=False)
        return self._finished(f"<{name}", "".join(self._out), f"</{name}>", name.partition(":")[0], extra)

    def root(self, element: XML) -> bytes:
        """The element itself as root (MathML)."""
        self._any(element, mixed=False)
        start, _, rest = "".join(self._out).partition(" " if " " in self._out[0] else ">")
        joint = " " if " " in self._out[0] else ">"
        return self._finished(start, rest, "", "math", joint=joint) if start else b""

    def _finished(self, start: str, body: str, end: str, prefix: str, extra: str = "", joint: str = ">") -> bytes:
        spaces = "".join(
            f' xmlns:{used}="{NAMESPACES[used]}"' for used in sorted(self._used | {prefix}) if used != "xml"
        )
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{start}{spaces}{extra}{joint}{body}{end}'.encode()

    # One element

    def _any(self, source: XML, *, mixed: bool) -> None:
        tag = TAGS.get(source.tag)
        if tag is None:
            self._left_out(source, mixed=mixed)
            return
        if tag.treat is not None:
            fate = tag.treat(source, self._work)
            if fate is Fate.DROPPED:
                return
            if fate is Fate.UNWRAPPED:
                self._content(source, mixed=mixed)
                return
            tag = TAGS[source.tag]  # a link that became a span
        self._element(source, tag)

    def _element(self, source: XML, tag: _Tag) -> None:
        out = self._out
        self._used.add(tag.prefix)
        start = tag.start + self._attributes(source, tag.attributes)
        if not len(source) and not (tag.mixed and source.text):
            out.append(f"{start}/>")
            return
        place = len(out)
        out.append(f"{start}>")
        self._content(source, mixed=tag.mixed)
        if len(out) == place + 1:
            out[place] = f"{start}/>"
        else:
            out.append(tag.end)

    def _content(self, source: XML, *, mixed: bool) -> None:
        out = self._out
        if mixed and source.text:
            out.append(escaped(source.text))
        for child in source:
            self._any(child, mixed=mixed)
            if mixed and child.tail:
                out.append(escaped(child.tail))

    def _left_out(self, source: XML, *, mixed: bool) -> None:
        tag = source.tag
        if not isinstance(tag, str) or tag in SILENT:
            return
        kind = DROPPED.get(tag)
        space, _, local = tag.rpartition("}")
        prefix = PREFIXES.get(space[1:], "")
        if kind is None:
            kind = XFORMS if prefix == "xforms" else LISTENER if prefix == "script" else UNKNOWN_ELEMENT
        self._work.met(kind, f"{prefix or '?'}:{local}" if kind is UNKNOWN_ELEMENT else "")
        # ODF 1.3 part 1, 2.2.1: what is inside foreign elements of a paragraph is read as if they were not there.
        if mixed and (tag in SHOWN or kind is UNKNOWN_ELEMENT):
            self._content(source, mixed=True)

    # Attributes

    def _attributes(self, source: XML, known: Mapping[str, _Attribute]) -> str:
        pieces = ""
        for key, value in source.items():
            rule = known.get(key)
            if rule is None:
                self._unknown(source, key, value)
                continue
            checked = rule.check(value) if rule.check is not None else self._work.formula(value)
            if checked is None:
                if rule.check is not None:
                    self._refused(key, value)
                continue
            pieces += f'{rule.start}{quoted(checked)}"'
            self._used.add(rule.prefix)
        address = self._work.addresses.pop(source, None)
        if address is not None:
            self._used.add("xlink")
            pieces += f' xlink:href="{quoted(address)}" xlink:type="simple"'
        self._used.discard("")
        return pieces

    def _unknown(self, source: XML, key: str, value: str) -> None:
        if key == _HREF:
            if source not in self._work.addresses and not source.tag.endswith("}chart") and value:
                self._work.met_address(source, value)
            return
        if key in SILENT_ATTRIBUTES or not value:
            return
        if values.runs_or_fetches(value) or values.leads_out(value):
            self._work.met(ADDRESS_IN_VALUE, value)
            return
        space, _, local = key[1:].rpartition("}") if key[0] == "{" else ("", "", key)
        self._work.met(UNKNOWN_ELEMENT, f"{PREFIXES.get(space, '?')}:{local}")

    def _refused(self, key: str, value: str) -> None:
        outside = values.runs_or_fetches(value) or values.leads_out(value)
        local = key.rpartition("}")[2]
        self._work.met(ADDRESS_IN_VALUE if outside else UNKNOWN_VALUE, value if outside else local)
