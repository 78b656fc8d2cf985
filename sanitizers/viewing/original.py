"""The parts of an original as the engine meets them: it cleans the item anew and shows what it opens."""

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from sanitizers.budget import NAME_CHARACTERS, TYPE_CHARACTERS
from sanitizers.engine import Look, Mark, clean
from sanitizers.job import Role
from sanitizers.model import AskConverter, CannotSanitize, DnsAnswer, File, Threat
from sanitizers.names import safe_name
from sanitizers.reports import plain
from sanitizers.rules import Task
from sanitizers.views import LETTERS, MAIL, TREE_PARTS, Tree, TreePart, is_drawn

Opened: TypeAlias = Callable[[Look], None]  #: cleans the item and shows each part


class Part(msgspec.Struct, frozen=True):
    """One part and its place in the report."""

    path: str
    file: File


class _Found(BaseException):
    """The part that was looked for; nothing more is opened. No `except` of a sanitizer stands in its way."""

    def __init__(self, file: File) -> None:
        super().__init__()
        self.file = file


def opening(task: Task, original: bytes, mark: Mark, convert: AskConverter) -> Opened:
    """Alone, and without questions to the DNS."""
    task = msgspec.structs.replace(task, alone=True, sender=None)

    def opened(look: Look) -> None:
        clean(task, original, _no_dns, mark, convert=convert, look=look)

    return opened


def part_at(opened: Opened, path: str) -> File | None:
    """The part at that path of the report; none is opened that does not lead to it."""

    def look(at: str, _role: Role | None, file: File) -> None:
        if at == path:
            raise _Found(file)
        if not path.startswith(f"{at}."):
            raise _not_looked_at()

    try:
        opened(look)
    except _Found as found:
        return found.file
    return None


def bodies(opened: Opened) -> list[Part]:
    """What is read as text where it stands, in reading order; no attachment is opened but a mail."""
    found: list[Part] = []

    def look(at: str, role: Role | None, file: File) -> None:
        is_text = role in {Role.BODY, None} and is_letters(file.detected_type)
        if is_text or (role is Role.BODY and file.detected_type == MAIL):  # the latter: words, where they stand
            found.append(Part(at, file))
        elif role is not None and file.detected_type != MAIL:
            raise _not_looked_at()

    opened(look)
    return found


def tree(opened: Opened) -> Tree:
    """All parts, parents before children."""
    found: list[TreePart] = []

    def look(at: str, _role: Role | None, file: File) -> None:
        name, claimed = safe_name(file.claimed_name)[0], plain(file.claimed_type, TYPE_CHARACTERS)
        kind = file.detected_type
        found.append(TreePart(at, plain(name, NAME_CHARACTERS), claimed, kind, len(file.data), is_drawn(kind)))

    opened(look)
    return Tree(tuple(found[:TREE_PARTS]))


def is_letters(detected_type: str) -> bool:
    """Whether the words of a file can be read as they stand there; a mail is read part by part."""
    return detected_type.startswith("text/") or (detected_type in LETTERS and detected_type != MAIL)


def _not_looked_at() -> CannotSanitize:
    return CannotSanitize(Threat.UNSUPPORTED, "not looked at")


def _no_dns(_name: str, _rdtype: str) -> DnsAnswer:
    return DnsAnswer("failed")
