"""The allow-list engine: one XML part in, one XML part out, written anew; what a grammar does not name is not there.

A grammar is a table, element by element. Names are written with the prefixes of `namespaces.py` ("w:p", "r:id"; no
prefix: no namespace). The writer goes through the parsed part and writes text of its own: known elements, known
attributes whose value passes its check, text where text may stand. Prefixes, declarations and mc:Ignorable are ours.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import msgspec
from lxml import etree

from sanitizers.formats.ooxml.kinds import ADDITION, UNKNOWN_ELEMENT, UNKNOWN_VALUE, Trace
from sanitizers.formats.ooxml.namespaces import EXTENSIONS, NAMESPACES, clark
from sanitizers.markup.xml_text import escaped, quoted

if TYPE_CHECKING:
    from sanitizers.formats.ooxml.work import PartWork

XML: TypeAlias = etree._Element  # noqa: SLF001 - lxml gives its class no public name
Check = Callable[[str], str | None]  #: the value as it is written; None: it does not go on
Treat = Callable[[XML, "PartWork"], XML | Sequence[XML] | None]
Begin = Callable[[XML, "PartWork"], None]


class PartFailed(Exception):
    """This part cannot be written; what refers to it is left out, or the document is blocked when it needs it."""


class Fate(Enum):
    """What becomes of an element or attribute that is known and does not go on."""

    SILENT = "silent"  # left out with what is in it; nothing is lost that a reader sees, nothing need be said
    UNWRAPPED = "unwrapped"  # (elements) left out, what is in it goes on in its place


class Related(msgspec.Struct, frozen=True):
    """An attribute that names a relationship (r:id, r:embed …): the kinds of parts that it may lead to.

    It becomes the new id; where the part does not go on, the attribute does not (see `Element.required`).
    """

    kinds: frozenset[str] = frozenset()  #: names of part kinds
    links: bool = False  #: also a hyperlink out of the file, by the rules for links


class Element(msgspec.Struct, frozen=True):
    """What an element may carry."""

    attributes: Mapping[str, "Check | Related | Trace | Fate"] = {}  #: a Trace or Fate.SILENT: known, not carried on
    children: frozenset[str] | None = None  #: None: whatever the grammar knows
    text: Check | None = None  #: None: no text of its own (blanks between children are not written)
    required: frozenset[str] = frozenset()  #: attributes; when one of them does not go on, neither does the element …
    unwrap: bool = False  #: … but what is in it does
    needs: frozenset[str] | None = None  #: children; unless at least one of them was written, the element is not
    fixed: Mapping[str, str] = {}  #: attributes that are always written, with this value
    treat: Treat | None = None
    """Called with the element of the source before anything of it is written. What it returns is written in its place,
    by the same tables (but without another call): the element itself, perhaps changed; others; none at all. It tells
    what it leaves out by `work.found`."""


_NOTHING: Final = Element()
Entry: TypeAlias = Element | Trace | Fate

_MC: Final = f"{{{NAMESPACES['mc']}}}"
_ALTERNATE: Final = f"{_MC}AlternateContent"
_CHOICE: Final = f"{_MC}Choice"
_FALLBACK: Final = f"{_MC}Fallback"
_IGNORABLE: Final = f"{_MC}Ignorable"
_MC_ATTRIBUTES: Final = frozenset(
    f"{_MC}{name}"
    for name in ("Ignorable", "ProcessContent", "MustUnderstand", "PreserveElements", "PreserveAttributes")
)
_SPACE: Final = f"{{{NAMESPACES['xml']}}}space"
_PREFIXES: Final = {space: prefix for prefix, space in NAMESPACES.items()}


class _Attribute(NamedTuple):
    written: str  # ' w:val="'
    prefix: str  # whose declaration it needs, "" for none
    check: Check | None  # None: see `rule`
    rule: Related | Trace | Fate | None


class _Compiled:
    """An entry of the table in the form that the writer uses."""

    __slots__ = (
        "attributes", "children", "end", "entry", "fixed", "name", "needs", "prefix", "required", "start", "text",
        "treat",
    )  # fmt: skip

    def __init__(self, name: str, element: Element, default: str) -> None:
        prefix, _, local = name.rpartition(":")
        written = local if prefix == default else name
        self.name = name
        self.prefix = prefix
        self.start = f"<{written}"
        self.end = f"</{written}>"
        self.entry = element
        self.attributes = {clark(key): _attribute(key, rule) for key, rule in element.attributes.items()}
        self.children = None if element.children is None else frozenset(map(clark, element.children))
        self.needs = None if element.needs is None else frozenset(map(clark, element.needs))
        self.required = frozenset(f' {name}="' for name in element.required)
        self.fixed = "".join(f' {key}="{quoted(value)}"' for key, value in element.fixed.items())
        self.text = element.text
        self.treat = element.treat


def _attribute(name: str, rule: "Check | Related | Trace | Fate") -> _Attribute:
    prefix = name.rpartition(":")[0]
    if isinstance(rule, Related | Trace | Fate):
        return _Attribute(f' {name}="', prefix, None, rule)
    return _Attribute(f' {name}="', prefix, rule, None)


class Grammar:
    """The table of one kind of part. Built once, when the module is imported; never changed.

    root: the element that the part must have, or several that it may have
    elements: name → Element; a Trace: left out with what is in it, and told so; a Fate: see there.
    default: the prefix whose elements are written without one (xmlns="…"), as programs of Microsoft do for "x"
    understood: prefixes that a Choice of mc:AlternateContent may require besides those of known elements; such a choice
        needs a newer program than many have, and goes on beside its fallback
    begin: called with the root of the source before anything is written; it may look around and change the tree
    streamed: an element of which large parts have very many (x:row): in parts over 4 MiB each is written and forgotten
        as it is read, and `begin` sees only the first, empty
    """

    def __init__(
        self,
        root: str | tuple[str, ...],
        elements: Mapping[str, Entry],
        *,
        default: str = "",
        understood: frozenset[str] = frozenset(),
        begin: Begin | None = None,
        streamed: str = "",
    ) -> None:
        self.roots = frozenset(map(clark, (root,) if isinstance(root, str) else root))
        self.default = default
        self.begin = begin
        self.streamed = clark(streamed) if streamed else ""
        self.table: dict[str, _Compiled] = {}
        self.left_out: dict[str, Trace | Fate] = {}
        for name, entry in elements.items():
            if isinstance(entry, Element):
                self.table[clark(name)] = _Compiled(name, entry, default)
            else:
                self.left_out[clark(name)] = entry
        self.newer = frozenset(NAMESPACES[prefix] for prefix in understood)
        prefixes = understood | {compiled.prefix for compiled in self.table.values()}
        self.understood = frozenset(NAMESPACES[prefix] for prefix in prefixes if prefix)


def written(root: XML, grammar: Grammar, work: "PartWork", rows: Iterator[XML] | None = None) -> bytes:
    """The part anew, UTF-8; its root is one that the grammar knows. PartFailed: nothing of it can be carried on.

    rows: of a large part the elements `grammar.streamed` one by one; in `root` stands only the first of them, empty.
    """
    if grammar.begin is not None:
        grammar.begin(root, work)
    return Writer(grammar, work, _ignorable(root), rows).document(root)


class Writer:
    """Writes one part."""

    def __init__(
        self, grammar: Grammar, work: "PartWork", ignorable: frozenset[str], rows: Iterator[XML] | None = None
    ) -> None:
        self._grammar = grammar
        self._rows = rows
        self._table = grammar.table
        self._work = work
        self._ignorable = ignorable
        self._used: dict[str, None] = {}  # prefixes, in the order in which they were needed
        self._out: list[str] = []

    def document(self, root: XML) -> bytes:
        """The whole part with its declaration."""
        out = self._out
        compiled = self._table[root.tag]
        if not self._element(root, compiled, call=True):
            raise PartFailed("nothing of it can be carried on")
        out[0] = out[0].replace(compiled.start, compiled.start + self._declarations(), 1)
        return ('<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + "".join(out)).encode("utf-8")

    def _declarations(self) -> str:
        used = sorted(self._used.keys() - {"", "xml"})
        default = self._grammar.default  # the language of the part itself cannot be passed over
        extensions = [prefix for prefix in used if prefix in EXTENSIONS and prefix != default]
        if extensions and "mc" not in used:
            used.append("mc")
        spaces = "".join(
            f' xmlns="{NAMESPACES[prefix]}"' if prefix == default else f' xmlns:{prefix}="{NAMESPACES[prefix]}"'
            for prefix in used
        )
        # A default namespace is for elements; an attribute of the same namespace needs the prefix: grammars have none.
        return f'{spaces} mc:Ignorable="{" ".join(extensions)}"' if extensions else spaces

    def _any(self, source: XML, allowed: frozenset[str] | None) -> bool:
        """One child of the source; whether something was written for it."""
        tag = source.tag
        compiled = self._table.get(tag)
        if compiled is not None and (allowed is None or tag in allowed):
            return self._element(source, compiled, call=True)
        if tag == _ALTERNATE:
            return self._alternate(source, allowed)
        fate = self._grammar.left_out.get(tag)
        if fate is Fate.UNWRAPPED:
            return self._children(source, allowed, None)
        if isinstance(fate, Trace):
            self._work.met(fate)
        elif fate is None:
            self._unknown(tag)
        return False

    def _element(self, source: XML, compiled: _Compiled, *, call: bool) -> bool:
        if self._rows is not None and source.tag == self._grammar.streamed:
            return self._streamed(compiled)
        if call and compiled.treat is not None:
            return self._treated(source, compiled, compiled.treat)
        attributes = self._attributes(source, compiled)
        if attributes is None:
            return compiled.entry.unwrap and self._children(source, compiled.children, None)
        out = self._out
        place = len(out)
        used = len(self._used)
        text = self._text(source, compiled.name, compiled.text) if compiled.text is not None else ""
        out.append(f"{compiled.start}{attributes}>{text}" if text else f"{compiled.start}{attributes}>")
        self._used[compiled.prefix] = None
        filled = self._children(source, compiled.children, compiled.needs) if len(source) else False
        if compiled.needs is not None and not filled:
            del out[place:]
            while len(self._used) > used:
                self._used.popitem()
            return False
        if len(out) == place + 1 and not text:
            out[place] = f"{compiled.start}{attributes}/>"
        else:
            out.append(compiled.end)
        return True

    def _children(self, source: XML, allowed: frozenset[str] | None, needs: frozenset[str] | None) -> bool:
        filled = False
        for child in source:
            tag = child.tag
            compiled = self._table.get(tag)
            if compiled is not None and (allowed is None or tag in allowed):
                done = self._element(child, compiled, call=True)
            else:
                done = self._any(child, allowed)
            # What an alternative or a wrapper gave counts as well.
            if done and (needs is None or tag in needs or compiled is None):
                filled = True
        return filled

    def _streamed(self, compiled: _Compiled) -> bool:
        """All of them where the first one stands, each made one string at once: a sheet may have a million cells."""
        rows, self._rows = self._rows, None
        out = self._out
        done = False
        for row in rows or ():
            place = len(out)
            done = self._element(row, compiled, call=True) or done
            out[place:] = ["".join(out[place:])]
        return done

    def _treated(self, source: XML, compiled: _Compiled, treat: Treat) -> bool:
        result = treat(source, self._work)
        if result is None:
            return False
        done = False
        for element in (result,) if isinstance(result, etree._Element) else result:  # noqa: SLF001
            entry = compiled if element.tag == source.tag else self._table.get(element.tag)
            if entry is not None:
                done = self._element(element, entry, call=False) or done
            else:
                done = self._any(element, None) or done
        return done

    def _attributes(self, source: XML, compiled: _Compiled) -> str | None:
        """As they are written; None: one that is required does not go on."""
        pieces = compiled.fixed
        missing = compiled.required
        for key, value in source.items():
            attribute = compiled.attributes.get(key)
            if attribute is None:
                self._unknown_attribute(key, value, compiled)
                if key == _SPACE and compiled.text is not None and value == "preserve":
                    pieces += ' xml:space="preserve"'
                continue
            checked = attribute.check(value) if attribute.check is not None else self._ruled(value, attribute.rule)
            if checked is None:
                if attribute.check is not None:
                    self._work.met(UNKNOWN_VALUE, f"{compiled.name},{attribute.written[:-2]}")
                continue
            pieces += f'{attribute.written}{quoted(checked)}"'
            if attribute.prefix:
                self._used[attribute.prefix] = None
            if missing:
                missing -= {attribute.written}
        return None if missing else pieces

    def _ruled(self, value: str, rule: "Related | Trace | Fate | None") -> str | None:
        if isinstance(rule, Related):
            return self._work.related(value, rule)
        if isinstance(rule, Trace):
            self._work.met(rule)
        return None

    def _text(self, source: XML, name: str, check: Check) -> str:
        """All text of the element itself, also what stands behind children that are not there any more."""
        text = source.text or ""
        if len(source):
            text += "".join(child.tail or "" for child in source)
        if not text:
            return ""
        checked = check(text)
        if checked is None:
            self._work.met(UNKNOWN_VALUE, name)
            return ""
        return escaped(checked)

    def _alternate(self, source: XML, allowed: frozenset[str] | None) -> bool:
        """ECMA-376 part 3, 7.5: the first choice that is understood; else the fallback."""
        for choice in source:
            if choice.tag == _FALLBACK or (choice.tag == _CHOICE and self._is_understood(choice)):
                fallback = goes_beside(choice, self._grammar)
                if fallback is not None:
                    return self._both(choice, fallback, allowed)
                return self._children(choice, allowed, None)
        return False

    def _both(self, choice: XML, fallback: XML, allowed: frozenset[str] | None) -> bool:
        """What needs a newer program, and what others show; where nothing of the one goes on, the other alone."""
        out = self._out
        place = len(out)
        spaces = map(choice.nsmap.get, (choice.get("Requires") or "").split())
        prefixes = [_PREFIXES[space] for space in spaces if space]
        out.append(f'<mc:AlternateContent><mc:Choice Requires="{" ".join(prefixes)}">')
        if not self._children(choice, allowed, None):
            del out[place:]
            return self._children(fallback, allowed, None)
        out.append("</mc:Choice><mc:Fallback>")
        self._children(fallback, allowed, None)
        out.append("</mc:Fallback></mc:AlternateContent>")
        self._used.update(dict.fromkeys(["mc", *prefixes]))
        return True

    def _is_understood(self, choice: XML) -> bool:
        required = (choice.get("Requires") or "").split()
        return bool(required) and all(choice.nsmap.get(prefix) in self._grammar.understood for prefix in required)

    def _unknown(self, tag: str) -> None:
        if not isinstance(tag, str):
            return  # a comment: the parser leaves them out
        space, _, local = tag[1:].rpartition("}")
        place = f"{_PREFIXES.get(space, '?')}:{local}"
        self._work.met(ADDITION if space in self._ignorable else UNKNOWN_ELEMENT, place)

    def _unknown_attribute(self, key: str, value: str, compiled: _Compiled) -> None:
        if key == _SPACE or key in _MC_ATTRIBUTES:
            return
        space, _, local = key[1:].rpartition("}") if key[0] == "{" else ("", "", key)
        if space in self._ignorable:
            self._work.met(ADDITION, f"{compiled.name}, {local}")
        elif value:
            self._work.met(UNKNOWN_ELEMENT, f"{compiled.name}, {_PREFIXES.get(space, '')}:{local}".replace(" :", " "))


def goes_beside(choice: XML, grammar: Grammar) -> XML | None:
    """The fallback of a choice that needs a newer program than many have."""
    required = (choice.get("Requires") or "").split()
    if not required or not all(choice.nsmap.get(prefix) in grammar.newer for prefix in required):
        return None
    return next(choice.itersiblings(_FALLBACK), None)


def _ignorable(root: XML) -> frozenset[str]:
    """Namespaces that the part says other programs may pass over."""
    prefixes = (root.get(_IGNORABLE) or "").split()
    return frozenset(space for space in map(root.nsmap.get, prefixes) if space)
