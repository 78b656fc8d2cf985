"""One walk over the parsed page that builds the new one: known elements, their words, and nothing that is not seen."""

import re
from typing import Final, NamedTuple

from bs4 import Tag
from selectolax.lexbor import LexborNode

from sanitizers.formats.webpage import attributes as attribute_rules
from sanitizers.formats.webpage import fields, kinds, names
from sanitizers.formats.webpage.attributes import Attributes
from sanitizers.formats.webpage.drawings import as_xml
from sanitizers.formats.webpage.leaving import LEAVING, comment
from sanitizers.formats.webpage.writing import Page
from sanitizers.job import Job
from sanitizers.links import strip_deceptive_controls
from sanitizers.markup.addresses import PICTURES, Hrefs, Pictures
from sanitizers.markup.census import Census, HiddenText
from sanitizers.markup.sight.viewer import Viewer

MAX_NESTED: Final = 200  #: elements inside each other; libxml2 reads no more than 256

# Node ids of lexbor (lxb_tag_id_t): they are the same in every document.
_TEXT: Final = 2
_COMMENT: Final = 4

_SVG: Final = "image/svg+xml"
_INSIDE: Final = re.compile(r"#[\w.:-]{1,200}")
_NOT_SHOWN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_PLUGINS: Final = frozenset({"object", "applet"})
_OF_PICTURES: Final = frozenset(
    {"width", "height", "alt", "title", "class", "id", "style", "align", "border", "hspace", "vspace"}
)


class _Open(NamedTuple):
    """An element whose inside is being read."""

    node: LexborNode
    parent: Tag  #: where what comes after it is written
    depth: int
    only_words: bool  #: of what comes after it
    beside: str  #: what is written at the end of its words


class Builder:
    """Builds one page."""

    def __init__(self, job: Job, census: Census, viewer: Viewer, page: Page) -> None:
        self.hidden = HiddenText()
        self.hrefs = Hrefs(job.rules.links)
        self._census = census
        self._viewer = viewer
        self._page = page
        self._pictures = Pictures(job, PICTURES | {_SVG})
        self._parent = page.body
        self._depth = 0
        self._only_words = False
        self._open: list[_Open] = []

    def build(self, first: LexborNode) -> None:
        """This node, those after it, and all that is inside them."""
        node: LexborNode | None = first
        while node is not None:
            kind = node.tag_id
            inside: LexborNode | None = None
            if kind == _TEXT:
                self._text(node.text_content or "")
            elif kind == _COMMENT:
                comment(node.comment_content or "", self._census)
            else:
                inside = self._enter(node)
            if inside is not None:
                node = inside
                continue
            following = node.next
            while following is None and self._open:
                following = self._leave().next
            node = following

    def _text(self, raw: str) -> None:
        if hidden := self._viewer.sight.hidden:
            self.hidden.met(hidden, raw)
            return
        text, findings = strip_deceptive_controls(_NOT_SHOWN.sub("", raw))
        if findings:
            self._census.add(findings)
        if not self._parent.contents and self._parent.name == "pre":
            text = text.lstrip("\n")  # parsers do not agree whether the first line end belongs to the text
        if text:
            self._page.write(self._parent, text)

    def _enter(self, node: LexborNode) -> LexborNode | None:
        """Meet an element; its first child when there is something to read inside."""
        tag = node.tag or ""
        attributes = node.attributes
        leaving = LEAVING.get(tag)
        if leaving is not None:
            attribute_rules.count(attributes, self._census)
            leaving(node, attributes, self._census)
            return None
        self._viewer.enter(tag, attributes)
        if self._viewer.sight.gone:
            self._unseen(node)
        elif tag in fields.FIELDS:
            self._field(tag, node, attributes)
        elif tag == "svg":
            self._drawing(node, attributes)
        elif tag in {"img", "image"}:
            self._image(attributes)
        else:
            return self._go_in(tag, node, attributes)
        self._viewer.leave()
        return None

    def _leave(self) -> LexborNode:
        left = self._open.pop()
        if left.beside and not self._viewer.sight.hidden:  # nor an address where nothing would be seen
            self._page.write(self._parent, left.beside)
        self._parent, self._depth, self._only_words = left.parent, left.depth, left.only_words
        self._viewer.leave()
        return left.node

    def _go_in(self, tag: str, node: LexborNode, attributes: Attributes) -> LexborNode | None:
        beside = ""
        if tag == "table" and self._parent.name == "p" and self._parent.parent is not None:
            # Only pages without a doctype have tables inside paragraphs (HTML 13.2.6.4.7); ours has one.
            self._parent = self._parent.parent
            self._depth -= 1
        left = _Open(node, self._parent, self._depth, self._only_words, "")
        name = names.RENAMED.get(tag, tag)
        if tag == "form":
            self._census.met(kinds.FORM, attributes.get("action") or "")
        if tag in names.ONLY_WORDS:
            self._only(tag, attributes)
        elif tag == "body":
            self._page.body.attrs.update(attribute_rules.kept(attributes, self._census))
        elif name in names.ELEMENTS and not self._only_words:
            beside = self._element(tag, name, node, attributes)
        else:
            attribute_rules.count(attributes, self._census)
        self._open.append(left._replace(beside=beside))
        inside = node.first_child if name not in names.EMPTY else None
        if inside is None:
            self._leave()
        return inside

    def _only(self, tag: str, attributes: Attributes) -> None:
        if tag == "math":
            self._census.met(kinds.FORMULA)
        elif tag in _PLUGINS:
            self._census.met(kinds.PLUGIN, attributes.get("data") or attributes.get("code") or "")
            if attribute_rules.runs(attributes.get("data") or ""):
                self._census.met(kinds.SCRIPT_ADDRESS, attributes.get("data") or "")
        attribute_rules.count(attributes, self._census)
        self._only_words = True

    def _element(self, tag: str, name: str, node: LexborNode, attributes: Attributes) -> str:
        """Write an element; what is to be written behind its words."""
        if self._depth >= MAX_NESTED:
            self._census.met(kinds.DEEP)
            attribute_rules.count(attributes, self._census)
            return ""
        kept = attribute_rules.kept(attributes, self._census)
        beside = ""
        if tag == "a":
            anchor = attributes.get("name") or ""
            if anchor and "id" not in kept:
                kept |= attribute_rules.kept({"id": anchor}, self._census)
            if (written := attributes.get("href")) is not None:
                beside = self._link(written, node, kept)
        self._parent = self._page.add(self._parent, name, kept)
        self._depth += 1
        return beside

    def _link(self, written: str, node: LexborNode, kept: dict[str, str]) -> str:
        if _INSIDE.fullmatch(written.strip()):
            kept["href"] = written.strip()
            return ""
        href = self.hrefs.judge(written, node.text(deep=True) or "")
        self._census.add(href.findings)
        if href.address:
            kept["href"] = href.address
            kept["rel"] = "noopener noreferrer"
        return href.beside

    def _unseen(self, node: LexborNode) -> None:
        """An element that nobody sees, with all that is in it."""
        self.hidden.met(self._viewer.sight.gone, node.text(deep=True) or "")
        for inner in node.css("script,iframe,object,embed,form,a[href]"):
            if inner.tag == "a":
                self.hidden.met_link(self._viewer.sight.gone)
            elif inner.tag == "form":
                self._census.met(kinds.FORM, inner.attributes.get("action") or "")
            elif (leaving := LEAVING.get(inner.tag or "")) is not None:
                leaving(inner, inner.attributes, self._census)

    def _field(self, tag: str, node: LexborNode, attributes: Attributes) -> None:
        attribute_rules.count(attributes, self._census)
        words = fields.shown(tag, node, attributes, self._census)
        if words and not self._viewer.sight.hidden:
            for number, line in enumerate(words.splitlines()):
                if number and not self._only_words:
                    self._page.add(self._parent, "br", {})
                self._text(f" {line} ")

    def _drawing(self, node: LexborNode, attributes: Attributes) -> None:
        clean = self._pictures.rebuilt(_SVG, as_xml(node).encode("utf-8", "replace"))
        if clean is None or self._only_words:
            self._census.met(kinds.LOST_DRAWING)
            return
        self._census.met(kinds.DRAWING)
        self._picture(clean, attributes)

    def _image(self, attributes: Attributes) -> None:
        address = (attributes.get("src") or "").strip()
        clean = self._pictures.clean(address) if address[:5].lower() == "data:" and not self._only_words else None
        if clean is not None:
            self._picture(clean, attributes)
            return
        attribute_rules.count(attributes, self._census)
        if address[:5].lower() == "data:":
            self._census.met(kinds.LOST_IMAGE, address[:40])
        elif attribute_rules.runs(address):
            self._census.met(kinds.SCRIPT_ADDRESS, address)
        elif address or attributes.get("srcset"):
            self._census.met(kinds.IMAGE, address or attributes.get("srcset") or "")
        words = (attributes.get("alt") or "").strip()
        if words:
            self._text(words)

    def _picture(self, clean: str, attributes: Attributes) -> None:
        if self._viewer.sight.gone:
            return
        allowed: Attributes = {
            name: value
            for name, value in attributes.items()
            if name not in {"src", "srcset", "viewbox", "viewBox", "fill"}
        }
        others: Attributes = {name: value for name, value in attributes.items() if name not in _OF_PICTURES}
        attribute_rules.count(others, self._census)
        kept = attribute_rules.kept(allowed, self._census)
        kept["src"] = clean
        self._page.add(self._parent, "img", kept)
