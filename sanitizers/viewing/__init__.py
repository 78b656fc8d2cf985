"""What a person may look at of an item, made in a confined child: header fields, words, page pictures, a clean file.

Nothing of the original's own bytes leaves by this way: words come decoded and with what hides in them written out,
pages as pictures that were drawn and encoded here.
"""

from sanitizers.budget import DETAIL_CHARACTERS
from sanitizers.engine import Mark, attempt
from sanitizers.model import AskConverter, Threat
from sanitizers.reports import plain
from sanitizers.rules import Kind, Task
from sanitizers.viewing import sheets
from sanitizers.viewing.clean_mail import clean_part
from sanitizers.viewing.difference import difference_of
from sanitizers.viewing.headers import headers_of
from sanitizers.viewing.original import opening, part_at, tree
from sanitizers.viewing.pages import pages_of
from sanitizers.viewing.texts import texts_of
from sanitizers.views import NoView, Shown, View, ViewWish, Why

__all__ = ["view", "warm"]

_WHY = {
    Threat.ENCRYPTED: Why.ENCRYPTED,
    Threat.LIMIT_EXCEEDED: Why.TOO_MUCH,
    Threat.UNSUPPORTED: Why.NO_PICTURE,
}


def view(task: Task, wish: ViewWish, original: bytes, clean: bytes, *, mark: Mark, convert: AskConverter) -> View:
    """What is wished for of an item; `clean` is b"" where nothing may go on. Never raises: a reason comes instead."""

    def refused(threat: Threat, detail: str) -> View:
        return NoView(_WHY.get(threat, Why.UNREADABLE), plain(detail, DETAIL_CHARACTERS))

    def shown() -> View:
        return _shown(task, wish, original, clean, mark, convert)

    return attempt(shown, refused)


def warm() -> None:
    """Load now what the first view would load."""
    sheets.draw(["清め kiyome"], 200)


def _shown(task: Task, wish: ViewWish, original: bytes, clean: bytes, mark: Mark, convert: AskConverter) -> View:
    if wish.shown is Shown.HEADERS:
        return headers_of(original, clean, task.budget) if task.kind is Kind.MAIL else NoView(Why.NOT_A_MAIL)
    if wish.shown is Shown.CLEAN_PART:
        return clean_part(task, wish, clean)
    opened = opening(task, original, mark, convert)
    if wish.shown is Shown.TEXTS:
        return texts_of(task, opened, clean)
    if wish.shown is Shown.DIFFERENCE:
        return difference_of(texts_of(task, opened, clean)) if clean else NoView(Why.NOTHING_CLEAN)
    if wish.shown is Shown.TREE:
        return tree(opened)
    file = part_at(opened, wish.path)
    return NoView(Why.NO_SUCH_PART) if file is None else pages_of(task, wish, file, convert)
