"""The clean mail read again: its text, and the files that go along. Written by us, read with care."""

from collections.abc import Iterator
from hashlib import sha256

from sanitizers.budget import BudgetMeter
from sanitizers.charsets import decode
from sanitizers.detect import detect
from sanitizers.formats.mail.anomalies import Anomalies
from sanitizers.formats.mail.structure import Entity, cut, read_entity, read_message, with_plain_line_ends
from sanitizers.formats.mail.transfer import decode_transfer
from sanitizers.model import File
from sanitizers.names import safe_name
from sanitizers.rules import Kind, Task
from sanitizers.viewing.original import is_letters
from sanitizers.viewing.words import source_of
from sanitizers.views import CleanPart, NoView, ViewWish, Why

_LEVELS = 10


def text_after(task: Task, clean: bytes) -> str:
    """What a reader of the mail, or of the text file, is shown; "" for anything else."""
    if task.kind is Kind.FILE:
        kind = detect(clean, "")
        return source_of(File("", "", kind, clean)) if is_letters(kind) else ""
    for entity in _leaves(clean, task):
        if entity.type == "text/plain" and entity.disposition != "attachment":
            return decode(_data(entity), entity.content.parameter("charset")).text
    return ""


def clean_part(task: Task, wish: ViewWish, clean: bytes) -> CleanPart | NoView:
    """The file with that digest; of several the one that was meant."""
    if not clean:
        return NoView(Why.NOTHING_CLEAN)
    if task.kind is Kind.FILE:
        whole = sha256(clean).hexdigest() == wish.sha256
        found = [CleanPart(safe_name(task.claimed_name)[0], detect(clean, ""), clean)] if whole else []
    else:
        found = list(_with_digest(wish.sha256, clean, task))
    return found[min(wish.nth, len(found) - 1)] if found else NoView(Why.NO_SUCH_PART)


def _with_digest(digest: str, clean: bytes, task: Task) -> Iterator[CleanPart]:
    for entity in _leaves(clean, task):
        if entity.disposition == "attachment" and sha256(data := _data(entity)).hexdigest() == digest:
            yield CleanPart(safe_name(entity.name)[0], entity.type, data)


def _data(entity: Entity) -> bytes:
    return decode_transfer(entity.raw, entity.encoding, Anomalies(), "clean mail")


def _leaves(clean: bytes, task: Task) -> Iterator[Entity]:
    anomalies, meter = Anomalies(), BudgetMeter(task.budget)
    pending = [(read_message(with_plain_line_ends(clean, anomalies), meter, anomalies, "clean mail"), 0)]
    while pending:
        entity, level = pending.pop()
        pieces = None
        if entity.main_type == "multipart" and level < _LEVELS:
            pieces = cut(entity, (), meter, anomalies, "clean mail")
        if pieces is None:
            yield entity
            continue
        inner = [
            read_entity(entity.source, start, end, "text/plain", meter, anomalies, "clean mail")
            for start, end in pieces.parts
        ]
        pending += [(part, level + 1) for part in reversed(inner)]
