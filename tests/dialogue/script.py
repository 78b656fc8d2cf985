"""Reads a dialogue file: settings above the first ---, the conversation, and below the second --- what must come of it.

    # what it shows
    limits.recipients = 1              TOML, merged into the settings of a plain inbound listener
    ---
    s: 220 *                           one line from the server; * and ? as in a file name pattern
    c: EHLO client.example             one line from the client, CRLF added
    c~ no line end\\r\\n                 octets from the client as they are: \\r \\n \\0 \\t \\xHH \\\\
    c* 500 x                           the octets 500 times
    tls                                the client shakes hands
    closed                             the server has closed
    hang up | half close               the client closes, or only its sending side
    connect NAME | use NAME            another connection, or back to one; the first is called "first"
    stop                               the gateway is told to stop (with time to drain)
    keeping | release                  until the store is asked to keep a mail; a slow store goes on
    read N                             until the gateway has read so many octets of a message
    left N                             until the gateway knows that so many of the connections are over
    later SECONDS                      the gateway's clock goes on by so much at once
    pause SECONDS                      for what may come now; nothing that must come may need it
    ---
    accepted = 1                       TOML; [[mail]] says what one is
"""

import tomllib
from pathlib import Path
from typing import Any

import msgspec

VERBS = (
    "s:", "c:", "c~", "c*", "tls", "closed", "hang up", "half close", "connect", "use", "stop", "keeping", "release",
    "read", "left", "later", "pause",
)  # fmt: skip


class Step(msgspec.Struct, frozen=True):
    line: int
    verb: str
    text: str


class Script(msgspec.Struct, frozen=True):
    settings: dict[str, Any]
    steps: tuple[Step, ...]
    outcome: dict[str, Any]


def read_script(path: Path) -> Script:
    head, talk, outcome = path.read_text(encoding="utf-8").split("---\n")
    first = head.count("\n") + 2
    steps = [_step(first + index, line) for index, line in enumerate(talk.splitlines()) if _means_something(line)]
    return Script(tomllib.loads(head), tuple(steps), tomllib.loads(outcome))


def octets(text: str) -> bytes:
    return text.encode("utf-8").decode("unicode_escape").encode("latin-1")


def _means_something(line: str) -> bool:
    return bool(line.strip()) and not line.startswith("#")


def _step(number: int, line: str) -> Step:
    for verb in VERBS:
        if line == verb or line.startswith(verb + " "):
            return Step(number, verb, line[len(verb) + 1 :])
    raise ValueError(f"line {number}: not a step: {line}")
