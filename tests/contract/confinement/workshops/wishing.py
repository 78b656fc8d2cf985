"""A workshop whose originals say what is to be converted, honestly or not; the data say what came of it."""

import os
import time

import msgspec

from sanitizers.confinement.protocol import HEADER, Kind, Wish, chunks, frame
from sanitizers.confinement.serving import Mark, write
from sanitizers.model import AskConverter, AskDns, CannotSanitize, Cleaned
from sanitizers.rules import Task
from tests.contract.confinement import hostile_child

RTF = rb"{\rtf1 hello}"
LONG = rb"{\rtf1 " + rb"\trowd\cellx1000 x\cell\row " * 200_000 + rb"}"  #: a converter is busy with it for many minutes


class Order(msgspec.Struct, frozen=True):
    """Conversions in turn, each of its own size."""

    documents: tuple[bytes, ...] = (RTF,)
    extension: str = "rtf"
    target: str = "docx"
    garbage: str = ""  #: instead: what of GARBAGE is said
    mark: str = ""  #: so that no two originals are the same
    busy_with: int = 0  #: so many conversions left, the first document is LONG: of a first try, and not of the next


class Told(msgspec.Struct, frozen=True):
    """What came of each: its first bytes and how many, or why not."""

    made: tuple[str, ...]
    pid: int


def warm() -> None:
    msgspec.msgpack.decode(msgspec.msgpack.encode(Order()), type=Order)
    msgspec.json.encode(Told((), 0))


def clean(task: Task, original: bytes, ask_dns: AskDns, mark: Mark, *, convert: AskConverter) -> Cleaned:
    order = msgspec.msgpack.decode(original, type=Order)
    if order.garbage:
        for octets in GARBAGE[order.garbage]:
            write(octets)
        time.sleep(1)  # what is wrong with it shows before any result
    documents = order.documents
    if task.budget.conversions == order.busy_with:
        documents = (LONG, *documents[1:])
    made = tuple(converted(order, document, convert) for document in documents)
    told = Told(made, os.getpid())
    return hostile_child.answer(original, msgspec.json.encode(told))


def converted(order: Order, document: bytes, convert: AskConverter) -> str:
    try:
        data = convert(order.extension, order.target, document)
    except CannotSanitize as refusal:
        return f"{refusal.threat.value}: {refusal.detail}"
    return f"{data[:2].decode('latin_1')} {len(data)}"


def wish(size: int, extension: str = "rtf", target: str = "docx") -> bytes:
    return frame(Kind.WISH, Wish(extension, target, size))


GARBAGE = {
    "a pair that is not listed": [wish(3, "exe", "docx"), *chunks(b"abc")],
    "a path for an extension": [wish(3, "../../rtf", "docx"), *chunks(b"abc")],
    "a path for a target": [wish(3, "rtf", "docx/../x"), *chunks(b"abc")],
    "no such form": [HEADER.pack(3, Kind.WISH) + b"abc"],
    "less than nothing": [wish(-1), *chunks(b"abc")],
    "more than the budget": [wish(1 << 40), *chunks(b"abc")],
    "a long wish": [HEADER.pack(1_025, Kind.WISH) + b"a" * 1_025],
    "more than announced": [wish(2), *chunks(b"abc")],
    "an empty chunk": [wish(2), HEADER.pack(0, Kind.CHUNK)],
    "another frame for a chunk": [wish(2), wish(2)],
    "a converter's answer": [HEADER.pack(1, Kind.CONVERTED) + b"\x90"],
    "an order to convert": [HEADER.pack(1, Kind.CONVERT) + b"\x90"],
}
