"""The words of a body or a text file as they came: decoded, with nothing taken out."""

from typing import Final

from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser, LexborNode, SelectolaxError

from sanitizers.charsets import decode
from sanitizers.detect.wide import wide_charset, without_mark
from sanitizers.markup.bombs import refuse_bombs
from sanitizers.markup.page_charset import page_charset
from sanitizers.model import CannotSanitize, File, Threat

HTML: Final = frozenset({"text/html", "application/xhtml+xml", "application/hta"})
_UNSPOKEN: Final = frozenset({"head", "script", "style", "template", "title"})  # not shown by any reader as words
_OWN_LINE: Final = frozenset(
    {
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "br",
        "caption",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
    }
    | {
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
    }
    | {"ol", "option", "p", "pre", "section", "table", "tbody", "tfoot", "thead", "tr", "ul"}
)
_CELL: Final = frozenset({"td", "th"})
_TEXT: Final = "-text"


def source_of(file: File) -> str:
    """All characters of it, in the most plausible charset."""
    if file.detected_type in HTML:
        return decode(file.data, page_charset(file.data, file.claimed_type)).text
    wide = wide_charset(file.data)
    if wide:
        return without_mark(file.data, wide).decode(wide, "replace")
    return decode(file.data, _charset(file.claimed_type)).text


def words_of(file: File, source: str) -> str:
    """The words, those that a page hides among them; raises CannotSanitize for a page that cannot be read."""
    if file.detected_type not in HTML:
        return source
    refuse_bombs(source)
    try:
        tree = LexborHTMLParser(source.encode("utf-8", "replace"), options=LexborDocumentOptions.WO_EVENTS)
    except SelectolaxError as failed:
        raise CannotSanitize(Threat.MALFORMED, "the HTML parser gave up") from failed
    return _Page().read(tree.root) if tree.root is not None else ""


def _charset(claimed_type: str) -> str:
    parameters = [parameter.strip() for parameter in claimed_type.split(";")[1:]]
    named = [value for value in parameters if value.lower().startswith("charset=")]
    return named[0].partition("=")[2].strip("\"' ") if named else ""


class _Page:
    """Words in lines, written while the tree is walked."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []

    def read(self, root: LexborNode) -> str:
        node: LexborNode | None = root
        while node is not None:
            self._enter(node)
            below = None if node.tag in _UNSPOKEN else node.child
            if below is None:
                self._leave(node)
                node = self._behind(node, root)
            else:
                node = below
        self._end_line()
        return "\n".join(self._lines)

    def _behind(self, node: LexborNode, root: LexborNode) -> LexborNode | None:
        """The next one in the order of the document, none of which is below this one."""
        while node.next is None or node.mem_id == root.mem_id:
            above = node.parent
            if above is None or node.mem_id == root.mem_id:
                return None
            self._leave(above)
            node = above
        return node.next

    def _enter(self, node: LexborNode) -> None:
        tag = node.tag
        if tag == _TEXT:
            self._line.append(node.text_content or "")
        elif tag in _OWN_LINE:
            self._end_line()
            if tag == "li":
                self._line.append("・")
        elif tag in _CELL and "".join(self._line).strip():
            self._line.append(" | ")
        elif tag == "img":
            self._line.append(_picture(node))

    def _leave(self, node: LexborNode) -> None:
        if node.tag == "a" and (target := (node.attributes.get("href") or "").strip()):
            self._line.append(f" <{target}>")
        elif node.tag in _OWN_LINE:
            self._end_line()

    def _end_line(self) -> None:
        line = " ".join("".join(self._line).split())
        if line:
            self._lines.append(line)
        self._line = []


def _picture(node: LexborNode) -> str:
    words, source = (node.attributes.get("alt") or "").strip(), (node.attributes.get("src") or "").strip()
    shown = source if len(source) <= 500 else source[:500] + "…"  # a picture may stand in the address itself
    return f" [画像: {words} <{shown}>] " if source else f" [画像: {words}] "
