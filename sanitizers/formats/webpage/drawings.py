"""A drawing that stands in a page, written as XML, so that the sanitizer of drawings can read it."""

import re
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from selectolax.lexbor import LexborNode

_TEXT: Final = 2  # node id of lexbor
_NAME: Final = re.compile(r"[A-Za-z][\w.-]{0,100}", re.ASCII)
_ATTRIBUTE: Final = re.compile(r"(?:(?:xlink|xml):)?[A-Za-z_][\w.-]{0,100}", re.ASCII)
_MOST_NESTED: Final = 200  #: elements inside each other; libxml2 reads no more than 256
_NAMESPACES: Final = ' xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'


def as_xml(drawing: LexborNode) -> str:
    """Elements, attributes and text; names that XML does not know are left out, comments too."""
    pieces: list[str] = []
    ends: list[str] = []
    node, depth = drawing, 0
    while True:
        inside = None
        if node.tag_id == _TEXT:
            pieces.append(escape(node.text_content or ""))
        elif _NAME.fullmatch(node.tag or "") and depth < _MOST_NESTED:
            pieces.append(_start(node, _NAMESPACES if not depth else ""))
            inside = node.first_child
            ends.append(f"</{node.tag}>")
        if inside is not None:
            node, depth = inside, depth + 1
            continue
        if node.tag_id != _TEXT and len(ends) > depth:
            pieces.append(ends.pop())
        while depth and node.next is None and node.parent is not None:
            node, depth = node.parent, depth - 1
            pieces.append(ends.pop())
        if not depth or node.next is None:
            return "".join(pieces)
        node = node.next


def _start(node: LexborNode, namespaces: str) -> str:
    attributes = [
        f" {name}={quoteattr(value or '')}"
        for name, value in node.attributes.items()
        if _ATTRIBUTE.fullmatch(name) and not name.startswith("xmlns")
    ]
    return f"<{node.tag}{namespaces}{''.join(attributes)}>"
