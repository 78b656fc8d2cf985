"""The report's flat parts as the tree that their paths describe."""

from collections.abc import Sequence

import msgspec

from sanitizers.model import PartReport


class Node(msgspec.Struct):
    """A part and the parts inside it."""

    part: PartReport
    children: list["Node"]


def nodes(parts: Sequence[PartReport]) -> list[Node]:
    """The roots; a part whose parent is not there becomes a root, so that none is left out."""
    by_path: dict[str, Node] = {}
    roots: list[Node] = []
    for part in parts:
        node = Node(part, [])
        by_path[part.path] = node
        parent = by_path.get(part.path.rpartition(".")[0])
        (parent.children if parent else roots).append(node)
    return roots
