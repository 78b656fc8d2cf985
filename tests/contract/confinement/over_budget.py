"""A workshop whose sanitizers want too much: of the budget, as clumsy ones do, or of the gateway, as hostile ones."""

import os
import time
from collections.abc import Callable, Iterator

from sanitizers import engine
from sanitizers.budget import MEBIBYTE
from sanitizers.confinement.protocol import HEADER, Kind, Question, chunks, frame
from sanitizers.confinement.serving import write
from sanitizers.job import Job, Role
from sanitizers.model import (
    Action,
    AskConverter,
    AskDns,
    CannotSanitize,
    Cleaned,
    DnsAnswer,
    File,
    Finding,
    Notice,
    Rebuilt,
    Severity,
    Threat,
)
from sanitizers.registry import Registry
from sanitizers.rules import Budget, Profile, Task
from sanitizers.rules import Kind as ItemKind
from tests.contract.confinement.hostile_child import answer, result_frames

ACT = b"act "  #: begins an original that orders an act: its name, then its numbers
SECRET = b"what crossed the limit"  #: in every part that crosses one: it must not go on
Mark = Callable[[str, bytes], None]


def order(name: str, *numbers: int) -> bytes:
    """The original that makes a child do it."""
    return ACT + " ".join([name, *map(str, numbers)]).encode()


# What a sanitizer of a part does with its budget before it hands back what it was told not to.


def pixels(job: Job, width: int, height: int, frames: int) -> None:
    job.budget.take_pixels(width, height, frames)


def one_frame_after_the_other(job: Job, width: int, height: int, frames: int) -> None:
    for _ in range(frames):
        job.budget.take_pixels(width, height)


def swallowed_pixels(job: Job, width: int, height: int) -> None:
    try:
        job.budget.take_pixels(width, height)
    except CannotSanitize:
        return


def pages(job: Job, count: int) -> None:
    job.budget.take_pages(count)


def one_page_after_the_other(job: Job, count: int) -> None:
    for _ in range(count):
        job.budget.take_pages()


def converts(job: Job, count: int) -> None:
    for _ in range(count):
        job.budget.take_conversion(1)


def expands(job: Job, size_in: int, size_out: int) -> None:
    job.budget.check_expansion(size_in, size_out)


def sleeps(job: Job, milliseconds: int) -> None:
    time.sleep(milliseconds / 1_000)


def works(job: Job, milliseconds: int) -> None:
    until = time.monotonic() + milliseconds / 1_000
    while time.monotonic() < until:
        pass


def allocates(job: Job, size: int) -> None:
    bytearray(size)


def holds(job: Job, size: int, milliseconds: int) -> None:
    held = b"\1" * size  # written, so that it is resident
    time.sleep(milliseconds / 1_000)
    del held


def finds(job: Job, count: int, size: int) -> tuple[Finding, ...]:
    return tuple(
        Finding(Threat.METADATA, Severity.NOTE, Action.REMOVED, "somewhere", f"{number}" + "x" * size)
        for number in range(count)
    )


def complains(job: Job) -> None:
    """Standard error is a pipe to the gateway, too."""
    while True:
        os.write(2, b"x" * MEBIBYTE)


def marks(job: Job) -> None:
    """Done before the item is opened: what a child notes is no sanitizer's business."""


PART_ACTS: dict[str, Callable[..., tuple[Finding, ...] | None]] = {
    act.__name__: act
    for act in (
        pixels, one_frame_after_the_other, swallowed_pixels, pages, one_page_after_the_other, converts, expands,
        sleeps, works, allocates, holds, finds, complains, marks,
    )
}  # fmt: skip


class Part:
    """The sanitizer of a body: does as the words in it say."""

    name = "part"
    types = frozenset({"text/plain"})
    limitations: tuple[str, ...] = ()

    def rebuild(self, file: File, job: Job) -> Rebuilt:
        name, *numbers = file.data.removeprefix(ACT).decode().split()
        if name == "writes":
            return Rebuilt(b"x" * int(numbers[0]), "", "text/plain")
        return Rebuilt(SECRET, "", "text/plain", PART_ACTS[name](job, *map(int, numbers)) or ())


class Whole:
    """The sanitizer of the item: one part, or several that all do the same, and a word of its own."""

    name = "whole"
    types = frozenset({"message/rfc822"})
    limitations: tuple[str, ...] = ()

    def rebuild(self, file: File, job: Job) -> Rebuilt:
        times = 3 if file.data.startswith(ACT + b"writes") else 1
        children = [job.child("", "text/plain", file.data, role=Role.BODY) for _ in range(times)]
        kept = [child.data for child in children if isinstance(child, Rebuilt) and child.data == SECRET]
        return Rebuilt(b"rest " + b"".join(kept), "", "message/rfc822")


REGISTRY = Registry((Part(),), (Whole(),), {})


# What a hostile child says to the gateway instead of an answer, without ever coming to an end.


def endless_data(original: bytes) -> Iterator[bytes]:
    yield result_frames(answer(original, b"x"), size=1)[: -HEADER.size - 1]
    while True:
        yield from chunks(b"x" * MEBIBYTE)


def as_much_data_as_announced(original: bytes) -> Iterator[bytes]:
    yield result_frames(answer(original, b""), size=4 << 30)
    for _ in range(4 << 10):
        yield from chunks(b"x" * MEBIBYTE)


def endless_frame(original: bytes) -> Iterator[bytes]:
    yield HEADER.pack(0xFFFFFFFF, Kind.RESULT)
    while True:
        yield b"x" * MEBIBYTE


def largest_frame_never_ended(original: bytes) -> Iterator[bytes]:
    yield HEADER.pack(16 * MEBIBYTE, Kind.RESULT) + b"\x91" * (16 * MEBIBYTE - 1)
    time.sleep(60)


def endless_small_frames(original: bytes) -> Iterator[bytes]:
    while True:
        yield HEADER.pack(0, Kind.CHUNK) * 100_000


def endless_questions(original: bytes) -> Iterator[bytes]:
    while True:
        yield frame(Kind.QUESTION, Question("_dmarc.example.jp", "TXT")) * 10_000


def huge_report(original: bytes) -> Iterator[bytes]:
    """Of all that fits into one frame, what takes most room in Python: many small strings, none like another."""
    yield huge_report_of(original, 245_000)


def huge_report_of(original: bytes, count: int) -> bytes:
    report = answer(original, None, findings=tuple(_small_finding(number) for number in range(count)))
    return result_frames(report, size=0)


def _small_finding(number: int) -> Finding:
    return Finding(Threat.METADATA, Severity.NOTE, Action.NOTED, f"{number:x}", f"{number:x}")


FLOODS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    flood.__name__: flood
    for flood in (
        endless_data, as_much_data_as_announced, endless_frame, largest_frame_never_ended, endless_small_frames,
        endless_questions, huge_report,
    )
}  # fmt: skip


def warm() -> None:
    """The engine, and with it what this module uses of it."""
    engine.warm()
    task = Task("", ItemKind.MAIL, "", Profile(), Budget(), Notice("", ()))
    engine.clean(task, order("pages", 1), lambda _name, _rdtype: DnsAnswer("failed"), registry=REGISTRY)


def clean(task: Task, original: bytes, ask_dns: AskDns, mark: Mark, *, convert: AskConverter) -> Cleaned | None:
    """An act where one is ordered, else what Kiyome does."""
    if not original.startswith(ACT):
        return engine.clean(task, original, ask_dns, mark)
    name = original.removeprefix(ACT).decode().split()[0]
    if name in FLOODS:
        for octets in FLOODS[name](original):
            write(octets)
    if name == marks.__name__:
        mark("1." + "9" * 10_000_000, b"x" * 32)
    return engine.clean(task, original, ask_dns, mark, REGISTRY)
