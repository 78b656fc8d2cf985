"""The new drawing: element by element, attribute by attribute, what the tables know and nothing else."""

import re
from collections.abc import Iterator
from typing import Final, TypeAlias

from lxml import etree

from sanitizers.formats.svg import kinds, names
from sanitizers.formats.svg.names import SVG, XHTML, XLINK, XML
from sanitizers.job import Job
from sanitizers.links import strip_deceptive_controls
from sanitizers.links.targets import Kind, harm_of, read_target
from sanitizers.markup import styles
from sanitizers.markup.addresses import Hrefs, Pictures
from sanitizers.markup.census import Census
from sanitizers.markup.values import safe_value
from sanitizers.model import CannotSanitize, Threat

MAX_ELEMENTS: Final = 300_000

_NAME: Final = re.compile(r"[\w.:-]{1,200}")
_INSIDE: Final = re.compile(r"\s*#([\w.:-]{1,200})\s*")
_PATH: Final = re.compile(r"[MmZzLlHhVvCcSsQqTtAaEe0-9\s.,+-]*")
_PLAIN: Final = re.compile(r"[\w\s.,%+-]*")
_HREFS: Final = frozenset({"href", f"{{{XLINK}}}href"})
_HREF: Final = f"{{{XLINK}}}href"  # the older name: every program that draws SVG knows it
_LINKED_ATTRIBUTES: Final = frozenset({"href", "xlink:href"})

_Element: TypeAlias = etree._Element  # noqa: SLF001 - lxml gives its class no public name


def split(tag: str) -> tuple[str, str]:
    """Namespace and local name."""
    if tag[0] != "{":
        return "", tag
    space, _, name = tag[1:].rpartition("}")
    return space, name


class Builder:
    """Builds one drawing."""

    def __init__(self, job: Job, census: Census) -> None:
        self.links = Hrefs(job.rules.links)
        self._census = census
        self._pictures = Pictures(job)
        self._count = 0
        self._bare = False
        self.sheet = styles.Sheet(names.PROPERTIES, census)

    def build(self, root: _Element) -> _Element:
        """The root of the new drawing."""
        space, name = split(root.tag)
        if name != "svg" or space not in {SVG, ""}:
            raise CannotSanitize(Threat.MALFORMED, "XML that is no SVG drawing")
        self._bare = not space  # without a namespace: no program draws it as it is; it is meant all the same
        self._look_around(root)
        new = etree.Element(f"{{{SVG}}}svg", nsmap={None: SVG, "xlink": XLINK})
        self._attributes(root, "svg", new)
        open_elements: list[tuple[Iterator[_Element], _Element, str]] = []
        self._text(root.text, new, "svg")
        open_elements.append((iter(root), new, "svg"))
        while open_elements:
            children, parent, name = open_elements[-1]
            child = next(children, None)
            if child is None:
                open_elements.pop()
                continue
            made = self._child(child, parent)
            self._text(child.tail, parent, name)
            if made is not None:
                open_elements.append((iter(child), made, split(made.tag)[1]))
        return new

    def _look_around(self, root: _Element) -> None:
        for node in (*root.itersiblings(preceding=True), *root.itersiblings()):
            self._not_an_element(node)

    def _not_an_element(self, node: _Element) -> None:
        if node.tag is etree.Comment:
            self._census.met(kinds.COMMENT, node.text or "")
        elif isinstance(node, etree._ProcessingInstruction):  # noqa: SLF001
            foreign = (node.target or "").lower() == "xml-stylesheet"
            self._census.met(kinds.STYLE_SHEET if foreign else kinds.INSTRUCTION, node.text or node.target or "")

    def _child(self, child: _Element, parent: _Element) -> _Element | None:
        """The new element when there is something to read inside it."""
        if not isinstance(child.tag, str):
            self._not_an_element(child)
            return None
        self._count += 1
        if self._count > MAX_ELEMENTS:
            raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {MAX_ELEMENTS} elements")
        space, name = split(child.tag)
        ours = space == SVG or (self._bare and not space)
        if not ours or name not in names.ELEMENTS:
            self._left_out(child, name, ours=ours, space=space)
            return None
        if name == "style":
            self._style(child, parent)
            return None
        if name == "image":
            return self._image(child, parent)
        new = etree.SubElement(parent, f"{{{SVG}}}{name}")
        self._attributes(child, name, new)
        self._text(child.text, new, name)
        return new

    def _left_out(self, element: _Element, name: str, *, ours: bool, space: str) -> None:
        census = self._census
        if name in names.SCRIPTS:
            census.met(kinds.SCRIPT, element.text or element.get("href") or element.get(_HREF) or "")
        elif name in names.EMBEDDED or space == XHTML:
            census.met(kinds.STYLE_SHEET if name == "link" else kinds.EMBEDDED, name)
            self._scripts_inside(element)
        elif name in names.ANIMATIONS:
            changed = (element.get("attributeName") or "").strip().lower()
            dangerous = changed in _LINKED_ATTRIBUTES or changed.startswith("on")
            census.met(kinds.LINK_ANIMATION if dangerous else kinds.ANIMATION, name)
            self._events(element)
        elif name == "feImage":
            census.met(kinds.FILTER_IMAGE, element.get("href") or element.get(_HREF) or "")
        elif ours and name != "metadata":
            census.met(kinds.UNKNOWN, name)
            self._scripts_inside(element)
        else:
            census.met(kinds.EDITOR, name)

    def _scripts_inside(self, element: _Element) -> None:
        """What is named besides, of an element that goes with all that is in it."""
        for inner in element.iter(etree.Element):
            self._events(inner)
            if inner is not element and split(inner.tag)[1].lower() in names.SCRIPTS:
                self._census.met(kinds.SCRIPT, inner.text or "")
            for value in inner.attrib.values():
                if _runs(value):
                    self._census.met(kinds.SCRIPT_ADDRESS, value)

    def _events(self, element: _Element) -> None:
        for name in element.attrib:
            if _is_event(name):
                self._census.met(kinds.EVENT, name)

    def _text(self, text: str | None, new: _Element, name: str) -> None:
        """Text at the end of what the new element holds already."""
        if not text:
            return
        if name not in names.WITH_TEXT:
            if not text.isspace():
                self._census.met(kinds.LOOSE_TEXT, text)
            return
        shown, findings = strip_deceptive_controls(text)
        self._census.add(findings)
        if len(new):
            new[-1].tail = (new[-1].tail or "") + shown
        else:
            new.text = (new.text or "") + shown

    def _style(self, element: _Element, parent: _Element) -> None:
        kind = (element.get("type") or "text/css").strip().lower()
        if kind != "text/css":
            self._census.met(kinds.UNKNOWN, kind)
            return
        rules = self.sheet.add("".join(element.itertext(etree.Element)))
        if rules:
            etree.SubElement(parent, f"{{{SVG}}}style").text = "\n".join([rule.written() for rule in rules])

    def _image(self, element: _Element, parent: _Element) -> _Element | None:
        address = element.get("href") or element.get(_HREF) or ""
        clean = self._pictures.clean(address)
        if clean is None:
            self._events(element)
            self._lost_reference(address, picture=True)
            return None
        new = etree.SubElement(parent, f"{{{SVG}}}image")
        self._attributes(element, "image", new)
        new.set(_HREF, clean)
        return new

    def _lost_reference(self, address: str, *, picture: bool = False) -> None:
        target = read_target(address[:2_000])
        if picture and target.scheme == "data":
            self._census.met(kinds.NESTED, address[:40])
        elif target.kind is Kind.OTHER and harm_of(target.scheme)[0] is Threat.ACTIVE_CONTENT:
            self._census.met(kinds.SCRIPT_ADDRESS, address)
        elif address.strip():
            self._census.met(kinds.REFERENCE, address)

    def _attributes(self, element: _Element, name: str, new: _Element) -> None:
        for written, value in element.attrib.items():
            if written in names.PLAIN:
                self._set(new, written, value if _PLAIN.fullmatch(value) else None, value)
            elif written == "d":
                self._set(new, "d", value if name == "path" and _PATH.fullmatch(value) else None, value)
            elif written in names.COMPUTED:
                self._set(new, written, safe_value(value), value)
            elif written == "style":
                says = styles.declarations(value, names.PROPERTIES, self._census)
                if says:
                    new.set("style", styles.written(says))
            elif written == "id":
                self._set(new, "id", value.strip() if _NAME.fullmatch(value.strip()) else None, value)
            elif written in _HREFS:
                if name != "image" and not (written != "href" and "href" in element.attrib):
                    self._reference(element, name, value, new)
            else:
                self._other(written, value, new)

    def _set(self, new: _Element, name: str, value: str | None, written: str) -> None:
        if value is not None:
            new.set(name, value)
        elif name == "d":
            self._census.met(kinds.ATTRIBUTE, name)
        else:
            styles.count(f"{name}:{written[:2_000]}", self._census)

    def _reference(self, element: _Element, name: str, value: str, new: _Element) -> None:
        inside = _INSIDE.fullmatch(value)
        if inside and (name == "a" or name in names.REFERRING):
            new.set(_HREF, f"#{inside[1]}")
        elif name == "a":
            self._link(element, value, new)
        else:
            self._lost_reference(value)

    def _link(self, element: _Element, value: str, new: _Element) -> None:
        href = self.links.judge(value, "".join(element.itertext(etree.Element)))
        self._census.add(href.findings)
        if href.address:
            new.set(_HREF, href.address)

    def _other(self, written: str, value: str, new: _Element) -> None:
        space, name = split(written)
        if space == XML and name in {"space", "lang"} and _PLAIN.fullmatch(value):
            new.set(written, value)
        elif _is_event(written):
            self._census.met(kinds.EVENT, name)
        elif name == "base":
            self._lost_reference(value)
        elif space == XLINK or name in names.IDLE:
            return
        elif space or name.startswith(("data-", "aria-")) or name == "role":
            self._census.met(kinds.EDITOR, name)
        elif _runs(value):
            self._census.met(kinds.SCRIPT_ADDRESS, value)
        else:
            self._census.met(kinds.ATTRIBUTE, name)


def _is_event(written: str) -> bool:
    name = split(written)[1]
    return name[:2].lower() == "on" and len(name) > 2


def _runs(value: str) -> bool:
    """Whether an attribute holds an address that runs a script or carries its own content."""
    return ":" in value[:40] and harm_of(read_target(value[:200]).scheme)[0] is Threat.ACTIVE_CONTENT
