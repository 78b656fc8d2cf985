"""The words of the bodies, as they came and as they went out."""

from sanitizers.engine import attempt
from sanitizers.rules import Task
from sanitizers.viewing.clean_mail import text_after
from sanitizers.viewing.original import Opened, Part, bodies
from sanitizers.viewing.visible import visible
from sanitizers.viewing.words import HTML, source_of, words_of
from sanitizers.views import TEXT_CHARACTERS, TEXTS, Texts, Words


def texts_of(task: Task, opened: Opened, clean: bytes) -> Texts:
    """All of them, within what a view may hold; raises CannotSanitize."""
    room = TEXT_CHARACTERS
    before: list[Words] = []
    for part in bodies(opened)[:TEXTS]:
        words = _words(part, room)
        before.append(words)
        room -= len(words.text) + len(words.source)
    after, cut = _clipped(text_after(task, clean) if clean else "", TEXT_CHARACTERS)
    return Texts(tuple(before), after, cut)


def _words(part: Part, room: int) -> Words:
    source = source_of(part.file)
    # A page that cannot be taken apart is still there to be read as it was written.
    words = attempt(lambda: words_of(part.file, source), lambda _threat, detail: f"[{detail}]")
    text, cut = _clipped(words, room)
    written, source_cut = _clipped(source if part.file.detected_type in HTML else "", room - len(text))
    return Words(part.path, part.file.detected_type, text, written, cut or source_cut)


def _clipped(text: str, room: int) -> tuple[str, bool]:
    """As much of it as there is room for, and whether that is not all."""
    shown = visible(text[:room])
    return shown[:room], max(len(text), len(shown)) > room
